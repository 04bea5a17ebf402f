#pragma once
/// \file
/// What tasks of trials have in common.

#include <initializer_list>
#include <utility>

#include "bayres/core/partition.hpp"
#include "bayres/tasks/task.hpp"

namespace bayres::tasks {

/// The parts of a trial, one after the other, in whole steps.
class Parts {
 public:
  explicit Parts(Real dt) noexcept : dt_(dt) {}
  /// The steps of the next part, after a pause, counted from the beginning of the trial.
  [[nodiscard]] core::Range next(Real duration, Real pause = 0) noexcept {
    const Index first = end_ + steps_of(pause, dt_);
    end_ = first + steps_of(duration, dt_);
    return {first, end_};
  }
  /// Steps of all parts so far.
  [[nodiscard]] Index steps() const noexcept { return end_; }

 private:
  Real dt_;
  Index end_ = 0;
};

/// Trials of equal length, one after the other from step 0 on.
class Trials {
 public:
  /// `scored`: the steps of a trial that count. `resets`: states return to x(0) where one begins.
  Trials(Index steps, core::Range scored, bool resets) noexcept : steps_(steps), scored_(scored), resets_(resets) {}

  [[nodiscard]] Index steps() const noexcept { return steps_; }
  [[nodiscard]] Index number(Index step) const noexcept { return step / steps_; }
  /// The step of its trial.
  [[nodiscard]] Index within(Index step) const noexcept { return step % steps_; }
  [[nodiscard]] Mark mark(Index step, Index kind) const noexcept {
    const Index now = within(step);
    return {.begins = now == 0, .kind = kind, .weight = scored_.contains(now) ? Real{1} : Real{0}, .resets = resets_};
  }

 private:
  Index steps_;
  core::Range scored_;
  bool resets_;
};

/// What is wrong with a trial whose parts of these names must be at least one step long, or "".
[[nodiscard]] std::string part_problem(std::initializer_list<std::pair<std::string_view, Real>> parts, Real dt);

/// The key task.reset.
template <class Parameters>
[[nodiscard]] constexpr core::Parameter<Parameters> reset_parameter(bool Parameters::*member) {
  return {"reset", member, "1", "whether states return to x(0) where a trial begins"};
}

}  // namespace bayres::tasks
