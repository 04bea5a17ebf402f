#pragma once
/// \file
/// Passes of a transform: a pass goes through one to three bits of the index, in registers.

#include "numbers.hpp"

namespace bayres::model {

/// Bits of a pass at most: eight vectors are in registers.
inline constexpr Index most_of_a_pass = 3;

/// Butterflies of 2^G vectors whose numbers differ by the bit `Step`; and by all bits.
/// \{
template <Index Count, Index Step, class V>
BAYRES_INLINE void vectors_by(V (&v)[std::size_t{Count}]) {
  BAYRES_UNROLL
  for (Index i = 0; i < Count; ++i) {
    if ((i & Step) != 0) continue;
    const V difference = v[i] - v[i + Step];
    v[i] += v[i + Step];
    v[i + Step] = difference;
  }
}
template <Index Count, Index Step = 1, class V>
BAYRES_INLINE void vectors_up(V (&v)[std::size_t{Count}]) {
  if constexpr (Step < Count) {
    vectors_by<Count, Step>(v);
    vectors_up<Count, 2 * Step>(v);
  }
}
template <Index Count, Index Step = Count / 2, class V>
BAYRES_INLINE void vectors_down(V (&v)[std::size_t{Count}]) {
  if constexpr (Step > 0) {
    vectors_by<Count, Step>(v);
    vectors_down<Count, Step / 2>(v);
  }
}
/// \}

/// The diagonal D2, element `at` on.
/// \{
struct BySigns {
  SignBits signs;
  template <Index N, class T>
  BAYRES_INLINE void apply(Index at, Vector<T, N>& v) const {
    Numbers<T, N>::change_signs(signs, at, v);
  }
};
template <class Diagonal>
struct ByNumbers {
  const Diagonal* numbers;
  template <Index N, class T>
  BAYRES_INLINE void apply(Index at, Vector<T, N>& v) const {
    Vector<Diagonal, N> narrow;
    Vector<T, N> wide;
    load(numbers + at, narrow);
    widen(narrow, wide);
    v *= wide;
  }
};
/// \}

/// Rows of numbers, `step` apart; of each, as many are used as a pass says.
template <class T>
struct RowsAt {
  T* values;
  Index step;
};

/// The way of a pass.
enum class Way { up, down };

/// What is gone through in a pass: bits `bit` to `bit + G - 1` of the numbers of rows, of `rows` rows of `columns`
/// each.
struct Extent {
  Index bit;
  Index rows;
  Index columns;
};

/// out = butterflies of in.
template <Index G, Way way, Index N, class T>
BAYRES_INLINE void pass_of(const Extent& e, RowsAt<const T> in, RowsAt<T> out) {
  constexpr Index count = Index{1} << G;
  const Index apart = Index{1} << e.bit;
  const bool joined = in.step == e.columns && out.step == e.columns;  // rows that follow each other are one
  const Index width = joined ? e.columns * apart : e.columns;
  for (Index high = 0; high < e.rows; high += apart * count) {
    for (Index row = high; row < high + (joined ? 1 : apart); ++row) {
      for (Index c = 0; c < width; c += N) {
        const T* from = in.values + row * in.step + c;
        T* to = out.values + row * out.step + c;
        Vector<T, N> v[std::size_t{count}];
        BAYRES_UNROLL
        for (Index i = 0; i < count; ++i) load(from + i * apart * in.step, v[i]);
        if constexpr (way == Way::up) vectors_up<count>(v);
        if constexpr (way == Way::down) vectors_down<count>(v);
        BAYRES_UNROLL
        for (Index i = 0; i < count; ++i) store(v[i], to + i * apart * out.step);
      }
    }
  }
}
template <Way way, Index N, class T>
BAYRES_INLINE void pass(Index bits, const Extent& e, RowsAt<const T> in, RowsAt<T> out) {
  if (bits == 1) return pass_of<1, way, N, T>(e, in, out);
  if (bits == 2) return pass_of<2, way, N, T>(e, in, out);
  pass_of<most_of_a_pass, way, N, T>(e, in, out);
}

/// out = butterflies, D2, butterflies of in. The numbers of `middle` are those from `first` on, in rows `step` apart.
template <Index G, Index N, class T, class Middle>
BAYRES_INLINE void turn_of(const Extent& e, RowsAt<const T> in, RowsAt<T> out, const Middle& middle, Index first,
                           Index step) {
  constexpr Index count = Index{1} << G;
  const Index apart = Index{1} << e.bit;
  for (Index high = 0; high < e.rows; high += apart * count) {
    for (Index row = high; row < high + apart; ++row) {
      for (Index c = 0; c < e.columns; c += N) {
        const T* from = in.values + row * in.step + c;
        T* to = out.values + row * out.step + c;
        Vector<T, N> v[std::size_t{count}];
        BAYRES_UNROLL
        for (Index i = 0; i < count; ++i) load(from + i * apart * in.step, v[i]);
        vectors_up<count>(v);
        BAYRES_UNROLL
        for (Index i = 0; i < count; ++i) middle.template apply<N, T>(first + (row + i * apart) * step + c, v[i]);
        vectors_down<count>(v);
        BAYRES_UNROLL
        for (Index i = 0; i < count; ++i) store(v[i], to + i * apart * out.step);
      }
    }
  }
}
template <Index N, class T, class Middle>
BAYRES_INLINE void turn(Index bits, const Extent& e, RowsAt<const T> in, RowsAt<T> out, const Middle& middle,
                        Index first, Index step) {
  if (bits == 1) return turn_of<1, N, T, Middle>(e, in, out, middle, first, step);
  if (bits == 2) return turn_of<2, N, T, Middle>(e, in, out, middle, first, step);
  turn_of<most_of_a_pass, N, T, Middle>(e, in, out, middle, first, step);
}

/// The lowest bits of the index, those within eight vectors: H1's with D1, from in to out; and H2's, D3 and H3's.
/// \{
template <Index N, class T>
BAYRES_INLINE void lowest_first(const T* in, SignBits signs, Index at, T* out) {
  constexpr Index count = Index{1} << most_of_a_pass;
  Vector<T, N> v[std::size_t{count}];
  BAYRES_UNROLL
  for (Index i = 0; i < count; ++i) {
    load(in + i * N, v[i]);
    Numbers<T, N>::change_signs(signs, at + i * N, v[i]);
    Numbers<T, N>::lanes_up(v[i]);
  }
  vectors_up<count>(v);
  BAYRES_UNROLL
  for (Index i = 0; i < count; ++i) store(v[i], out + i * N);
}
template <Index N, class T>
BAYRES_INLINE void lowest_last(SignBits signs, Index at, T* values) {
  constexpr Index count = Index{1} << most_of_a_pass;
  Vector<T, N> v[std::size_t{count}];
  BAYRES_UNROLL
  for (Index i = 0; i < count; ++i) load(values + i * N, v[i]);
  vectors_down<count>(v);
  BAYRES_UNROLL
  for (Index i = 0; i < count; ++i) {
    Numbers<T, N>::lanes_down(v[i]);
    Numbers<T, N>::change_signs(signs, at + i * N, v[i]);
    Numbers<T, N>::lanes_up(v[i]);
  }
  vectors_up<count>(v);
  BAYRES_UNROLL
  for (Index i = 0; i < count; ++i) store(v[i], values + i * N);
}
/// \}

}  // namespace bayres::model
