#pragma once
/// \file
/// The product with sparse rows, as a kernel for `dispatch`. Included by the files that make it for a type of weights.

#include <algorithm>
#include <type_traits>

#include "bayres/core/kernels.hpp"
#include "dispatch.hpp"

// Each file has its own, compiled as that file is.
namespace bayres::core::kernels {
namespace {

constexpr Index lane_count = 8;

/// The eight lanes of a row's sum, in vectors of N.
template <class T, Index N>
using Lanes = Vector<T, N>[std::size_t{lane_count / N}];

/// N weights as numbers to calculate with.
/// \{
template <Index N, class T>
requires std::is_arithmetic_v<T> BAYRES_INLINE void load_values(const T* values, Vector<T, N>& out) {
  load(values, out);
}
template <Index N>
BAYRES_INLINE void load_values(const Bfloat16* values, Vector<float, N>& out) {
  Vector<std::uint16_t, N> halves;
  load(values, halves);
  const auto words = __builtin_convertvector(halves, Vector<std::uint32_t, N>) << 16U;
  load(&words, out);
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

template <class T>
BAYRES_INLINE void gather(const T* in, const std::uint16_t* columns, Vector<T, 8>& out) {
  const FourColumns a(columns);
  const FourColumns b(columns + 4);
  out = Vector<T, 8>{in[a.get<0>()], in[a.get<1>()], in[a.get<2>()], in[a.get<3>()],
                     in[b.get<0>()], in[b.get<1>()], in[b.get<2>()], in[b.get<3>()]};
}
template <class T>
BAYRES_INLINE void gather(const T* in, const std::uint16_t* columns, Vector<T, 4>& out) {
  const FourColumns a(columns);
  out = Vector<T, 4>{in[a.get<0>()], in[a.get<1>()], in[a.get<2>()], in[a.get<3>()]};
}
template <class T>
BAYRES_INLINE void gather(const T* in, const std::uint16_t* columns, Vector<T, 2>& out) {
  out = Vector<T, 2>{in[columns[0]], in[columns[1]]};
}

/// Calls `visit(first, last)` for runs of all rows, forwards or backwards, each to be visited in order: long
/// stretches of memory that the processor sees coming.
template <class Visit>
BAYRES_INLINE void for_each_run_of_rows(Index rows, bool backwards, Visit visit) {
  constexpr Index length = 64;
  const Index count = (rows + length - 1) / length;
  for (Index k = 0; k < count; ++k) {
    const Index first = (backwards ? count - 1 - k : k) * length;
    visit(first, std::min(first + length, rows));
  }
}

/// Asks memory for the entries that come a few hundred after these, one cache line of columns at a time. While
/// rates are gathered, the processor does not look far enough ahead by itself: N = 5000 in float64 takes half as long.
inline constexpr Index columns_of_line = 32;
template <class Weight>
BAYRES_INLINE void look_ahead(const std::uint16_t* columns, const Weight* values) {
  constexpr Index ahead = 256;
  constexpr Index of_line = 64 / Index{sizeof(Weight)};
  __builtin_prefetch(columns + ahead);
  for (Index k = 0; k < columns_of_line; k += of_line) __builtin_prefetch(values + ahead + k);
}

template <class T>
BAYRES_INLINE T in_pairs(const T (&s)[std::size_t{lane_count}]) {
  return ((s[0] + s[4]) + (s[2] + s[6])) + ((s[1] + s[5]) + (s[3] + s[7]));
}

struct SparseProduct {
  template <Index Bytes, class Weight, class T>
  BAYRES_INLINE static void run(SparseBlock<Weight> b, bool backwards, Vectors<T> v) {
    for_each_run_of_rows(
        b.rows, backwards, [&](Index first, Index last) __attribute__((always_inline)) {
          for (Index row = first; row < last; ++row) {
            const std::uint32_t start = b.row_start[row];
            const Index count = b.row_start[row + 1] - start;
            for (Index c = 0; c < v.count; ++c) {
              v.out[c * v.out_stride + row] +=
                  static_cast<Real>(row_sum<Bytes>(b.columns + start, b.values + start, count, v.in + c * v.in_stride));
            }
          }
        });
  }

  template <Index Bytes, class Weight, class T>
  BAYRES_INLINE static T row_sum(const std::uint16_t* columns, const Weight* values, Index count, const T* in) {
    constexpr Index n = std::min(lane_count, Bytes / Index{sizeof(T)});
    Lanes<T, n> sum = {};
    const auto add = [&](Index k) __attribute__((always_inline)) {
      for (Index part = 0; part < lane_count / n; ++part) {
        Vector<T, n> rates;
        Vector<T, n> weights;
        gather(in, columns + k + part * n, rates);
        load_values<n>(values + k + part * n, weights);
        sum[part] += weights * rates;
      }
    };
    Index k = 0;
    for (; k + columns_of_line <= count; k += columns_of_line) {
      look_ahead(columns + k, values + k);
      for (Index i = 0; i < columns_of_line; i += lane_count) add(k + i);
    }
    for (; k + lane_count <= count; k += lane_count) add(k);
    T lanes[lane_count];
    for (Index part = 0; part < lane_count / n; ++part) store(sum[part], lanes + part * n);
    for (Index l = 0; k < count; ++k, ++l) lanes[l] += static_cast<T>(values[k]) * in[columns[k]];
    return in_pairs(lanes);
  }
};

}  // namespace

template <class Weight>
void sparse_product(const SparseBlock<Weight>& block, bool backwards,
                    const Vectors<Arithmetic<Weight>>& vectors) noexcept {
  dispatch<SparseProduct>(block, backwards, vectors);
}

}  // namespace bayres::core::kernels
