#pragma once
/// \file
/// What readouts hear: section [readout].

#include <algorithm>
#include <array>
#include <span>
#include <string>
#include <vector>

#include "bayres/rules/rule.hpp"

namespace bayres::rules {

/// Section [readout].
struct ReadoutParameters {
  std::string features = "rates";
  static constexpr auto parameters() {
    return std::array{core::Parameter<ReadoutParameters>{
        "features", &ReadoutParameters::features, "1",
        "what readouts hear: rates, then any of +bias (a constant 1), +input (the input u) and +squares (every second "
        "rate, from neuron 1 on, is replaced by its square)"}};
  }
  /// What is wrong with them, or "".
  [[nodiscard]] std::string problem() const;
  /// Whether a word is among the features.
  [[nodiscard]] bool has(std::string_view word) const;
};

/// The features of readouts: the rates of all neurons, or their squares, then a bias, then the inputs. What is added
/// belongs to the last block of neurons, and so to the rank of that block. Source of the squares: Pathak et al. 2018,
/// Phys. Rev. Lett. 120:024102.
class Features {
 public:
  Features() = default;
  Features(const ReadoutParameters& parameters, Index neurons, Index inputs);

  /// Whether they are the rates alone.
  [[nodiscard]] bool are_rates() const noexcept { return added() == 0 && !squares_; }
  [[nodiscard]] Index added() const noexcept { return (bias_ ? 1 : 0) + inputs_; }
  [[nodiscard]] Index count() const noexcept { return neurons_ + added(); }
  /// Those on the rank with these neurons.
  [[nodiscard]] Range of(Range own) const noexcept {
    return {own.first, own.size() > 0 && own.last == neurons_ ? count() : own.last};
  }
  /// Those of a range that are neurons.
  [[nodiscard]] Range neurons_in(Range features) const noexcept {
    return {std::min(features.first, neurons_), std::min(features.last, neurons_)};
  }
  /// The readout synapses on the rank with these neurons.
  [[nodiscard]] Synapses synapses(Range own, Index outputs, core::Philox random = core::Philox(0)) const noexcept {
    return {count(), of(own), outputs, random, bias_ ? neurons_ : -1, added()};
  }

  /// Writes the features of a range to `features`, from the rates of its neurons and the input u (inputs).
  void write(Range range, std::span<const Real> rates, std::span<const Real> input,
             std::span<Real> features) const noexcept;
  /// The derivative of z by the rates of the neurons of `own`, from their rates and weights (outputs x `own`).
  void write_slopes(Range own, std::span<const Real> rates, std::span<const Real> weights,
                    std::span<Real> slopes) const noexcept;

 private:
  Index neurons_ = 0;
  Index inputs_ = 0;  // that are features
  bool bias_ = false;
  bool squares_ = false;
};

/// The values of features in a step, for some trajectories of the reservoir. Holds nothing if they are the rates alone.
class Heard {
 public:
  /// On the rank with the neurons `own`.
  Heard(const Features& features, Range own, Index trajectories)
      : features_(features),
        own_(features.of(own)),
        values_(static_cast<std::size_t>(features.are_rates() ? 0 : trajectories * own_.size())),
        inputs_(static_cast<std::size_t>(trajectories)) {}

  /// Takes the rates of the own neurons after a step, and the input u that drove it.
  void take(Index trajectory, std::span<const Real> own_rates, std::span<const Real> input) {
    inputs_[static_cast<std::size_t>(trajectory)].assign(input.begin(), input.end());
    features_.write(own_, own_rates, input, core::row_of(values_, trajectory, own_.size()));
  }
  /// Those of the rank.
  [[nodiscard]] std::span<const Real> own(Index trajectory) const noexcept {
    return core::row_of(values_, trajectory, own_.size());
  }
  /// Those of a range, from the rates of all neurons; until the next call.
  [[nodiscard]] std::span<const Real> in(Range range, Index trajectory, std::span<const Real> all_rates) {
    const Range neurons = features_.neurons_in(range);
    some_.resize(static_cast<std::size_t>(range.size()));
    features_.write(
        range, all_rates.subspan(static_cast<std::size_t>(neurons.first), static_cast<std::size_t>(neurons.size())),
        inputs_[static_cast<std::size_t>(trajectory)], some_);
    return some_;
  }
  /// The derivative of z by the rates of the own neurons (outputs x own), from their rates (own) and weights (outputs x
  /// own features); until the next call.
  [[nodiscard]] std::span<const Real> slopes(std::span<const Real> own_rates, std::span<const Real> weights,
                                             Index outputs) {
    some_.resize(static_cast<std::size_t>(outputs) * own_rates.size());
    features_.write_slopes(own_, own_rates, weights, some_);
    return some_;
  }

 private:
  Features features_;
  Range own_;
  core::AlignedVector<Real> values_;       // trajectories x own features
  std::vector<std::vector<Real>> inputs_;  // of each trajectory
  core::AlignedVector<Real> some_;
};

}  // namespace bayres::rules
