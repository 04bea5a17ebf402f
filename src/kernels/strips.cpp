#include "bayres/kernels/strips.hpp"

#include "bayres/kernels/dispatch.hpp"

namespace bayres::core::kernels {
namespace {

struct StripProducts {
  template <Index Bytes>
  BAYRES_INLINE static void run(const Real* left, const Real* right, Index rows, Real* sums) {
    constexpr Index n = Bytes / Index{sizeof(Real)};
    for (Index a = 0; a < strip_width; a += 4) {
      for (Index b = 0; b < strip_width; b += 2 * n) add_tile<n>(left + a, right + b, rows, sums + a * strip_width + b);
    }
  }

  /// Four columns by two vectors of columns.
  template <Index N>
  BAYRES_INLINE static void add_tile(const Real* left, const Real* right, Index rows, Real* sums) {
    Vector<Real, N> sum[4][2] = {};
    for (Index t = 0; t < rows * strip_width; t += strip_width) {
      Vector<Real, N> r[2];
      for (Index v = 0; v < 2; ++v) load(right + t + v * N, r[v]);
      for (Index a = 0; a < 4; ++a) {
        for (Index v = 0; v < 2; ++v) sum[a][v] += r[v] * left[t + a];
      }
    }
    for (Index a = 0; a < 4; ++a) {
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

  /// A vector of columns at L lags from `lag` on.
  template <Index N, Index L>
  BAYRES_INLINE static void add_lags(const Real* strip, Index rows, Index lag, Real* sums) {
    Vector<Real, N> sum[std::size_t{L}] = {};
    for (Index t = 0; t < rows; ++t) {
      Vector<Real, N> now;
      load(strip + t * strip_width, now);
      for (Index l = 0; l < L; ++l) {
        Vector<Real, N> before;
        load(strip + (t - lag - l) * strip_width, before);
        sum[l] += now * before;
      }
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
