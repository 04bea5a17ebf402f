#pragma once
/// \file
/// What a measure may be, and its sums over steps.

#include <functional>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "bayres/core/component.hpp"
#include "bayres/core/spikes.hpp"
#include "bayres/measures/score.hpp"

namespace bayres::sim {

/// What one step of a readout is scored by.
struct ScoredStep {
  std::span<const Real> target;                    ///< z* (readouts)
  std::span<const Real> delta;                     ///< (readouts)
  std::span<const core::OutputSpike> spikes = {};  ///< (readouts); empty if they send none
};

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

/// One with sums over the steps of an output that sends spikes; only learners with such outputs have it.
template <class M>
concept SpikeAccumulator = requires(M measure, const M& done, const typename M::Parameters& parameters,
                                    core::OutputSpike spike, Real weight) {
  M(parameters);
  measure.add(spike, weight);
  { done.value() } -> std::same_as<Real>;
  measure.visit_state([](Real&) {});
};

/// One with sums over the steps of all readouts together; it is the same for each of them.
template <class M>
concept JointAccumulator = requires(M measure, const M& done, const typename M::Parameters& parameters,
                                    const ScoredStep& step, Real weight, std::size_t readouts) {
  M(parameters, readouts);
  measure.add(step, weight);
  { done.value() } -> std::same_as<Real>;
  measure.visit_state([](Real&) {});
};

template <class M>
concept Measure = std::convertible_to<decltype(M::info), core::Info> &&
    (MeasureOfScore<M> || Accumulator<M> || SpikeAccumulator<M> || JointAccumulator<M>);

/// Is called for a number, and may change it.
using VisitNumber = std::function<void(Real&)>;

/// The sums of one measure for all readouts of a learner.
class AnyAccumulator {
 public:
  virtual ~AnyAccumulator() = default;
  /// The name of the measure.
  [[nodiscard]] virtual std::string_view measure() const noexcept = 0;
  /// One step, and its weight.
  virtual void add(const ScoredStep& step, Real weight) noexcept = 0;
  /// Before the first step of a trial, and after the last; only some measures are of trials.
  /// \{
  virtual void begin_trial() noexcept = 0;
  virtual void end_trial() noexcept = 0;
  /// \}
  [[nodiscard]] virtual Real value(std::size_t readout) const = 0;
  virtual void visit_state(const VisitNumber& visit) = 0;
};

template <class M>
class AccumulatorOf final : public AnyAccumulator {
 public:
  AccumulatorOf(const typename M::Parameters& parameters, std::size_t readouts) {
    if constexpr (JointAccumulator<M>) {
      readouts_.emplace_back(parameters, readouts);
    } else {
      readouts_.assign(readouts, M(parameters));
    }
  }
  [[nodiscard]] std::string_view measure() const noexcept override { return M::info.name; }
  void add(const ScoredStep& step, Real weight) noexcept override {
    if constexpr (JointAccumulator<M>) {
      readouts_.front().add(step, weight);
    } else if constexpr (SpikeAccumulator<M>) {
      for (std::size_t m = 0; m < step.spikes.size(); ++m) readouts_[m].add(step.spikes[m], weight);
    } else {
      for (std::size_t m = 0; m < readouts_.size(); ++m) readouts_[m].add(step.target[m], step.delta[m], weight);
    }
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
  [[nodiscard]] Real value(std::size_t readout) const override {
    return readouts_[JointAccumulator<M> ? 0 : readout].value();
  }
  void visit_state(const VisitNumber& visit) override {
    for (auto& readout : readouts_) readout.visit_state(visit);
  }

 private:
  std::vector<M> readouts_;  // one of all of them, if it is joint
};

}  // namespace bayres::sim
