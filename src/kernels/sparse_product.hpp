#pragma once
/// \file
/// The product with sparse rows, as a kernel for `dispatch`. Included by the files that instantiate it for a type of
/// weights.

#include <algorithm>
#include <cstdint>
#include <type_traits>

#include "bayres/kernels/dispatch.hpp"
#include "bayres/kernels/kernels.hpp"

// Each file has its own copy, compiled with the options of that file.
namespace bayres::core::kernels {
namespace {

constexpr Index lane_count = 8;
static_assert(lane_count <= sparse_reach, "the last vector of the last row must end within what is there");

/// The eight lanes of a row's sum, in vectors of N.
template <class T, Index N>
using Lanes = Vector<T, N>[std::size_t{lane_count / N}];

/// N weights, converted for arithmetic.
/// \{
template <Index N, class T, class Numbers>
requires std::is_arithmetic_v<T> BAYRES_INLINE void load_values(const T* values, Numbers& out) {
  Vector<T, N> narrow;
  load(values, narrow);
  widen(narrow, out);
}
template <Index N, class Numbers>
BAYRES_INLINE void load_values(const Bfloat16* values, Numbers& out) {
  Vector<std::uint16_t, N> halves;
  load(values, halves);
  const auto words = __builtin_convertvector(halves, Vector<std::uint32_t, N>) << 16U;
  widen(reinterpret_cast<Vector<float, N>>(words), out);
}
/// \}

/// Four column numbers, read at once.
struct FourColumns {
  std::uint64_t bits;
  BAYRES_INLINE explicit FourColumns(const std::uint16_t* columns) { __builtin_memcpy(&bits, columns, sizeof(bits)); }
  template <Index K>
  [[nodiscard]] BAYRES_INLINE std::size_t get() const {
    return (bits >> (16U * K)) & 0xffffU;  // little-endian, as every machine with these instruction sets
  }
};

/// In halves: for all eight at once, the compiler inserts each under its own mask, and there are too few mask
/// registers.
/// \{
template <class T>
BAYRES_INLINE void gather(const T* in, const std::uint16_t* columns, Vector<T, 2>& out) {
  out = Vector<T, 2>{in[columns[0]], in[columns[1]]};
}
template <class T>
BAYRES_INLINE void gather(const T* in, const std::uint16_t* columns, Vector<T, 4>& out) {
  const FourColumns a(columns);
  out = Vector<T, 4>{in[a.get<0>()], in[a.get<1>()], in[a.get<2>()], in[a.get<3>()]};
}
template <class T>
BAYRES_INLINE void gather(const T* in, const std::uint16_t* columns, Vector<T, 8>& out) {
  Vector<T, 4> low;
  Vector<T, 4> high;
  gather(in, columns, low);
  gather(in, columns + 4, high);
  out = __builtin_shufflevector(low, high, 0, 1, 2, 3, 4, 5, 6, 7);
}
/// \}

/// Calls `visit(first, last)` for runs of rows, forwards or backwards. Rows within a run are visited in order, so that
/// the processor can prefetch.
template <class Visit>
BAYRES_INLINE void for_each_run_of_rows(Index rows, bool backwards, Visit visit) {
  constexpr Index length = 64;
  const Index count = (rows + length - 1) / length;
  for (Index k = 0; k < count; ++k) {
    const Index first = (backwards ? count - 1 - k : k) * length;
    visit(first, std::min(first + length, rows));
  }
}

/// Prefetches the entries that follow a few hundred later, one cache line of columns at a time, because not every
/// processor prefetches far enough while rates are gathered.
inline constexpr Index columns_of_line = 32;
template <class Weight>
BAYRES_INLINE void look_ahead(const std::uint16_t* columns, const Weight* values) {
  constexpr Index ahead = 256;
  constexpr Index of_line = 64 / Index{sizeof(Weight)};
  __builtin_prefetch(columns + ahead);
  for (Index k = 0; k < columns_of_line; k += of_line) __builtin_prefetch(values + ahead + k);
}

/// Masks of the first n of eight lanes: all bits set, read from element 8 - n on.
/// \{
template <class T>
using SameSize = std::conditional_t<sizeof(T) == sizeof(std::int64_t), std::int64_t, std::int32_t>;
template <class Integer>
alignas(64) constexpr Integer first_of_lanes[std::size_t{2 * lane_count}] = {-1, -1, -1, -1, -1, -1, -1, -1};
/// \}

/// ((s0 + s4) + (s2 + s6)) + ((s1 + s5) + (s3 + s7)), in halves.
/// \{
template <class T>
BAYRES_INLINE T add_halves(const Vector<T, 2>& s) {
  return s[0] + s[1];
}
template <class T>
BAYRES_INLINE T add_halves(const Vector<T, 4>& s) {
  return add_halves<T>(__builtin_shufflevector(s, s, 0, 1) + __builtin_shufflevector(s, s, 2, 3));
}
template <class T>
BAYRES_INLINE T add_halves(const Vector<T, 8>& s) {
  return add_halves<T>(__builtin_shufflevector(s, s, 0, 1, 2, 3) + __builtin_shufflevector(s, s, 4, 5, 6, 7));
}
template <class T, Index N>
BAYRES_INLINE T in_pairs(Lanes<T, N>& s) {
  for (Index half = lane_count / N / 2; half > 0; half /= 2) {
    for (Index part = 0; part < half; ++part) s[part] += s[part + half];
  }
  return add_halves<T>(s[0]);
}
/// \}

struct SparseProduct {
  template <Index Bytes, class Weight, class T>
  BAYRES_INLINE static void run(SparseBlock<Weight> b, bool backwards, Vectors<T> v) {
    for_each_run_of_rows(
        b.rows, backwards, [&](Index first, Index last) __attribute__((always_inline)) {
          for (Index c = 0; c < v.count; ++c) {
            add_rows<Bytes>(b, first, last, v.in + c * v.in_stride, v.out + c * v.out_stride);
          }
        });
  }

