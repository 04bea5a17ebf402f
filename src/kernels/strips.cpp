#include "bayres/kernels/strips.hpp"

#include "bayres/kernels/dispatch.hpp"

namespace bayres::core::kernels {
namespace {

struct StripProducts {
  template <Index Bytes>
  BAYRES_INLINE static void run(const Real* left, const Real* right, Index rows, Real* sums) {
    constexpr Index n = Bytes / Index{sizeof(Real)};
    constexpr Index high = Bytes == 64 ? 8 : 4;  // as the registers allow
    for (Index a = 0; a < strip_width; a += high) {
      for (Index b = 0; b < strip_width; b += 2 * n) {
        add_tile<n, high>(left + a, right + b, rows, sums + a * strip_width + b);
      }
    }
  }

  /// Some columns by two vectors of columns.
  template <Index N, Index High>
  BAYRES_INLINE static void add_tile(const Real* left, const Real* right, Index rows, Real* sums) {
    Vector<Real, N> sum[std::size_t{High}][2] = {};
    for (Index t = 0; t < rows * strip_width; t += strip_width) {
      Vector<Real, N> r[2];
      for (Index v = 0; v < 2; ++v) load(right + t + v * N, r[v]);
      for (Index a = 0; a < High; ++a) {
        for (Index v = 0; v < 2; ++v) sum[a][v] += r[v] * left[t + a];
      }
    }
    for (Index a = 0; a < High; ++a) {
      for (Index v = 0; v < 2; ++v) add_to(sum[a][v], sums + a * strip_width + v * N);
    }
  }
};

struct LaggedProducts {
  template <Index Bytes>
  BAYRES_INLINE static void run(const Real* strip, Index rows, Index lags, Real* sums) {
    constexpr Index n = Bytes / Index{sizeof(Real)};
    for (Index c = 0; c < strip_width; c += n) {
      Index k = 0;
      for (; k + 8 <= lags + 1; k += 8) add_lags<n, 8>(strip + c, rows, k, sums + c);
      for (; k <= lags; ++k) add_lags<n, 1>(strip + c, rows, k, sums + c);
    }
  }

  /// A vector of columns at L lags from `lag` on, of two times in turn, which have all but two of their values in
  /// common.
  template <Index N, Index L>
  BAYRES_INLINE static void add_lags(const Real* strip, Index rows, Index lag, Real* sums) {
    static_assert(strip_rows % 2 == 0);
    Vector<Real, N> sum[std::size_t{L}] = {};
    for (Index t = 0; t < rows; t += 2) {
      Vector<Real, N> now[2];
      Vector<Real, N> before[std::size_t{L} + 1];  // at t + 1 - lag, and back from there
      for (Index v = 0; v < 2; ++v) load(strip + (t + v) * strip_width, now[v]);
      for (Index l = 0; l <= L; ++l) load(strip + (t + 1 - lag - l) * strip_width, before[l]);
      for (Index l = 0; l < L; ++l) sum[l] += now[0] * before[l + 1];
      for (Index l = 0; l < L; ++l) sum[l] += now[1] * before[l];
    }
    for (Index l = 0; l < L; ++l) add_to(sum[l], sums + (lag + l) * strip_width);
  }
};

}  // namespace

void add_strip_products(const Real* left, const Real* right, Index rows, Real* sums) noexcept {
  dispatch<StripProducts>(left, right, rows, sums);
}

void add_lagged_products(const Real* strip, Index rows, Index lags, Real* sums) noexcept {
  dispatch<LaggedProducts>(strip, rows, lags, sums);
}

}  // namespace bayres::core::kernels
