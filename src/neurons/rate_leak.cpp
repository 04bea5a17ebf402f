#include "bayres/neurons/rate_leak.hpp"

namespace bayres::model {

LeakyRates::LeakyRates(const NeuronChoice& kind, const NeuronContext& context)
    : precision_(context.precision), state_(core::as_size(context.own.size())), target_(state_.size()) {
  auto without_leak = context;
  without_leak.dt = without_leak.tau = 1;
  without_leak.taus.clear();
  without_leak.precision = core::Precision::full;
  neurons_ = kind.make(without_leak);
  leaks_.assign(state_.size(), context.dt / context.tau);
  for (std::size_t i = 0; i < context.taus.size(); ++i) leaks_[i] = context.dt / context.taus[i];
}

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
  core::round_rates(precision_, rates);
}

}  // namespace bayres::model
