#include "bayres/neurons/rate_leak.hpp"

namespace bayres::model {

NeuronContext without_leak(const NeuronContext& context) {
  auto without = context;
  without.dt = without.tau = 1;
  without.taus.clear();
  without.precision = core::Precision::full;
  return without;
}

core::AlignedVector<Real> leaks_of(const NeuronContext& context) {
  core::AlignedVector<Real> leaks(core::as_size(context.own.size()), context.dt / context.tau);
  for (std::size_t i = 0; i < context.taus.size(); ++i) leaks[i] = context.dt / context.taus[i];
  return leaks;
}

LeakyRates::LeakyRates(const NeuronChoice& kind, const NeuronContext& context)
    : neurons_(kind.make(without_leak(context))),
      precision_(context.precision),
      leaks_(leaks_of(context)),
      state_(leaks_.size()),
      target_(leaks_.size()) {}

void LeakyRates::begin(std::span<const Real> initial, std::span<Real> state) const {
  neurons_->begin(initial, state_);
  neurons_->rates(state_, state);
}

// From a state of 0, a step of leak 1 leads to the input itself, without an error of rounding.
void LeakyRates::advance(const Drive& drive, std::span<Real> state) const noexcept {
  std::ranges::fill(state_, Real{0});
  neurons_->advance(drive, state_);
  neurons_->rates(state_, target_);
  for (std::size_t i = 0; i < state.size(); ++i) state[i] = (1 - leaks_[i]) * state[i] + leaks_[i] * target_[i];
}

void LeakyRates::rates(std::span<const Real> state, std::span<Real> rates) const noexcept {
  std::ranges::copy(state, rates.begin());
  round_rates(precision_, rates);
}

}  // namespace bayres::model
