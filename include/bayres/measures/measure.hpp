#pragma once
/// \file
/// Measures: a number for the error of a readout over some steps.

#include <string_view>
#include <vector>

#include "bayres/measures/accumulator.hpp"

namespace bayres::sim {

class Scores;

/// A measure with its parameters.
struct MeasureChoice : core::Choice {
  using core::Choice::Choice;
  template <class M>
  struct Of;

  /// Its sums for this number of readouts; empty if it is computed from their scores.
  [[nodiscard]] virtual core::Copied<AnyAccumulator> accumulator(std::size_t readouts) const = 0;
  [[nodiscard]] virtual Real value(const Scores& scores, std::size_t readout) const = 0;
  /// Whether a larger value means a better readout, not a larger error.
  [[nodiscard]] virtual bool larger_is_better() const = 0;
  /// Whether it is of tasks that have trials alone.
  [[nodiscard]] virtual bool of_trials() const = 0;
  /// Whether it is of tasks that have classes alone.
  [[nodiscard]] virtual bool of_classes() const = 0;
  /// Whether it is of outputs that send spikes alone.
  [[nodiscard]] virtual bool of_spikes() const = 0;
  /// Memory of its sums for one readout; 0 if it has none.
  [[nodiscard]] virtual Index bytes() const = 0;
};

using Measures = core::Registry<MeasureChoice>;

/// The errors of a learner's readouts over some steps.
class Scores {
 public:
  Scores(const Measures& measures, std::size_t readouts);

  /// One step, and its weight.
  void add(const ScoredStep& step, Real weight) noexcept {
    for (std::size_t m = 0; m < readouts_.size(); ++m) readouts_[m].add(step.target[m], step.delta[m], weight);
    for (auto& sums : accumulators_) sums->add(step, weight);
  }
  /// Before the first step of a trial, and after the last.
  /// \{
  void begin_trial() noexcept {
    for (auto& sums : accumulators_) sums->begin_trial();
  }
  void end_trial() noexcept {
    for (auto& sums : accumulators_) sums->end_trial();
  }
  /// \}

  /// Memory in bytes.
  [[nodiscard]] static Index bytes(const Measures& measures, Index readouts);

  /// The score of each readout.
  /// \{
  [[nodiscard]] std::size_t size() const noexcept { return readouts_.size(); }
  [[nodiscard]] const Score& operator[](std::size_t readout) const noexcept { return readouts_[readout]; }
  [[nodiscard]] auto begin() const noexcept { return readouts_.begin(); }
  [[nodiscard]] auto end() const noexcept { return readouts_.end(); }
  [[nodiscard]] auto begin() noexcept { return readouts_.begin(); }
  [[nodiscard]] auto end() noexcept { return readouts_.end(); }
  /// \}

  /// Sums of the measures that have them.
  /// \{
  [[nodiscard]] std::vector<core::Copied<AnyAccumulator>>& accumulators() noexcept { return accumulators_; }
  [[nodiscard]] const AnyAccumulator& accumulator(std::string_view measure) const;
  /// \}

 private:
  std::vector<Score> readouts_;
  std::vector<core::Copied<AnyAccumulator>> accumulators_;
};

template <class M>
struct MeasureChoice::Of final : MeasureChoice {
  static_assert(Measure<M>);
  using Parameters = typename M::Parameters;
  explicit Of(const Parameters& p) : MeasureChoice(M::info, core::Settings(p)) {}
  [[nodiscard]] core::Copied<AnyAccumulator> accumulator(std::size_t readouts) const override {
    if constexpr (!MeasureOfScore<M>) return AccumulatorOf<M>(settings.as<Parameters>(), readouts);
    return {};
  }
  [[nodiscard]] Real value(const Scores& scores, std::size_t readout) const override {
    if constexpr (MeasureOfScore<M>) {
      return M::value(scores[readout]);
    } else {
      return scores.accumulator(info.name).value(readout);
    }
  }
  [[nodiscard]] bool larger_is_better() const override {
    if constexpr (requires { M::larger_is_better; }) return M::larger_is_better;
    return false;
  }
  [[nodiscard]] bool of_trials() const override {
    if constexpr (requires { M::of_trials; }) return M::of_trials;
    return false;
  }
  [[nodiscard]] bool of_classes() const override {
    if constexpr (requires { M::of_classes; }) return M::of_classes;
    return false;
  }
  [[nodiscard]] bool of_spikes() const override { return SpikeAccumulator<M>; }
  [[nodiscard]] Index bytes() const override {
    if constexpr (!MeasureOfScore<M>) return sizeof(M);
    return 0;
  }
};

/// The value of a measure for each readout.
[[nodiscard]] std::vector<Real> values_of(const Scores& scores, const MeasureChoice& measure);

/// The mean of a measure over readouts.
/// \{
[[nodiscard]] Real mean_of(const Scores& scores, const MeasureChoice& measure);
[[nodiscard]] Real mean_of(const Scores& scores, Real (Score::*measure)() const noexcept);
/// \}

}  // namespace bayres::sim
