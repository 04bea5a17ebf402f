#pragma once
/// \file
/// The simulation: reservoir, readouts and learners, step by step.

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bayres/measures/free_run.hpp"
#include "bayres/measures/target_statistics.hpp"
#include "bayres/neurons/spike_counts.hpp"
#include "bayres/parameters/schedule.hpp"
#include "bayres/readout/spiking_outputs.hpp"
#include "bayres/simulation/block.hpp"
#include "bayres/simulation/learner.hpp"
#include "bayres/simulation/setting.hpp"

namespace bayres::sim {

/// One network and its learners on this rank. Construction and everything that is not const is collective.
class Simulation {
 public:
  /// `configuration` must be complete and checked, `network` this rank's part of it. `comm` must outlive the
  /// simulation.
  Simulation(const Configuration& configuration, const comm::Communicator& comm, tasks::AnyTask task,
             model::Network network);

  /// Memory of a run, apart from its network.
  [[nodiscard]] static core::Bytes bytes(const Workload& run, const Share& part);

  /// One time step. Allocates nothing, except where a phase begins, where frozen weights are scored, and in the
  /// first step that counts less than once.
  void step();

  /// Does the remaining steps and calls the observers after each. Ends early once every learner has diverged or the
  /// ranks have agreed to stop. Does nothing if every learner had diverged before.
  Outcome run(const std::vector<Observer*>& observers);

  /// Sends a request to all ranks; they agree on it in the next step.
  void request(Request request) noexcept { request_ = std::max(request_, request); }
  /// What the ranks agreed on in the last step: the same on every rank.
  [[nodiscard]] Request agreed_request() const noexcept { return agreed_; }
  /// Before the first step: the weights that a learner starts from (outputs x own features). Local.
  void start_from(std::size_t learner, std::span<const Real> weights) {
    std::ranges::copy(weights, loop_.weights(static_cast<Index>(learner)).begin());
  }

  /// Resumes a new simulation after `steps_done` steps: `go_to` prepares it, `visit_state` then restores the state, and
  /// `state_restored` computes the rates from it. Collective.
  /// \{
  void go_to(Index steps_done);
  void visit_state(core::StateVisitor& visit);
  void state_restored(bool begins_anew = false);
  /// \}
  /// What a learner can pass on to another run: its state, weights, and what its rule has found out. Local.
  void visit_learned(std::size_t learner, core::StateVisitor& visit);
  /// J of every learner changes by what its rule has gathered, as before it is recorded or evaluated. Local.
  void apply_J();
  [[nodiscard]] Index steps_done() const noexcept { return step_; }
  [[nodiscard]] Index steps_here() const noexcept { return step_ - first_step_; }  ///< of them, since it was resumed
  /// Simulated time.
  [[nodiscard]] Real time() const noexcept { return static_cast<Real>(step_) * configuration_.reservoir.dt; }
  [[nodiscard]] const Configuration& configuration() const noexcept { return configuration_; }
  [[nodiscard]] const Schedule& schedule() const noexcept { return schedule_; }
  [[nodiscard]] const comm::Communicator& comm() const noexcept { return *setting_->world; }
  /// Among the ranks that learn together.
  [[nodiscard]] const comm::NeuronGather& gather() const noexcept { return gather_; }
  [[nodiscard]] const core::Partition& partition() const noexcept { return setting_->partition; }
  [[nodiscard]] const model::Network& network() const noexcept { return setting_->network; }
  [[nodiscard]] const rules::Features& features() const noexcept { return setting_->features; }
  [[nodiscard]] const Setting& setting() const noexcept { return *setting_; }
  [[nodiscard]] const comm::Pace& pace() const noexcept { return loop_.pace(); }  ///< of the ranks
  /// The network of a simulation that is no longer needed.
  [[nodiscard]] model::Network release_network() && { return std::move(setting_->network); }
  /// What drives the neurons of a learner, where one learns J; and of all, of a simulation that is no longer needed.
  /// \{
  [[nodiscard]] const model::Plastic& plastic(std::size_t learner) const noexcept {
    return loop_.reservoir().plastic(trajectory_of(learner));
  }
  [[nodiscard]] std::vector<model::Plastic> release_plastic() noexcept { return loop_.reservoir().release_plastic(); }
  /// \}
  /// States of the reservoir: one for each learner in a closed loop or if J is learned, otherwise one.
  [[nodiscard]] Index trajectories() const noexcept { return loop_.shape().trajectories(); }
  [[nodiscard]] const std::vector<Learner>& learners() const noexcept { return learners_; }
  /// Of the test in a closed loop, one for each learner; else nullptr, as where an earlier version began the test.
  [[nodiscard]] const FreeRuns* free_runs() const noexcept { return free_runs_ ? &*free_runs_ : nullptr; }
  [[nodiscard]] const model::SpikeCounts& spike_counts() const noexcept { return spike_counts_; }
  [[nodiscard]] const Stopwatch& stopwatch() const noexcept { return watch_; }
  [[nodiscard]] Stopwatch& stopwatch() noexcept { return watch_; }

