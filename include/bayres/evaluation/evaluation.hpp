#pragma once
/// \file
/// Frozen weights under conditions other than those of training.

#include <functional>
#include <map>
#include <memory>
#include <vector>

#include "bayres/loop/loop.hpp"
#include "bayres/parameters/parameters.hpp"
#include "bayres/parameters/schedule.hpp"
#include "bayres/readout/spiking_outputs.hpp"

namespace bayres::sim {

/// State and feedback from which a learner's evaluation starts, on this rank.
struct LearnerState {
  core::AlignedVector<Real> state;            ///< x: variables x own
  std::vector<Real> feedback;                 ///< y: outputs, or empty
  std::vector<core::SpikeWord> pending = {};  ///< spikes on their way (SpikeTrains), or empty
};

/// A network and its learned weights, on this rank.
struct Frozen {
  model::Network network;
  std::vector<core::AlignedVector<Real>> weights;  ///< of each learner: outputs x own; NaN if it diverged
  std::vector<LearnerState> states = {};           ///< of each learner; empty: start from x(0)
  std::vector<model::Plastic> plastic = {};        ///< of each learner, if one has learned J; empty: of the network
  rules::SpikingOutputs outputs = {};              ///< of each learner, where they were; none: start anew
  core::AlignedVector<Real> intrinsic = {};        ///< gains and biases of neurons, if they adapt: 2 x own
};

struct EvaluationPlan;

/// Scores of one learner.
struct ConditionScores {
  std::map<std::string, std::vector<Real>> measures;  ///< each by its name: replicas x outputs
  std::map<std::string, std::vector<Real>> free_run;  ///< each by its name: replicas, or replicas x periods
  std::vector<Real> window_nrmse;   ///< replicas x windows: rms over outputs, relative to the sd of z* over scored time
  std::vector<Real> recovery_time;  ///< replicas: time from the pulse; NaN without recovery; empty without a pulse
  std::vector<Real> output;         ///< replicas x span x outputs, or empty; NaN from the step at which it diverged

  ConditionScores() = default;
  /// Arrays of the right sizes with -0.0, which changes no number that it is added to.
  ConditionScores(const EvaluationPlan& plan, Index outputs, const Measures& all);
  /// Visits all arrays, in the same order on every rank.
  template <class Visit>
  void for_each_array(Visit visit) {
    for (auto& [name, values] : measures) visit(values);
    for (auto& [name, values] : free_run) visit(values);
    for (auto* values : {&window_nrmse, &recovery_time, &output}) visit(*values);
  }
};

/// The conditions in whole steps.
struct EvaluationPlan {
  Index start = 0;                    ///< of the task; the first, if there are several
  Index apart = 0;                    ///< steps of the task from one start to the next; 0: all replicas start together
  Index washout = 0;                  ///< before scoring
  Index span = 0;                     ///< of scored time
  Index window = 1;                   ///< over which errors are averaged
  Index pulse = -1;                   ///< of scored time; -1: none
  Index replicas = 1;                 ///< advanced together
  Index first = 0;                    ///< number of the first of them, among all of the evaluation
  bool has_starts = false;            ///< replicas are starts, even if it is one
  bool closed = false;                ///< outputs are fed back
  bool closed_through_input = false;  ///< outputs replace the input
  bool trajectory_per_learner = false;  ///< each learner has a state of its own
  bool trajectories = false;            ///< outputs are kept
  const char* time_unit = "";           ///< of all times
  FreeRunPlan free_run;                 ///< scored as one, whether or not outputs are fed back

  /// From parameters without `auto` (see `resolve_evaluation`).
  EvaluationPlan(const Configuration& configuration, Index inputs);
  [[nodiscard]] Index windows() const noexcept { return (span + window - 1) / window; }
  /// Different starts: 1 if all replicas start together.
  [[nodiscard]] Index starts() const noexcept { return apart > 0 ? replicas : 1; }
  /// The step of the task at which a replica starts, with its washout.
  [[nodiscard]] Index start_of(Index replica) const noexcept { return start + replica * apart; }
  /// The evaluation of some of its replicas.
  [[nodiscard]] EvaluationPlan of(core::Range some) const;
};

/// The origin of the evaluated time.
struct EvaluatedTime {
  Index steps_done = -1;         ///< of the checkpoint from whose states it continues; -1: none
  Index available = -1;          ///< steps of the task's file from its start; -1: the task has no end
  bool other_recording = false;  ///< whether it is not the file of the run
};

/// Replaces `auto` in section [evaluate]; returns its problems.
[[nodiscard]] std::vector<std::string> resolve_evaluation(Configuration& configuration, const EvaluatedTime& time);

/// Options of a washout for states that start anew, with their effect; "" if the evaluation is too short for one.
[[nodiscard]] std::string washout_hint(const Configuration& configuration, const EvaluationPlan& plan);

/// Into how many parts so many ranks divide the replicas of a run's result (evaluate.divide); 1: they divide the
/// neurons. Each part has as many replicas and ranks as the others, or one more.
[[nodiscard]] int evaluation_parts(const Workload& run, int ranks);

/// Memory of an evaluation of a run on a rank: states and weights of every replica of the largest of `parts`, and the
/// outputs of all `networks` that are evaluated, where they are kept.
[[nodiscard]] Real evaluation_bytes(const Workload& run, const Share& share, Index networks, int parts);

/// The context of a task that lasts until the end of the evaluation.
[[nodiscard]] tasks::Context evaluation_context(const Configuration& configuration, const EvaluationPlan& plan,
                                                std::shared_ptr<const tasks::Table> table);

/// z* of all scored time (starts x span x outputs). `task` is made for `evaluation_context`. On any rank.
[[nodiscard]] std::vector<Real> evaluated_targets(const Configuration& configuration, const EvaluationPlan& plan,
                                                  const tasks::AnyTask& task, Index inputs);

/// Runs all replicas of a network together, with the weights of all learners, and scores them. One score for each
/// learner. `task` is made for `evaluation_context`. Collective.
[[nodiscard]] std::vector<ConditionScores> evaluate(const Configuration& configuration, const comm::Communicator& comm,
                                                    const tasks::AnyTask& task, Frozen frozen);

/// The same where groups of ranks have a part of the replicas each. `frozen_on` gives the network on the ranks of one
/// group, and is collective on them. Each score is given by one rank, and is -0.0 on the others. Collective.
[[nodiscard]] std::vector<ConditionScores> evaluate_in_parts(
    const Configuration& configuration, const comm::Communicator& comm, const tasks::AnyTask& task, int parts,
    const std::function<Frozen(const comm::Communicator&)>& frozen_on);

}  // namespace bayres::sim
