#include "bayres/neurons/intrinsic.hpp"

#include <algorithm>

#include "bayres/neurons/rate_leak.hpp"

namespace bayres::model {

AdaptingNeurons::AdaptingNeurons(const NeuronChoice& kind, const NeuronContext& context, bool rates_leak,
                                 const IntrinsicParameters& parameters)
    : neurons_(kind.make(rates_leak ? without_leak(context) : context)),
      parameters_(parameters),
      distribution_(kind.rates_become()),
      precision_(context.precision),
      own_(core::as_size(context.own.size())),
      leaks_(rates_leak ? leaks_of(context) : core::AlignedVector<Real>()),
      input_(leaks_.size()),
      shifted_(own_),
      rates_(own_) {}

void AdaptingNeurons::prepare(std::span<Real> state) const {
  std::ranges::fill(state.subspan(own_, own_), Real{1});
  std::ranges::fill(state.subspan(2 * own_, own_), Real{0});
}

void AdaptingNeurons::begin(std::span<const Real> initial, std::span<Real> state) const {
  if (!rates_leak()) return neurons_->begin(initial, state.first(own_));
  neurons_->begin(initial, input_);
  neurons_->rates(shifted(input_, state), state.first(own_));
}

void AdaptingNeurons::advance(const Drive& drive, std::span<Real> state) const noexcept {
  const auto first = state.first(own_);
  if (!rates_leak()) {
    neurons_->advance(drive, first);
    if (!drive.adapts) return;
    neurons_->rates(shifted(first, state), rates_);
    return adapt(first, state);
  }
  std::ranges::fill(input_, Real{0});  // as in LeakyRates
  neurons_->advance(drive, input_);
  neurons_->rates(shifted(input_, state), rates_);
  for (std::size_t i = 0; i < own_; ++i) first[i] = (1 - leaks_[i]) * first[i] + leaks_[i] * rates_[i];
  if (drive.adapts) adapt(input_, state);
}

void AdaptingNeurons::adapt(std::span<const Real> x, std::span<Real> state) const noexcept {
  const auto gain = state.subspan(own_, own_);
  const auto bias = state.subspan(2 * own_, own_);
  const Real eta = parameters_.rate;
  const Real mean = parameters_.mean;
  const Real variance = parameters_.sd * parameters_.sd;
  const bool normal = distribution_ == RateDistribution::normal;
  for (std::size_t i = 0; i < own_; ++i) {
    const Real y = rates_[i];
    const Real change = normal ? -eta * (-mean / variance + y / variance * (2 * variance + 1 - y * y + mean * y))
                               : eta * (1 - (2 + 1 / mean) * y + y * y / mean);
    gain[i] += eta / gain[i] + change * x[i];
    bias[i] += change;
  }
}

void AdaptingNeurons::rates(std::span<const Real> state, std::span<Real> rates) const noexcept {
  if (!rates_leak()) return neurons_->rates(shifted(state.first(own_), state), rates);
  std::ranges::copy(state.first(own_), rates.begin());
  round_rates(precision_, rates);
}

void AdaptingNeurons::slope(std::span<const Real> state, std::span<Real> slope) const noexcept {
  if (rates_leak()) {
    std::ranges::fill(slope, Real{0});
    return;
  }
  neurons_->slope(shifted(state.first(own_), state), slope);
  for (std::size_t i = 0; i < own_; ++i) slope[i] *= state[own_ + i];
}

std::span<const Real> AdaptingNeurons::shifted(std::span<const Real> x, std::span<const Real> state) const noexcept {
  for (std::size_t i = 0; i < own_; ++i) shifted_[i] = state[own_ + i] * x[i] + state[2 * own_ + i];
  return shifted_;
}

}  // namespace bayres::model
