#include "bayres/neurons/lif.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

#include "bayres/core/text.hpp"
#include "bayres/kernels/dispatch.hpp"
#include "projection.hpp"

namespace bayres::model {
namespace {

/// The own neurons' state, by variables.
struct LifState {
  Real* V;
  Real* I;
  Real* h;
  Real* left;
  Real* spike;
  Real* s;
  Real* r;
};

/// One step, apart from the state.
struct LifStep {
  const Drive* drive;
  const Real* threshold;
  Propagators p;
  Real bias;
  Real reset;
  Real refractory;
  Real noise_scale;
  Real jump;  // of r at a spike
};

/// Plain loops, which the compiler vectorises element by element for each instruction set.
struct AdvanceLif {
  static constexpr std::size_t at_once = 256;  // neurons whose currents stay in the first-level cache

  template <Index Bytes>
  BAYRES_INLINE static void run(const LifStep* step, const LifState* state, std::size_t count) {
    Real current[at_once];
    for (std::size_t first = 0; first < count; first += at_once) {
      const std::size_t some = std::min(at_once, count - first);
      drive<Bytes>(*step, first, some, current);
      integrate(*step, *state, first, some, current);
    }
  }

  /// What noise and constant currents add to V.
  template <Index Bytes>
  BAYRES_INLINE static void drive(const LifStep& step, std::size_t first, std::size_t count, Real* __restrict current) {
    const Real* bias = step.drive->bias.data() + first;
    for (std::size_t i = 0; i < count; ++i) current[i] = step.bias + bias[i];
    for (const auto& projection : step.drive->projections) add_projection<Bytes>(projection, first, count, current);
    for (std::size_t i = 0; i < count; ++i) current[i] *= step.p.V_from_current;
    if (step.drive->noise.empty()) return;
    const Real* noise = step.drive->noise.data() + first;
    for (std::size_t i = 0; i < count; ++i) current[i] += step.noise_scale * noise[i];
  }

  BAYRES_INLINE static void integrate(const LifStep& step, const LifState& x, std::size_t first, std::size_t count,
                                      const Real* current) {
    advance(step, count, current, step.drive->recurrent.data() + first, step.threshold + first, x.V + first,
            x.I + first, x.h + first, x.left + first, x.spike + first, x.s + first, x.r + first);
  }

  /// Only of parameters does the compiler believe that they do not overlap.
  BAYRES_INLINE static void advance(const LifStep& step, std::size_t count, const Real* __restrict current,
                                    const Real* __restrict arrived, const Real* __restrict threshold,
                                    Real* __restrict V, Real* __restrict I, Real* __restrict h, Real* __restrict left,
                                    Real* __restrict spike, Real* __restrict s, Real* __restrict r) {
    const Propagators p = step.p;
    const Real reset = step.reset;
    const Real refractory = step.refractory;
    const Real jump = step.jump;
    for (std::size_t i = 0; i < count; ++i) {
      const Real drive = h[i] + arrived[i];
      const Real free = p.keep_V * V[i] + p.V_from_I * I[i] + p.V_from_h * drive + current[i];
      const Real held = left[i] > 0 ? reset : free;
      const Real rest = left[i] > 0 ? left[i] - 1 : 0;
      const Real fires = held >= threshold[i] ? 1 : 0;
      I[i] = p.keep_I * I[i] + p.I_from_h * drive;
      h[i] = p.keep_h * drive;
      V[i] = fires > 0 ? reset : held;
      left[i] = fires > 0 ? refractory : rest;
      spike[i] = fires;
      r[i] = p.keep_I * r[i] + p.I_from_h * s[i] + jump * fires;
      s[i] = p.keep_h * s[i] + fires;
    }
  }
};

/// The range of delays in ms.
std::optional<std::array<Real, 2>> delays_of(const std::string& text, Real dt) {
  return text == "auto" ? std::array{dt, dt} : core::to_range(text);
}

Index steps_of(Real delay, Real dt) { return std::max(Index{1}, static_cast<Index>(std::round(delay / dt))); }

}  // namespace

std::string Lif::Parameters::problem(Real dt) const {
  const auto range = core::to_range(threshold);
  if (!range) {
    return "threshold = " + threshold + " is neither a number nor a range such as 0.9..1.1";
  }
  if ((*range)[0] <= reset) {
    return "threshold = " + threshold + " is not above reset = " + core::write_value(reset) +
           ": a neuron would spike for ever: allowed is a threshold above it";
  }
  const auto delays = delays_of(delay, dt);
  constexpr Real longest = 1000;
  if (!delays || (*delays)[0] < 0 || (*delays)[1] > longest) {
    return "delay = " + delay + " is neither auto nor a number nor a range such as 0.5..2: allowed is 0 to " +
           core::write_value(longest) + " ms";
  }
  if (tau_ref < dt) {
    return "tau_ref = " + core::write_value(tau_ref) +
           " is shorter than a step, reservoir.dt = " + core::write_value(dt) + ": allowed is " +
           core::write_value(dt) + " or more";
  }
  return {};
}

Index Lif::Parameters::shortest_delay(Real dt) const {
  const auto delays = delays_of(delay, dt);
  return delays ? steps_of((*delays)[0], dt) : 1;
}

Lif::Lif(const Parameters& p, const NeuronContext& context)
    : parameters_(p),
      propagators_({p.tau_m, p.tau_rise, p.tau_decay}, context.dt),
      filter_(p.tau_rise, p.tau_decay, context.dt),
      refractory_(std::round(p.tau_ref / context.dt)),
      noise_scale_(context.noise * std::sqrt(1 - propagators_.keep_V * propagators_.keep_V)),
      dt_(context.dt),
      random_(context.random),
      delays_(delays_of(p.delay, context.dt).value_or(std::array{context.dt, context.dt})),
      longest_delay_(steps_of(delays_[1], context.dt)) {
  const auto range = core::to_range(p.threshold).value_or(std::array<Real, 2>{1, 1});
  for (Index i = context.own.first; i < context.own.last; ++i) {
    const Real share = range[0] == range[1] ? 0 : context.random.uniform(core::Stream::threshold, 0, i);
    threshold_.push_back(range[0] + share * (range[1] - range[0]));
  }
}

void Lif::advance(const Drive& drive, std::span<Real> state) const noexcept {
  const std::size_t n = threshold_.size();
  Real* x = state.data();
  const LifState rows{x, x + n, x + 2 * n, x + 3 * n, x + 4 * n, x + 5 * n, x + 6 * n};
  const LifStep step{&drive,      threshold_.data(), propagators_,  parameters_.bias, parameters_.reset,
                     refractory_, noise_scale_,      filter_.jump()};
  core::dispatch<AdvanceLif>(&step, &rows, n);
}

void Lif::rates(std::span<const Real> state, std::span<Real> rates) const noexcept {
  std::ranges::copy(state.last(rates.size()), rates.begin());
}

void Lif::spikes(std::span<const Real> state, std::span<core::SpikeWord> map) const noexcept {
  const std::size_t n = threshold_.size();
  write_spikes(state.subspan(4 * n, n), map);
}

Index Lif::delay(Index neuron) const {
  const Real share = delays_[0] == delays_[1] ? 0 : random_.uniform(core::Stream::delay, 0, neuron);
  return steps_of(delays_[0] + share * (delays_[1] - delays_[0]), dt_);
}

}  // namespace bayres::model