  /// out[row] += sum of the row, for consecutive rows.
  template <Index Bytes, class Weight, class T>
  BAYRES_INLINE static void add_rows(const SparseBlock<Weight>& b, Index first, Index last, const T* in, Real* out) {
    const std::uint16_t* columns = b.columns + b.row_start[first];
    const Weight* values = b.values + b.row_start[first];
    for (Index row = first; row < last; ++row) {
      const std::uint16_t* end = b.columns + b.row_start[row + 1];
      out[row] += static_cast<Real>(row_sum<Bytes>(columns, values, end, in));
    }
  }

  /// The sum of the entries up to the column `end`; moves on to the next row. The last entries, fewer than the lanes,
  /// are computed as a whole vector, in which those of the next row are masked, because the processor cannot predict
  /// the end of such a short loop.
  template <Index Bytes, class Weight, class T>
  BAYRES_INLINE static T row_sum(const std::uint16_t*& columns, const Weight*& values, const std::uint16_t* end,
                                 const T* in) {
    constexpr Index n = std::min(lane_count, Bytes / Index{sizeof(T)});
    Lanes<T, n> sum = {};
    const auto product = [&](Index k) __attribute__((always_inline)) {
      Vector<T, n> rates;
      Vector<T, n> weights;
      gather(in, columns + k, rates);
      load_values<n>(values + k, weights);
      return weights * rates;
    };
    const auto add = [&](Index k) __attribute__((always_inline)) {
      for (Index part = 0; part < lane_count / n; ++part) sum[part] += product(k + part * n);
    };
    for (; end - columns >= columns_of_line; columns += columns_of_line, values += columns_of_line) {
      look_ahead(columns, values);
      for (Index k = 0; k < columns_of_line; k += lane_count) add(k);
    }
    for (; end - columns >= lane_count; columns += lane_count, values += lane_count) add(0);
    using Bits = Vector<SameSize<T>, n>;
    const Index left = end - columns;
    for (Index part = 0; part < lane_count / n; ++part) {
      Bits wanted;
      load(first_of_lanes<SameSize<T>> + (lane_count - left) + part * n, wanted);
      sum[part] += reinterpret_cast<Vector<T, n>>(reinterpret_cast<Bits>(product(part * n)) & wanted);
    }
    columns += left;
    values += left;
    return in_pairs<T, n>(sum);
  }
};

}  // namespace

template <class Weight, class T>
void sparse_product(const SparseBlock<Weight>& block, bool backwards, const Vectors<T>& vectors) noexcept {
  dispatch_for<SparseProduct>(instruction_set_of_products(), block, backwards, vectors);
}

}  // namespace bayres::core::kernels
