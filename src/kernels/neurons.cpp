#include "bayres/kernels/neurons.hpp"

#include <algorithm>
#include <cstddef>

#include "bayres/kernels/dispatch.hpp"

namespace bayres::core {
namespace {

/// Plain loops, which the compiler vectorises element by element for each instruction set.
struct Integrate {
  static constexpr std::size_t at_once = 256;  // neurons whose currents stay in the first-level cache

  template <Index Bytes>
  BAYRES_INLINE static void run(const LeakyStep* step, Real* state, std::size_t count) {
    Real current[at_once];
    for (std::size_t first = 0; first < count; first += at_once) {
      some(*step, first, std::min(at_once, count - first), state + first, current);
    }
  }

  BAYRES_INLINE static void some(const LeakyStep& step, std::size_t first, std::size_t count, Real* __restrict state,
                                 Real* __restrict current) {
    const Real* recurrent = step.recurrent.data() + first;
    const Real* bias = step.bias.data() + first;
    for (std::size_t i = 0; i < count; ++i) current[i] = recurrent[i] + bias[i];
    for (const auto& projection : step.projections) {
      const std::size_t width = projection.signals.size();
      const Real* weights = projection.weights.data() + first * width;
      for (std::size_t c = 0; c < width; ++c) add(weights + c, width, projection.signals[c], count, current);
    }
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

  BAYRES_INLINE static void add(const Real* weights, std::size_t width, Real signal, std::size_t count,
                                Real* __restrict current) {
    if (width == 1) {
      for (std::size_t i = 0; i < count; ++i) current[i] += weights[i] * signal;
    } else {
      for (std::size_t i = 0; i < count; ++i) current[i] += weights[i * width] * signal;
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
