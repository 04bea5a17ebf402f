#pragma once
/// \file
/// A task at another speed.

#include <cmath>
#include <utility>

#include "bayres/tasks/choice.hpp"

namespace bayres::sim {

using core::Index;
using core::Real;

/// Samples a task at start, start + speed, start + 2 speed, ... steps, with linear interpolation between its own steps.
class PacedTask {
 public:
  PacedTask(tasks::AnyTask task, bool driven_by_target, Index inputs, Index outputs, Index start, Real speed)
      : task_(std::move(task)), driven_by_target_(driven_by_target), start_(start), speed_(speed) {
    for (Sample* sample : {&left_, &right_}) {
      sample->input.resize(static_cast<std::size_t>(inputs));
      sample->target.resize(static_cast<std::size_t>(outputs));
    }
  }

  /// u and z* of step number `step` from the start, and its mark; steps must ascend. Between steps of different
  /// segments the earlier one is used.
  tasks::Mark sample(Index step, std::span<Real> input, std::span<Real> target) {
    const Real position = static_cast<Real>(start_) + speed_ * static_cast<Real>(step);
    const auto whole = static_cast<Index>(std::floor(position));
    const Real part = position - std::floor(position);
    const bool begins = left_.step < 0 ? task_->mark(whole).begins : begins_within(left_.step + 1, whole);
    if (right_.step == whole) std::swap(left_, right_);
    load(left_, whole);
    if (part > 0) load(right_, whole + 1);
    const Real share = right_.mark.begins ? 0 : part;
    blend(left_.input, right_.input, share, input);
    blend(left_.target, right_.target, share, target);
    const auto next = static_cast<Index>(std::floor(position + speed_));
    auto mark = left_.mark;
    mark.ends = (next > whole && mark.ends) || begins_within(whole + 1, next);
    mark.begins = begins;
    if (core::lacks_any(target)) mark.weight = 0;
    return mark;
  }

 private:
  struct Sample {
    Index step = -1;
    std::vector<Real> input;
    std::vector<Real> target;
    tasks::Mark mark;
  };

  void load(Sample& sample, Index step) {
    if (sample.step == step) return;
    sample.mark = tasks::sample(task_, driven_by_target_, step, sample.input, sample.target);
    sample.step = step;
  }

  /// Whether a segment begins in the task's steps from `first` to `last`.
  [[nodiscard]] bool begins_within(Index first, Index last) const {
    bool begins = false;
    for (Index step = first; step <= last && !begins; ++step) begins = task_->mark(step).begins;
    return begins;
  }

  static void blend(const std::vector<Real>& left, const std::vector<Real>& right, Real part, std::span<Real> values) {
    for (std::size_t i = 0; i < values.size(); ++i) {
      values[i] = part > 0 ? (1 - part) * left[i] + part * right[i] : left[i];
    }
  }

  tasks::AnyTask task_;
  bool driven_by_target_;
  Index start_;
  Real speed_;
  Sample left_;
  Sample right_;
};

}  // namespace bayres::sim
