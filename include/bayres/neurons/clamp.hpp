#pragma once
/// \file
/// Neurons whose rates are held, such as those that others hear as a bias.

#include <string>
#include <vector>

#include "bayres/neurons/neurons.hpp"

namespace bayres::model {

/// A neuron and the rate that it has at all times.
struct HeldRate {
  Index neuron = 0;
  Real rate = 0;
};

/// What is wrong with words such as "3:0.5", or empty: each must be NEURON:RATE, of a neuron below `neurons`.
[[nodiscard]] std::vector<std::string> clamp_problems(const std::vector<std::string>& clamp, Index neurons);

/// The rates that such words hold, of the neurons `own`, on the grid of the precision.
[[nodiscard]] std::vector<HeldRate> held_rates(const std::vector<std::string>& clamp, core::Range own, core::Precision);

/// Neurons some of whose rates are held (numbers among all neurons); their states go on, and their slope is 0.
class ClampedNeurons final : public AnyRateNeurons {
 public:
  ClampedNeurons(std::unique_ptr<const AnyNeurons> neurons, core::Range own, std::vector<HeldRate> held)
      : neurons_(std::move(neurons)), own_(own), held_(std::move(held)) {}
  void prepare(std::span<Real> state) const override { neurons_->prepare(state); }
  void begin(std::span<const Real> initial, std::span<Real> state) const override { neurons_->begin(initial, state); }
  void advance(const Drive& drive, std::span<Real> state) const noexcept override { neurons_->advance(drive, state); }
  void rates(std::span<const Real> state, std::span<Real> rates) const noexcept override {
    neurons_->rates(state, rates);
    for (const auto& [neuron, rate] : held_) rates[core::as_size(neuron - own_.first)] = rate;
  }
  void slope(std::span<const Real> state, std::span<Real> slope) const noexcept override {
    neurons_->slope(state, slope);
    for (const auto& [neuron, rate] : held_) slope[core::as_size(neuron - own_.first)] = 0;
  }

 private:
  std::unique_ptr<const AnyNeurons> neurons_;
  core::Range own_;
  std::vector<HeldRate> held_;
};

}  // namespace bayres::model
