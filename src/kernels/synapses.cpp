#include "bayres/kernels/synapses.hpp"

#include "bayres/kernels/dispatch.hpp"

namespace bayres::core {
namespace {

/// Plain loops, which the compiler vectorises element by element for each instruction set.
struct BlockDots {
  template <Index Bytes>
  BAYRES_INLINE static void run(const Real* weights, Index stride, const Real* rates, std::size_t size, Real* sums,
                                std::size_t count) {
    constexpr Index lanes = 8;
    constexpr Index n = Bytes / Index{sizeof(Real)} < lanes ? Bytes / Index{sizeof(Real)} : lanes;
    for (std::size_t q = 0; q < count; ++q, weights += stride) {
      Vector<Real, n> sum[std::size_t{lanes / n}] = {};
      std::size_t i = 0;
      for (; i + lanes <= size; i += lanes) {
        for (Index v = 0; v < lanes / n; ++v) {
          Vector<Real, n> w;
          Vector<Real, n> r;
          load(weights + i + v * n, w);
          load(rates + i + v * n, r);
          sum[v] += w * r;
        }
      }
      Real lane[lanes];
      for (Index v = 0; v < lanes / n; ++v) store(sum[v], lane + v * n);
      for (Index l = 0; i < size; ++i, ++l) lane[l] += weights[i] * rates[i];
      sums[q] = ((lane[0] + lane[4]) + (lane[2] + lane[6])) + ((lane[1] + lane[5]) + (lane[3] + lane[7]));
    }
  }
};

struct AddScaled {
  template <Index Bytes>
  BAYRES_INLINE static void run(Real scale, const Real* __restrict rates, Real* __restrict weights, std::size_t size) {
    for (std::size_t i = 0; i < size; ++i) weights[i] += scale * rates[i];
  }
};

struct AddScaledRatio {
  template <Index Bytes>
  BAYRES_INLINE static void run(Real scale, const Real* __restrict rates, const Real* __restrict precision,
                                Real* __restrict weights, std::size_t size) {
    for (std::size_t i = 0; i < size; ++i) weights[i] += scale * rates[i] / precision[i];
  }
};

struct AddSquares {
  template <Index Bytes>
  BAYRES_INLINE static void run(const Real* __restrict rates, Real* __restrict precision, std::size_t size) {
    for (std::size_t i = 0; i < size; ++i) precision[i] += rates[i] * rates[i];
  }
};

}  // namespace

void block_dots(const Real* weights, Index stride, std::span<const Real> rates, std::span<Real> sums) noexcept {
  dispatch<BlockDots>(weights, stride, rates.data(), rates.size(), sums.data(), sums.size());
}

void add_scaled(Real scale, std::span<const Real> rates, std::span<Real> weights) noexcept {
  dispatch<AddScaled>(scale, rates.data(), weights.data(), weights.size());
}

void add_scaled_ratio(Real scale, std::span<const Real> rates, std::span<const Real> precision,
                      std::span<Real> weights) noexcept {
  dispatch<AddScaledRatio>(scale, rates.data(), precision.data(), weights.data(), weights.size());
}

void add_squares(std::span<const Real> rates, std::span<Real> precision) noexcept {
  dispatch<AddSquares>(rates.data(), precision.data(), precision.size());
}

}  // namespace bayres::core
