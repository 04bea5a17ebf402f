#pragma once
/// \file
/// The product of sparse rows with several interleaved vectors, as a kernel for `dispatch`. Included by the files that
/// instantiate it for a type of weights.

#include <algorithm>
#include <cstdint>

#include "bayres/kernels/dispatch.hpp"
#include "bayres/kernels/kernels.hpp"
#include "sparse_product.hpp"

// Each file has its own copy, compiled with the options of that file.
namespace bayres::core::kernels {
namespace {

struct SparseProductSideBySide {
  static constexpr Index rows_at_once = 8;  // their results fill a cache line

  template <Index Bytes, class Weight, class T>
  BAYRES_INLINE static void run(SparseBlock<Weight> b, bool backwards, Vectors<T> v) {
    constexpr Index n = std::min(lane_count, Bytes / Index{sizeof(T)});
    constexpr Index groups = Bytes == 64 ? 2 : 1;  // of n vectors, whose sums are in registers together
    for_each_run_of_rows(
        b.rows, backwards, [&](Index first, Index last) __attribute__((always_inline)) {
          for (Index row = first; row < last; row += rows_at_once) {
            const Index rows = std::min(rows_at_once, last - row);
            Index c = 0;
            for (; groups > 1 && c + n < v.count; c += groups * n) add_rows<n, groups>(b, row, rows, c, v);
            for (; c < v.count; c += n) add_rows<n, 1>(b, row, rows, c, v);
          }
        });
  }

  /// Adds the sums of several rows for G groups of N vectors, from vector `c` on. The results of different vectors are
  /// far apart, often by a power of two, so that single rows would evict them from the cache.
  template <Index N, Index G, class Weight, class T>
  BAYRES_INLINE static void add_rows(const SparseBlock<Weight>& b, Index row, Index rows, Index c,
                                     const Vectors<T>& v) {
    T sums[std::size_t{rows_at_once}][std::size_t{G * N}];
    for (Index i = 0; i < rows; ++i) {
      const std::uint32_t first = b.row_start[row + i];
      row_sums<N, G>(b.columns + first, b.values + first, b.row_start[row + i + 1] - first, v.in + c, v.in_stride,
                     sums[i]);
    }
    for (Index l = 0; l < std::min<Index>(G * N, v.count - c); ++l) {
      Real* out = v.out + (c + l) * v.out_stride + row;
      for (Index i = 0; i < rows; ++i) out[i] += static_cast<Real>(sums[i][l]);
    }
  }

  /// Each lane of `SparseProduct::row_sum` is G vector registers here.
  template <Index N, Index G, class Weight, class T>
  BAYRES_INLINE static void row_sums(const std::uint16_t* columns, const Weight* values, Index count, const T* in,
                                     Index in_stride, T* sums) {
    Vector<T, N> lanes[std::size_t{G}][std::size_t{lane_count}] = {};
    const auto add = [&](Index k, Index l) __attribute__((always_inline)) {
      const T* rates = in + columns[k] * in_stride;
      const T weight = static_cast<T>(values[k]);
      for (Index g = 0; g < G; ++g) {
        Vector<T, N> some;
        load(rates + g * N, some);
        lanes[g][l] += some * weight;
      }
    };
    Index k = 0;
    for (; k + lane_count <= count; k += lane_count) {
      for (Index l = 0; l < lane_count; ++l) add(k + l, l);
    }
    // Lanes have constant indices; a variable index would force them into memory.
    for (Index l = 0; l < lane_count - 1; ++l) {
      if (k + l < count) add(k + l, l);
    }
    for (Index g = 0; g < G; ++g) {
      const auto& s = lanes[g];
      const Vector<T, N> sum = ((s[0] + s[4]) + (s[2] + s[6])) + ((s[1] + s[5]) + (s[3] + s[7]));
      store(sum, sums + g * N);
    }
  }
};

}  // namespace

template <class Weight, class T>
void sparse_product_side_by_side(const SparseBlock<Weight>& block, bool backwards, const Vectors<T>& vectors) noexcept {
  dispatch_for<SparseProductSideBySide>(instruction_set_of_products(), block, backwards, vectors);
}

}  // namespace bayres::core::kernels