  /// \name Of the last step
  /// \{
  [[nodiscard]] Phase phase() const noexcept { return schedule_.phase(step_ - 1); }
  [[nodiscard]] std::span<const Real> input() const noexcept { return input_; }    ///< u (inputs)
  [[nodiscard]] std::span<const Real> target() const noexcept { return target_; }  ///< z* (outputs); NaN: missing
  [[nodiscard]] Real weight() const noexcept { return mark_.weight; }  ///< of the step; 0: neither learned nor scored
  [[nodiscard]] Index segment() const noexcept { return segment_; }    ///< number of the segment, from 0
  [[nodiscard]] Index kind() const noexcept { return mark_.kind; }     ///< of the segment
  /// Whether it was the last of a segment whose first step was one of the run.
  [[nodiscard]] bool segment_ended() const noexcept { return mark_.ends && segment_begin_ >= 0; }
  /// The phase in which the segment began.
  [[nodiscard]] Phase phase_of_beginning() const noexcept { return schedule_.phase(segment_begin_); }
  [[nodiscard]] const TargetStatistics& target_statistics() const noexcept { return target_statistics_; }  ///< of all
  /// z before the update of the step (outputs); NaN once the learner has diverged.
  [[nodiscard]] std::span<const Real> output(std::size_t learner) const noexcept;
  [[nodiscard]] const rules::SpikingOutputs& outputs() const noexcept { return outputs_; }  ///< those that send spikes
  /// Weights after the update of the step: outputs x own features, row-major.
  [[nodiscard]] std::span<const Real> weights(std::size_t learner) const noexcept {
    return loop_.weights(static_cast<Index>(learner));
  }
  /// State (variables x own), spikes on their way (SpikeTrains) and feedback y (outputs; empty without feedback) of a
  /// learner's trajectory.
  [[nodiscard]] std::span<const Real> state(std::size_t learner) const noexcept {
    return loop_.reservoir().state(trajectory_of(learner));
  }
  [[nodiscard]] std::vector<core::SpikeWord> pending_spikes(std::size_t learner) const {
    return loop_.reservoir().spike_trains().pending(trajectory_of(learner));
  }
  [[nodiscard]] std::span<const Real> feedback(std::size_t learner) const noexcept {
    return loop_.fed_back(trajectory_of(learner));
  }
  /// Rates of the own neurons (own) of the state that the first learner listens to.
  [[nodiscard]] std::span<const Real> own_rates() const noexcept { return loop_.own_rates(0); }
  /// Who spiked, of all neurons, in the state that the first learner listens to; only if they send spikes.
  [[nodiscard]] core::SpikeMap spikes() const noexcept { return loop_.reservoir().spike_trains().of(0); }
  /// What the readouts of this learner hear (own features).
  [[nodiscard]] std::span<const Real> heard(std::size_t learner) const noexcept {
    return loop_.heard(trajectory_of(learner));
  }
  /// \}

 private:
  [[nodiscard]] Index trajectory_of(std::size_t learner) const noexcept {
    return loop_.shape().trajectory_of(static_cast<Index>(learner));
  }
  void join_learners();
  [[nodiscard]] Index end_of_block() const noexcept;
  void balance();
  void compute_states();
  void take_step();
  void sample();
  void follow_segments(Index step);
  void advance();
  void add_training_noise(Real sd, std::span<Real> signal, Index first) const;
  void begin_free_run();
  void begin_test();
  [[nodiscard]] bool learns() const noexcept { return schedule_.learns(step_) && weight() > 0; }
  void share();
  void measure_rates();
  void add_measured();
  void settle_rules();
  [[nodiscard]] rules::Synapses readout_synapses(const LearnerParameters& learner) const;
  [[nodiscard]] std::vector<rules::Synapses> readouts_of(const LearnerParameters& learner) const;
  void send_spikes();
  void visit_measured(core::StateVisitor& visit);
  [[nodiscard]] bool measures_rates() const noexcept { return setting_->spiking && step_ < schedule_.washout_end(); }
  void score();
  void learn();
  [[nodiscard]] bool is_snapshot() const noexcept;
  void finish_training();
  void evaluate();
  void evaluate_free_run(std::size_t evaluation);
  void score_frozen();
  void detect_divergence();
  [[nodiscard]] bool all_diverged() const noexcept;
  [[nodiscard]] Index learner_count() const noexcept { return static_cast<Index>(learners_.size()); }

  Configuration configuration_;
  std::unique_ptr<Setting> setting_;  // loops point to it
  Schedule schedule_;
  tasks::AnyTask task_;
  bool driven_by_target_;
  Feedback feedback_;
  comm::NeuronGather gather_;
  Loop loop_;
  std::vector<Learner> learners_;
  rules::SpikingOutputs outputs_;
  std::vector<core::AlignedVector<Real>> frozen_;  // evaluation x learner: outputs x own, until the test begins
  std::vector<Real> input_;
  std::vector<Real> target_;
  std::vector<Real> held_;  // y of a step that noise is added to
  tasks::Mark mark_;        // of the last step
  Index segment_ = 0;
  Index segment_begin_ = -1;  // the step; -1: none has begun
  std::vector<Real> not_a_number_;
  TargetStatistics target_statistics_;
  bool settled_ = false;  // defaults of rules that follow from the rates
  model::SpikeCounts spike_counts_;
  std::optional<FreeRuns> free_runs_;
  Stopwatch watch_;
  Index step_ = 0;
  Index first_step_ = 0;  // of this process
  Block block_;
  Request request_ = Request::none;
  Request agreed_ = Request::none;
};

}  // namespace bayres::sim
