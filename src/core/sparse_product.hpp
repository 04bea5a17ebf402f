#pragma once
/// \file
/// The products with sparse rows, as kernels for `dispatch`. Included by the files that make them for a type of
/// weights.

#include <algorithm>
#include <type_traits>

#include "bayres/core/kernels.hpp"
#include "dispatch.hpp"

// Each file has its own, compiled as that file is.
namespace bayres::core::kernels {
namespace {

constexpr int lane_count = 8;

/// The eight lanes of a row's sum, in vectors of N.
template <class T, int N>
using Lanes = Vector<T, N>[std::size_t{lane_count / N}];

/// N weights as numbers to calculate with.
/// \{
template <int N, class T>
requires std::is_arithmetic_v<T> BAYRES_INLINE void load_values(const T* values, Vector<T, N>& out) {
  out = vector_at<N>(values);
}
template <int N>
BAYRES_INLINE void load_values(const Bfloat16* values, Vector<float, N>& out) {
  const auto words =
      __builtin_convertvector(vector_at<N>(reinterpret_cast<const std::uint16_t*>(values)), Vector<std::uint32_t, N>)
      << 16U;
  out = reinterpret_cast<const Vector<float, N>&>(words);
}
/// \}

/// Four column numbers, read at once.
struct FourColumns {
  std::uint64_t bits;
  BAYRES_INLINE explicit FourColumns(const std::uint16_t* columns) { __builtin_memcpy(&bits, columns, sizeof(bits)); }
  template <int K>
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

template <class T>
BAYRES_INLINE T in_pairs(const T (&s)[std::size_t{lane_count}]) {
  return ((s[0] + s[4]) + (s[2] + s[6])) + ((s[1] + s[5]) + (s[3] + s[7]));
}

struct SparseProduct {
  template <int Bytes, class Weight, class T>
  BAYRES_INLINE static void run(SparseBlock<Weight> b, bool backwards, Vectors<T> v) {
    for (Index k = 0; k < b.rows; ++k) {
      const Index row = backwards ? b.rows - 1 - k : k;
      const std::uint32_t first = b.row_start[row];
      const Index count = b.row_start[row + 1] - first;
      for (Index c = 0; c < v.count; ++c) {
        v.out[c * v.out_stride + row] +=
            static_cast<Real>(row_sum<Bytes>(b.columns + first, b.values + first, count, v.in + c * v.in_stride));
      }
    }
  }

  template <int Bytes, class Weight, class T>
  BAYRES_INLINE static T row_sum(const std::uint16_t* columns, const Weight* values, Index count, const T* in) {
    constexpr int n = std::min(lane_count, Bytes / int{sizeof(T)});
    Lanes<T, n> sum = {};
    Index k = 0;
    for (; k + lane_count <= count; k += lane_count) {
      for (int part = 0; part < lane_count / n; ++part) {
        Vector<T, n> rates;
        Vector<T, n> weights;
        gather(in, columns + k + part * n, rates);
        load_values<n>(values + k + part * n, weights);
        sum[part] += weights * rates;
      }
    }
    T lanes[lane_count];
    for (int part = 0; part < lane_count / n; ++part) vector_at<n>(lanes + part * n) = sum[part];
    for (int l = 0; k < count; ++k, ++l) lanes[l] += static_cast<T>(values[k]) * in[columns[k]];
    return in_pairs(lanes);
  }
};

struct SparseProductSideBySide {
  template <int Bytes, class Weight, class T>
  BAYRES_INLINE static void run(SparseBlock<Weight> b, bool backwards, Vectors<T> v) {
    constexpr int n = std::min(int{side_by_side}, Bytes / int{sizeof(T)});
    for (Index k = 0; k < b.rows; ++k) {
      const Index row = backwards ? b.rows - 1 - k : k;
      const std::uint32_t first = b.row_start[row];
      const Index count = b.row_start[row + 1] - first;
      for (Index c = 0; c < v.count; c += n) {
        T sums[std::size_t{n}];
        row_sums<n>(b.columns + first, b.values + first, count, v.in + c, v.in_stride, sums);
        for (Index l = 0; l < std::min<Index>(n, v.count - c); ++l) {
          v.out[(c + l) * v.out_stride + row] += static_cast<Real>(sums[l]);
        }
      }
    }
  }

  /// A row's sums for N vectors: each lane of `row_sum` is a vector register here.
  template <int N, class Weight, class T>
  BAYRES_INLINE static void row_sums(const std::uint16_t* columns, const Weight* values, Index count, const T* in,
                                     Index in_stride, T* sums) {
    Vector<T, N> lanes[std::size_t{lane_count}] = {};
    const auto add = [&](Index k, int l) __attribute__((always_inline)) {
      lanes[l] += vector_at<N>(in + columns[k] * in_stride) * static_cast<T>(values[k]);
    };
    Index k = 0;
    for (; k + lane_count <= count; k += lane_count) {
      for (int l = 0; l < lane_count; ++l) add(k + l, l);
    }
    for (int l = 0; k < count; ++k, ++l) add(k, l);
    vector_at<N>(sums) =
        ((lanes[0] + lanes[4]) + (lanes[2] + lanes[6])) + ((lanes[1] + lanes[5]) + (lanes[3] + lanes[7]));
  }
};

}  // namespace

template <class Weight>
void sparse_product(const SparseBlock<Weight>& block, bool backwards,
                    const Vectors<Arithmetic<Weight>>& vectors) noexcept {
  dispatch<SparseProduct>(block, backwards, vectors);
}
template <class Weight>
void sparse_product_side_by_side(const SparseBlock<Weight>& block, bool backwards,
                                 const Vectors<Arithmetic<Weight>>& vectors) noexcept {
  dispatch<SparseProductSideBySide>(block, backwards, vectors);
}

}  // namespace bayres::core::kernels
