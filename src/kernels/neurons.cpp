#include "bayres/kernels/neurons.hpp"

#include <algorithm>
#include <cstddef>

#include "bayres/kernels/transpose.hpp"

namespace bayres::core {
namespace {

/// Plain loops, which the compiler vectorises element by element for each instruction set, but for several signals.
struct Integrate {
  static constexpr std::size_t at_once = 256;  // neurons whose currents stay in the first-level cache

  template <Index Bytes>
  BAYRES_INLINE static void run(const LeakyStep* step, Real* state, std::size_t count) {
    Real current[at_once];
    for (std::size_t first = 0; first < count; first += at_once) {
      some<Bytes>(*step, first, std::min(at_once, count - first), state + first, current);
    }
  }

  template <Index Bytes>
  BAYRES_INLINE static void some(const LeakyStep& step, std::size_t first, std::size_t count, Real* __restrict state,
                                 Real* __restrict current) {
    const Real* recurrent = step.recurrent.data() + first;
    const Real* bias = step.bias.data() + first;
    for (std::size_t i = 0; i < count; ++i) current[i] = recurrent[i] + bias[i];
    for (const auto& projection : step.projections) add<Bytes>(projection, first, count, current);
    if (!step.leaks.empty()) return approach(step, first, count, state, current);
    const Real leak = step.leak;
    for (std::size_t i = 0; i < count; ++i) state[i] += leak * (current[i] - state[i]);
    if (step.noise.empty()) return;
    const Real* noise = step.noise.data() + first;
    const Real scale = step.noise_scale;
    for (std::size_t i = 0; i < count; ++i) state[i] += scale * noise[i];
  }

  /// Where each neuron has a leak of its own.
  BAYRES_INLINE static void approach(const LeakyStep& step, std::size_t first, std::size_t count,
                                     Real* __restrict state, const Real* __restrict current) {
    const Real* leaks = step.leaks.data() + first;
    for (std::size_t i = 0; i < count; ++i) state[i] += leaks[i] * (current[i] - state[i]);
    if (step.noise.empty()) return;
    const Real* noise = step.noise.data() + first;
    const Real* scales = step.noise_scales.data() + first;
    for (std::size_t i = 0; i < count; ++i) state[i] += scales[i] * noise[i];
  }

  template <Index Bytes>
  BAYRES_INLINE static void add(const Projection& projection, std::size_t first, std::size_t count,
                                Real* __restrict current) {
    const std::size_t width = projection.signals.size();
    const Real* weights = projection.weights.data() + first * width;
    const Real* signals = projection.signals.data();
    if (width == 1) {
      for (std::size_t i = 0; i < count; ++i) current[i] += weights[i] * signals[0];
      return;
    }
    constexpr std::size_t lanes = Bytes / sizeof(Real);
    constexpr std::size_t side_by_side = 2;  // sums, since each waits for its last addition
    // Vectors of weights may reach beyond those of a neuron, but not beyond those of all.
    const std::size_t all = projection.weights.size() - first * width;
    const std::size_t reach = (width + lanes - 1) / lanes * lanes;
    std::size_t i = 0;
    constexpr std::size_t some = side_by_side * lanes;
    for (; i + some <= count && (i + some - 1) * width + reach <= all; i += some) {
      Vector<Real, Index{lanes}> sums[side_by_side];
      for (std::size_t s = 0; s < side_by_side; ++s) load(current + i + s * lanes, sums[s]);
      for (std::size_t c = 0; c < width; c += lanes) {
        const std::size_t last = std::min(lanes, width - c);
        for (std::size_t s = 0; s < side_by_side; ++s) {
          add_signals(weights + (i + s * lanes) * width + c, width, {signals + c, last}, sums[s]);
        }
      }
      for (std::size_t s = 0; s < side_by_side; ++s) store(sums[s], current + i + s * lanes);
    }
    for (; i < count; ++i) {
      for (std::size_t c = 0; c < width; ++c) current[i] += weights[i * width + c] * signals[c];
    }
  }

  /// What some signals add, one after the other, to one neuron per lane. Weights, whose rows are of neurons, are
  /// transposed.
  template <class Values>
  BAYRES_INLINE static void add_signals(const Real* weights, std::size_t width, std::span<const Real> signals,
                                        Values& sum) {
    constexpr std::size_t lanes = sizeof(Values) / sizeof(Real);
    Values rows[lanes];
    BAYRES_UNROLL
    for (std::size_t l = 0; l < lanes; ++l) load(weights + l * width, rows[l]);
    transpose(rows);
    if (signals.size() == lanes) {
      BAYRES_UNROLL
      for (std::size_t k = 0; k < lanes; ++k) sum += rows[k] * signals[k];
    } else {
      BAYRES_UNROLL
      for (std::size_t k = 0; k < lanes; ++k) {
        if (k < signals.size()) sum += rows[k] * signals[k];
      }
    }
  }
};

struct RoundRates {
  template <Index Bytes>
  BAYRES_INLINE static void run(Precision precision, Real* rates, std::size_t count) {
    if (precision == Precision::single) {
      for (std::size_t i = 0; i < count; ++i) rates[i] = on_rate_grid(Precision::single, rates[i]);
    } else if (precision == Precision::mixed) {
      for (std::size_t i = 0; i < count; ++i) rates[i] = on_rate_grid(Precision::mixed, rates[i]);
    }
  }
};

}  // namespace

void integrate(const LeakyStep& step, std::span<Real> state) noexcept {
  dispatch<Integrate>(&step, state.data(), state.size());
}

void round_rates(Precision precision, std::span<Real> rates) noexcept {
  dispatch<RoundRates>(precision, rates.data(), rates.size());
}

}  // namespace bayres::core
