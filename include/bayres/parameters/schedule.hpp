#pragma once
/// \file
/// The phases of a run in whole steps.

#include <cmath>
#include <optional>
#include <vector>

#include "bayres/parameters/parameters.hpp"

namespace bayres::sim {

enum class Phase : int { washout = 0, train = 1, test = 2 };

/// The phase of each step. Steps count from 0; step s takes the state from time s dt to (s + 1) dt.
class Schedule {
 public:
  Schedule() = default;
  /// `auto` durations must have been replaced. A phase of duration T has round(T/dt) steps.
  Schedule(const ProtocolParameters& p, Real dt)
      : washout_(tasks::steps_of(p.washout, dt)),
        train_end_(washout_ + tasks::steps_of(p.train, dt)),
        end_(train_end_ + tasks::steps_of(p.test, dt)),
        learn_every_(p.learn_every),
        span_(tasks::steps_of(p.evaluate_span, dt)) {
    for (const Real time : p.evaluate_at) evaluations_.push_back(tasks::steps_of(time, dt));
  }

  [[nodiscard]] Index washout_end() const noexcept { return washout_; }
  [[nodiscard]] Index train_end() const noexcept { return train_end_; }
  [[nodiscard]] Index end() const noexcept { return end_; }
  [[nodiscard]] Phase phase(Index step) const noexcept {
    return step < washout_ ? Phase::washout : step < train_end_ ? Phase::train : Phase::test;
  }
  /// On training steps 0, every, 2 every, ..., counted from the first training step.
  [[nodiscard]] bool learns(Index step) const noexcept {
    return phase(step) == Phase::train && (step - washout_) % learn_every_ == 0;
  }
  /// The first step of the last part of training.
  [[nodiscard]] Index begin_of_last(Real part) const noexcept {
    return train_end_ - static_cast<Index>(std::ceil(part * core::as_real(train_end_ - washout_)));
  }
  [[nodiscard]] Index learn_every() const noexcept { return learn_every_; }
  /// Numbers of steps after which frozen weights are scored (ascending).
  [[nodiscard]] const std::vector<Index>& evaluations() const noexcept { return evaluations_; }
  /// Steps that an evaluation scores.
  [[nodiscard]] Index evaluation_span() const noexcept { return span_; }

 private:
  Index washout_ = 0;
  Index train_end_ = 0;
  Index end_ = 0;
  Index learn_every_ = 1;
  Index span_ = 0;
  std::vector<Index> evaluations_;
};

/// The free run of the test phase, if there is one: in a closed loop. `auto` must have been replaced.
[[nodiscard]] inline std::optional<FreeRunPlan> free_run_of(const Configuration& c) {
  const Schedule schedule(c.protocol, c.reservoir.dt);
  const Index steps = schedule.end() - schedule.train_end();
  if (c.protocol.feedback == "none" || steps < 1) return std::nullopt;
  return FreeRunPlan(c.free_run, c.reservoir.dt, steps);
}

}  // namespace bayres::sim
