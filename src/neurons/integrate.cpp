#include "bayres/neurons/integrate.hpp"

#include <algorithm>

#include "bayres/kernels/dispatch.hpp"
#include "projection.hpp"

namespace bayres::model {
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
    for (const auto& projection : step.projections) add_projection<Bytes>(projection, first, count, current);
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
};

struct RoundRates {
  template <Index Bytes>
  BAYRES_INLINE static void run(core::Precision precision, Real* rates, std::size_t count) {
    if (precision == core::Precision::single) {
      for (std::size_t i = 0; i < count; ++i) rates[i] = core::on_rate_grid(core::Precision::single, rates[i]);
    } else if (precision == core::Precision::mixed) {
      for (std::size_t i = 0; i < count; ++i) rates[i] = core::on_rate_grid(core::Precision::mixed, rates[i]);
    }
  }
};

}  // namespace

void integrate(const LeakyStep& step, std::span<Real> state) noexcept {
  core::dispatch<Integrate>(&step, state.data(), state.size());
}

void round_rates(core::Precision precision, std::span<Real> rates) noexcept {
  core::dispatch<RoundRates>(precision, rates.data(), rates.size());
}

}  // namespace bayres::model
