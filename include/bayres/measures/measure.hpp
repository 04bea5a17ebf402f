#pragma once
/// \file
/// Measures: a number for the error of a readout over some steps.

#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "bayres/core/component.hpp"
#include "bayres/measures/score.hpp"

namespace bayres::sim {

/// A measure that can be computed from every score.
template <class M>
concept MeasureOfScore = requires(const Score& score) {
  { M::value(score) } -> std::same_as<Real>;
};

/// A measure with its own sums over the steps of one readout. `visit_state(visit)` calls `visit(number)` for each sum,
/// which `visit` may change. One of trials also has `begin_trial` and `end_trial`, and says so (`of_trials`).
template <class M>
concept Accumulator = requires(M measure, const M& done, const typename M::Parameters& parameters, Real number) {
  M(parameters);
  measure.add(number, number, number);  // z*, delta, weight
  { done.value() } -> std::same_as<Real>;
  measure.visit_state([](Real&) {});
};

template <class M>
concept Measure = std::convertible_to<decltype(M::info), core::Info> &&(MeasureOfScore<M> || Accumulator<M>);

/// Is called for a number, and may change it.
using VisitNumber = std::function<void(Real&)>;

/// The sums of one measure for all readouts of a learner.
class AnyAccumulator {
 public:
  virtual ~AnyAccumulator() = default;
  /// The name of the measure.
  [[nodiscard]] virtual std::string_view measure() const noexcept = 0;
  /// One step: z* and delta (readouts), and the weight of the step.
  virtual void add(std::span<const Real> target, std::span<const Real> delta, Real weight) noexcept = 0;
  /// Before the first step of a trial, and after the last; only some measures are of trials.
  /// \{
  virtual void begin_trial() noexcept = 0;
  virtual void end_trial() noexcept = 0;
  /// \}
  [[nodiscard]] virtual Real value(std::size_t readout) const = 0;
  virtual void visit_state(const VisitNumber& visit) = 0;
};

template <Accumulator M>
class AccumulatorOf final : public AnyAccumulator {
 public:
  AccumulatorOf(const typename M::Parameters& parameters, std::size_t readouts) : readouts_(readouts, M(parameters)) {}
  [[nodiscard]] std::string_view measure() const noexcept override { return M::info.name; }
  void add(std::span<const Real> target, std::span<const Real> delta, Real weight) noexcept override {
    for (std::size_t m = 0; m < readouts_.size(); ++m) readouts_[m].add(target[m], delta[m], weight);
  }
  void begin_trial() noexcept override {
    if constexpr (requires(M measure) { measure.begin_trial(); }) {
      for (auto& readout : readouts_) readout.begin_trial();
    }
  }
  void end_trial() noexcept override {
    if constexpr (requires(M measure) { measure.end_trial(); }) {
      for (auto& readout : readouts_) readout.end_trial();
    }
  }
  [[nodiscard]] Real value(std::size_t readout) const override { return readouts_[readout].value(); }
  void visit_state(const VisitNumber& visit) override {
    for (auto& readout : readouts_) readout.visit_state(visit);
  }

 private:
  std::vector<M> readouts_;
};

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
  /// Memory of its sums for one readout; 0 if it has none.
  [[nodiscard]] virtual Index bytes() const = 0;
};

using Measures = core::Registry<MeasureChoice>;

/// The errors of a learner's readouts over some steps.
class Scores {
 public:
  Scores(const Measures& measures, std::size_t readouts);

  /// One step: z* and delta (readouts), and the weight of the step.
  void add(std::span<const Real> target, std::span<const Real> delta, Real weight) noexcept {
    for (std::size_t m = 0; m < readouts_.size(); ++m) readouts_[m].add(target[m], delta[m], weight);
    for (auto& sums : accumulators_) sums->add(target, delta, weight);
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
    if constexpr (Accumulator<M>) return AccumulatorOf<M>(settings.as<Parameters>(), readouts);
    return {};
  }
  [[nodiscard]] Real value(const Scores& scores, std::size_t readout) const override {
    if constexpr (Accumulator<M>) {
      return scores.accumulator(info.name).value(readout);
    } else {
      return M::value(scores[readout]);
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
  [[nodiscard]] Index bytes() const override {
    if constexpr (Accumulator<M>) return sizeof(M);
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
