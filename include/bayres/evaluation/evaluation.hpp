#pragma once
/// \file
/// Frozen weights under other conditions than they were learned in.

#include <map>
#include <memory>
#include <vector>

#include "bayres/simulation/loop.hpp"
#include "bayres/simulation/parameters.hpp"
#include "bayres/simulation/schedule.hpp"

namespace bayres::sim {

/// State and feedback that a learner's readouts go on from, on this rank.
struct LearnerState {
  core::AlignedVector<Real> state;  ///< x: own
  std::vector<Real> feedback;       ///< y: outputs, or empty
};

/// What has been learned, on this rank.
struct Frozen {
  model::Network network;
  std::vector<core::AlignedVector<Real>> weights;  ///< of each learner: outputs x own; NaN if it diverged
  std::vector<LearnerState> states = {};           ///< of each learner; empty: none to go on from
};

struct EvaluationPlan;

/// How one learner did.
struct ConditionScores {
  std::map<std::string, std::vector<Real>> measures;  ///< each by its name: replicas x outputs
  std::vector<Real> window_nrmse;   ///< replicas x windows: mean over outputs, with the variance of all scored time
  std::vector<Real> recovery_time;  ///< replicas: from the pulse on; NaN if it does not recover; empty without a pulse
  std::vector<Real> output;         ///< replicas x span x outputs, if asked for; NaN from where it diverged

  ConditionScores() = default;
  /// Zeros of the right number.
  ConditionScores(const EvaluationPlan& plan, Index outputs, const Measures& all);
  /// Shows all arrays, in the same order on every rank.
  template <class Visit>
  void for_each_array(Visit visit) {
    for (auto& [name, values] : measures) visit(values);
    for (auto* values : {&window_nrmse, &recovery_time, &output}) visit(*values);
  }
};

/// The conditions in whole steps.
struct EvaluationPlan {
  Index start = 0;                      ///< of the task
  Index washout = 0;                    ///< before scoring
  Index span = 0;                       ///< that are scored
  Index window = 1;                     ///< over which errors are averaged
  Index pulse = -1;                     ///< of scored time; -1: none
  Index replicas = 1;                   ///< advanced together
  bool closed = false;                  ///< outputs are fed back
  bool closed_through_input = false;    ///< in the place of the input
  bool trajectory_per_learner = false;  ///< each learner has a state of its own
  bool trajectories = false;            ///< outputs are kept

  /// From parameters without `auto` (see `resolve_evaluation`).
  EvaluationPlan(const Configuration& configuration, Index inputs);
  [[nodiscard]] Index windows() const noexcept { return (span + window - 1) / window; }
};

/// Where the time is from that is evaluated.
struct EvaluatedTime {
  Index steps_done = -1;         ///< of a checkpoint whose states are gone on from; -1: there are none
  Index available = -1;          ///< steps of the task's file, by its start; -1: the task has no end
  bool other_recording = false;  ///< it is not the file of the run
};

/// Replaces `auto` in section [evaluate]; returns what is wrong with it.
[[nodiscard]] std::vector<std::string> resolve_evaluation(Configuration& configuration, const EvaluatedTime& time);

/// Options that give states which start anew time to forget where they started, and what they do; "" if there is no
/// time.
[[nodiscard]] std::string washout_hint(const Configuration& configuration, const EvaluationPlan& plan);

/// What a task needs to know to reach the end of the evaluation.
[[nodiscard]] tasks::Context evaluation_context(const Configuration& configuration, const EvaluationPlan& plan,
                                                std::shared_ptr<const tasks::Table> table);

/// z* of all scored time (span x outputs). `task` is made for `evaluation_context`. On any rank.
[[nodiscard]] std::vector<Real> evaluated_targets(const Configuration& configuration, const EvaluationPlan& plan,
                                                  const tasks::AnyTask& task, Index inputs);

/// Runs all replicas of a network together, with the weights of all learners, and scores them. One score for each
/// learner. `task` is made for `evaluation_context`. Collective.
[[nodiscard]] std::vector<ConditionScores> evaluate(const Configuration& configuration, const comm::Communicator& comm,
                                                    const tasks::AnyTask& task, Frozen frozen);

}  // namespace bayres::sim
