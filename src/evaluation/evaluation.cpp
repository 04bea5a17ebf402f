#include "bayres/evaluation/evaluation.hpp"

#include <algorithm>
#include <limits>
#include <memory>

#include "bayres/evaluation/ensemble.hpp"
#include "bayres/measures/free_run_scores.hpp"
#include "bayres/simulation/simulation.hpp"
#include "paced_task.hpp"

namespace bayres::sim {

namespace {

/// A running evaluation.
class Evaluation {
 public:
  /// Of some replicas of the whole evaluation.
  Evaluation(const Configuration& configuration, const EvaluationPlan& whole, core::Range replicas,
             const comm::Communicator& comm, const tasks::AnyTask& task, Frozen&& frozen);
  std::vector<ConditionScores> run();

 private:
  void place(const Frozen& frozen);
  void begin(Index trajectory);
  void begin_feedback(Index trajectory);
  void begin_segments();
  void perturb();
  void sample(Index step);
  void send_spikes(Index step);
  void detect_divergence();
  void score(Index step);
  void score_free_runs();
  void keep(Index step);
  [[nodiscard]] ConditionScores scores_of(Index learner) const;
  [[nodiscard]] Real recovery_time(std::span<const Real> windows, std::span<const Real> scored) const;
  /// The start of a replica, as a number.
  [[nodiscard]] Index start_of(Index replica) const noexcept { return plan_.apart > 0 ? replica : 0; }
  [[nodiscard]] Index heard_inputs() const noexcept { return setting_->network.inputs > 0 ? inputs_ : 0; }
  [[nodiscard]] Index replica_of(Index listener) const noexcept { return listener / learners_; }
  [[nodiscard]] Index listeners_of_start() const noexcept { return loop_.shape().listeners() / plan_.starts(); }
  [[nodiscard]] std::span<const Real> target_of(Index replica) const noexcept {
    return core::row_of(target_, start_of(replica), outputs_);
  }
  /// The sums of the weights of steps in each window.
  [[nodiscard]] std::span<const Real> scored_of(Index replica) const noexcept {
    return core::row_of(scored_, start_of(replica), plan_.windows());
  }

  const EvaluateParameters conditions_;
  EvaluationPlan plan_;
  Real dt_;
  Index learners_;
  Index outputs_;
  Index inputs_;  // of the task, whether or not they reach the network
  std::unique_ptr<Setting> setting_;
  std::vector<PacedTask> tasks_;                // starts
  std::vector<Real> divergence_limits_;         // starts: of |z|
  std::vector<tasks::Conversion> conversions_;  // of outputs to the inputs whose place they take
  Loop loop_;
  std::vector<Real> plain_input_;   // starts x inputs
  std::vector<Real> input_;         // replicas x inputs, or nothing where outputs take their place
  std::vector<Real> target_;        // starts x outputs
  std::vector<tasks::Mark> marks_;  // starts
  std::vector<Real> not_a_number_;  // outputs
  std::vector<char> diverged_;      // listeners
  const Measures measures_;
  std::vector<Scores> scores_;  // listeners
  rules::SpikingOutputs spiking_;
  std::vector<Real> squared_errors_;  // listeners x windows x outputs
  std::vector<Real> scored_;          // starts x windows: sum of the weights of steps
  std::vector<FreeRuns> free_runs_;   // starts: of their listeners
  std::vector<Real> outputs_kept_;    // listeners x span x outputs, or empty
};

/// Feeds outputs back through the weights of the input that they replace. `weights`: of a network or of a learner.
template <class Weights>
void close_through_input(Weights& weights, const std::vector<tasks::Conversion>& conversions) {
  weights.feedback = std::move(weights.input);
  weights.input.clear();
  for (std::size_t m = 0; m < conversions.size(); ++m) {
    for (std::size_t i = 0; i < weights.bias.size(); ++i) {
      auto& weight = weights.feedback[i * conversions.size() + m];
      weights.bias[i] += weight * conversions[m].offset;
      weight *= conversions[m].factor;
    }
  }
}

/// The network under the evaluation's conditions.
std::unique_ptr<Setting> evaluated_setting(const Configuration& c, const EvaluationPlan& plan,
                                           const comm::Communicator& comm, model::Network network,
                                           const tasks::AnyTask& task) {
  network.parameters.noise = c.evaluate.noise;
  auto conversions = plan.closed_through_input ? task->output_to_input() : std::vector<tasks::Conversion>();
  if (plan.closed_through_input) {
    // Groups hear what has been converted: a weight of theirs may be for several channels.
    const auto by_weights = c.groups().any() ? std::vector<tasks::Conversion>() : conversions;
    close_through_input(network, by_weights);
    for (auto& other : network.others) close_through_input(other, by_weights);
    network.inputs = 0;
  }
  conversions.resize(core::as_size(plan.closed_through_input ? output_count(task) : 0));
  // Not the streams of any run, whose replicas are below 2^32.
  const Index replica = c.evaluate.initial_states == 0 ? c.run.replica : c.evaluate.seed << 32;
  const Index first = plan.apart > 0 ? 0 : plan.first;  // starts are in one stream
  auto setting =
      sim::setting_of(c, comm, std::move(network), {input_count(task, c.task), output_count(task)}, replica + first);
  setting->apart = plan.apart;
  setting->together = 1;
  setting->features = c.features(input_count(task, c.task));
  setting->input_from_output = std::move(conversions);
  return setting;
}

/// What drives each learner's neurons under the evaluation's conditions.
std::vector<model::Plastic> evaluated_weights(const EvaluationPlan& plan, std::vector<model::Plastic> all,
                                              const tasks::AnyTask& task) {
  for (auto& one : all) {
    if (plan.closed_through_input) close_through_input(one, task->output_to_input());
  }
  return all;
}

/// The task from each of the starts. Each is copied where the one before it has come to, since to begin anew would take
/// longer.
std::vector<PacedTask> paced_tasks(const Configuration& c, const EvaluationPlan& plan, tasks::AnyTask task,
                                   Index inputs) {
  const Index outputs = output_count(task);
  const bool driven = driven_by_target(task, c.task);
  std::vector<Real> input(core::as_size(inputs));
  std::vector<Real> target(core::as_size(outputs));
  std::vector<PacedTask> all;
  for (Index k = 0; k < plan.starts(); ++k) {
    tasks::sample(task, driven, plan.start_of(k), input, target);
    all.emplace_back(task, driven, inputs, outputs, plan.start_of(k), c.evaluate.speed);
  }
  return all;
}

/// Calls `visit(z*)` for these steps, counted from the start.
template <class Visit>
void for_each_target(PacedTask task, Index inputs, Index outputs, core::Range steps, Visit visit) {
  std::vector<Real> input(core::as_size(inputs));
  std::vector<Real> target(core::as_size(outputs));
  for (Index step = steps.first; step < steps.last; ++step) {
    task.sample(step, input, target);
    visit(std::span<const Real>(target));
  }
}

/// The limit of |z| from each start: relative to the size of the target over all steps from it; no limit if every z* is
/// missing.
std::vector<Real> divergence_limits(const Configuration& c, const EvaluationPlan& plan,
                                    const std::vector<PacedTask>& from_starts, Index inputs, Index outputs) {
  std::vector<Real> limits;
  for (const auto& task : from_starts) {
    TargetStatistics statistics(core::as_size(outputs));
    for_each_target(task, inputs, outputs, {0, plan.washout + plan.span},
                    [&](std::span<const Real> target) { statistics.add(target); });
    Index known = 0;
    for (std::size_t m = 0; m < statistics.outputs(); ++m) known += statistics.count(m);
    limits.push_back(known == 0 ? std::numeric_limits<Real>::max() : c.protocol.divergence_limit * statistics.size());
  }
  return limits;
}

/// Mean and sd of each target over washout and training of the run; in a file not beyond what is evaluated, which may
/// be another one.
std::vector<TargetScale> training_scales(const Configuration& c, const EvaluationPlan& plan, tasks::AnyTask task,
                                         Index inputs) {
  Index steps = Schedule(c.protocol, c.reservoir.dt).train_end();
  if (c.task_parameters->recording() != nullptr) steps = std::min(steps, evaluation_context(c, plan, nullptr).steps);
  TargetStatistics statistics(core::as_size(output_count(task)));
  std::vector<Real> input(core::as_size(inputs));
  std::vector<Real> target(statistics.outputs());
  for (Index step = 0; step < steps; ++step) {
    tasks::sample(task, driven_by_target(task, c.task), step, input, target);
    statistics.add(target);
  }
  return scales_of(statistics);
}

/// What is fed back before scoring begins.
Feedback first_feedback(const Configuration& c, const EvaluationPlan& plan) {
  return plan.closed || c.protocol.feedback != "none" ? Feedback::teacher : Feedback::none;
}

Shape evaluated_shape(const EvaluationPlan& plan, Index learners) {
  return plan.trajectory_per_learner ? Shape::apart(learners, plan.replicas) : Shape::shared(learners, plan.replicas);
}

Evaluation::Evaluation(const Configuration& c, const EvaluationPlan& whole, core::Range replicas,
                       const comm::Communicator& comm, const tasks::AnyTask& task, Frozen&& frozen)
    : conditions_(c.evaluate),
      plan_(whole.of(replicas)),
      dt_(c.reservoir.dt),
      learners_(static_cast<Index>(frozen.weights.size())),
      outputs_(output_count(task)),
      inputs_(input_count(task, c.task)),
      setting_(evaluated_setting(c, plan_, comm, std::move(frozen.network), task)),
      tasks_(paced_tasks(c, plan_, task, inputs_)),
      divergence_limits_(divergence_limits(c, plan_, tasks_, inputs_, outputs_)),
      conversions_(plan_.closed_through_input ? task->output_to_input() : std::vector<tasks::Conversion>()),
      loop_(*setting_, first_feedback(c, plan_), evaluated_shape(plan_, learners_),
            evaluated_weights(plan_, std::move(frozen.plastic), task)),
      plain_input_(static_cast<std::size_t>(plan_.starts() * inputs_)),
      input_(static_cast<std::size_t>(plan_.replicas * heard_inputs())),
      target_(static_cast<std::size_t>(plan_.starts() * outputs_)),
      marks_(tasks_.size()),
      not_a_number_(static_cast<std::size_t>(outputs_), core::automatic),
      diverged_(static_cast<std::size_t>(loop_.shape().listeners())),
      measures_(c.measures),
      scores_(static_cast<std::size_t>(loop_.shape().listeners()), Scores(measures_, not_a_number_.size())),
      squared_errors_(static_cast<std::size_t>(loop_.shape().listeners() * plan_.windows() * outputs_)),
      scored_(static_cast<std::size_t>(plan_.starts() * plan_.windows())) {
  std::vector<std::optional<model::EscapeParameters>> kinds;
  for (const auto& learner : c.learners) kinds.push_back(learner.spikes);
  spiking_ = {kinds, dt_};
  if (frozen.outputs.any() && conditions_.initial_states == 0) spiking_ = std::move(frozen.outputs);
  spiking_.repeat(plan_.replicas - 1);
  const auto scales = training_scales(c, whole, task, inputs_);
  for (Index k = 0; k < plan_.starts(); ++k) free_runs_.emplace_back(plan_.free_run, scales, listeners_of_start());
  if (plan_.trajectories)
    outputs_kept_.resize(static_cast<std::size_t>(loop_.shape().listeners() * plan_.span * outputs_));
  place(frozen);
  use_fastest_products(*setting_, loop_.shape().trajectories());
}

/// Weights, initial states and feedback of every listener and trajectory.
void Evaluation::place(const Frozen& frozen) {
  for (Index listener = 0; listener < loop_.shape().listeners(); ++listener) {
    const auto learner = static_cast<std::size_t>(listener % learners_);
    std::ranges::copy(frozen.weights[learner], loop_.weights(listener).begin());
    const Index trajectory = loop_.shape().trajectory_of(listener);
    const bool is_first = plan_.trajectory_per_learner || learner == 0;  // of the trajectory
    if (is_first && !frozen.intrinsic.empty()) {
      std::ranges::copy(frozen.intrinsic, loop_.reservoir().state(trajectory).last(frozen.intrinsic.size()).begin());
      loop_.reservoir().begin(trajectory, setting_->network.initial);
    }
    if (conditions_.initial_states > 0) {
      begin(trajectory);
    } else if (!frozen.states.empty() && is_first) {
      std::ranges::copy(frozen.states[learner].state, loop_.reservoir().state(trajectory).begin());
      loop_.reservoir().spike_trains().set_pending(trajectory, frozen.states[learner].pending);
      std::ranges::copy(frozen.states[learner].feedback, loop_.fed_back(trajectory).begin());
    }
  }
  loop_.refresh_rates();
}

/// What is fed back before the first step of a segment: where outputs take the place of the input, that which gives the
/// task's input.
void Evaluation::begin_feedback(Index trajectory) {
  const auto y = loop_.fed_back(trajectory);
  std::ranges::fill(y, Real{0});
  if (!plan_.closed_through_input) return;
  std::ranges::copy(core::row_of(plain_input_, start_of(loop_.shape().replica_of(trajectory)), inputs_), y.begin());
  for (std::size_t m = 0; m < conversions_.size(); ++m) y[m] = (y[m] - conversions_[m].offset) / conversions_[m].factor;
}

/// The state of a trajectory becomes x(0), which may be drawn for each replica.
void Evaluation::begin(Index trajectory) {
  const Index replica = loop_.shape().replica_of(trajectory);
  const bool is_drawn = conditions_.initial_states > 0;
  const auto& network = setting_->network;
  const auto drawn =
      is_drawn ? model::draw_initial(network.parameters, setting_->random_of(replica), network.own) : network.initial;
  loop_.reservoir().begin(trajectory, drawn);
}

/// Where a segment begins.
void Evaluation::begin_segments() {
  if (std::ranges::none_of(marks_, &tasks::Mark::begins_anew)) return;
  for (Index trajectory = 0; trajectory < loop_.shape().trajectories(); ++trajectory) {
    if (!marks_[core::as_size(start_of(loop_.shape().replica_of(trajectory)))].begins_anew()) continue;
    begin(trajectory);
    begin_feedback(trajectory);
  }
  loop_.refresh_rates();
}

std::vector<ConditionScores> Evaluation::run() {
  Stopwatch ignored;
  for (Index step = 0; step < plan_.washout + plan_.span; ++step) {
    if (plan_.closed && step == plan_.washout) loop_.feed_back(Feedback::output);
    if (plan_.pulse >= 0 && step == plan_.washout + plan_.pulse) perturb();
    sample(step);
    for (Index t = 0; step == 0 && plan_.closed_through_input && t < loop_.shape().trajectories(); ++t) {
      begin_feedback(t);
    }
    begin_segments();
    loop_.advance(plan_.start + step, input_, ignored);
    loop_.sum_readouts();
    loop_.exchange(0);
    loop_.compare(target_);
    send_spikes(step);
    detect_divergence();
    if (step < plan_.washout) continue;
    score(step - plan_.washout);
    score_free_runs();
    keep(step - plan_.washout);
  }
  std::vector<ConditionScores> all;
  for (Index learner = 0; learner < learners_; ++learner) all.push_back(scores_of(learner));
  return all;
}

/// The target from each start, and for each replica the input with its own noise.
void Evaluation::sample(Index step) {
  for (std::size_t k = 0; k < tasks_.size(); ++k) {
    const auto number = static_cast<Index>(k);
    marks_[k] =
        tasks_[k].sample(step, core::row_of(plain_input_, number, inputs_), core::row_of(target_, number, outputs_));
  }
  const auto inputs = static_cast<std::size_t>(heard_inputs());
  for (Index replica = 0; replica < plan_.replicas && inputs > 0; ++replica) {
    const auto random = setting_->random_of(replica);
    const auto u = core::row_of(input_, replica, heard_inputs());
    const auto plain = core::row_of(plain_input_, start_of(replica), inputs_);
    for (std::size_t c = 0; c < inputs; ++c) {
      u[c] = conditions_.input_scale * plain[c];
      if (conditions_.input_noise == 0) continue;
      u[c] += conditions_.input_noise *
              random.normal(core::Stream::input_noise, plan_.start_of(replica) + step, static_cast<Index>(c));
    }
  }
}

/// The pulse: the same for all learners of a replica.
void Evaluation::perturb() {
  const auto own = setting_->network.own;
  for (Index trajectory = 0; trajectory < loop_.shape().trajectories(); ++trajectory) {
    for (Index k = 0; k < setting_->own_groups(); ++k) {
      const auto random = setting_->random_of(loop_.shape().replica_of(trajectory), setting_->seat.groups.first + k);
      const auto x = loop_.reservoir().state(trajectory, k).first(core::as_size(own.size()));
      for (std::size_t i = 0; i < x.size(); ++i) {
        const Index neuron = own.first + static_cast<Index>(i);
        x[i] += conditions_.pulse_size * random.normal(core::Stream::perturbation, 0, neuron);
      }
    }
  }
  loop_.refresh_rates();
}

/// Of outputs that do so.
void Evaluation::send_spikes(Index step) {
  for (Index listener = 0; listener < loop_.shape().listeners() && spiking_.any(); ++listener) {
    const Index replica = replica_of(listener);
    if (marks_[core::as_size(start_of(replica))].begins_anew()) spiking_.begin(listener);
    if (!spiking_.sends(listener)) continue;
    const Index now = plan_.start + step + replica * plan_.apart;
    const Real uniform = setting_->random_of(replica).uniform(core::Stream::output_spike, now, 0);
    loop_.delta(listener)[0] = spiking_.step(listener, loop_.output(listener)[0], target_of(replica)[0], uniform);
  }
}

void Evaluation::detect_divergence() {
  for (Index listener = 0; listener < loop_.shape().listeners(); ++listener) {
    auto& diverged = diverged_[static_cast<std::size_t>(listener)];
    const Real limit = divergence_limits_[core::as_size(start_of(replica_of(listener)))];
    if (diverged != 0 || !has_diverged(loop_.output(listener), limit, 1)) continue;
    diverged = 1;
    if (plan_.trajectory_per_learner) loop_.silence(listener);
  }
}

void Evaluation::score(Index step) {
  const Index window = step / plan_.window;
  for (std::size_t k = 0; k < marks_.size(); ++k) {
    core::row_of(scored_, static_cast<Index>(k), plan_.windows())[core::as_size(window)] += marks_[k].weight;
  }
  for (Index listener = 0; listener < loop_.shape().listeners(); ++listener) {
    const Index replica = replica_of(listener);
    const auto& mark = marks_[core::as_size(start_of(replica))];
    const bool diverged = diverged_[static_cast<std::size_t>(listener)] != 0;
    const std::span<const Real> delta = diverged ? not_a_number_ : loop_.delta(listener);
    score_step(scores_[static_cast<std::size_t>(listener)], mark,
               {target_of(replica), delta, spiking_.spikes(listener, !diverged)});
    if (mark.weight == 0) continue;
    const auto errors = core::row_of(squared_errors_, listener * plan_.windows() + window, outputs_);
    for (std::size_t m = 0; m < errors.size(); ++m) errors[m] += mark.weight * (delta[m] * delta[m]);
  }
}

void Evaluation::score_free_runs() {
  for (Index k = 0; k < plan_.starts(); ++k) {
    const bool counts = marks_[core::as_size(k)].weight > 0;
    const auto target = counts ? core::row_of(std::as_const(target_), k, outputs_) : not_a_number_;
    free_runs_[core::as_size(k)].add(target, [&](Index run) {
      const Index listener = k * listeners_of_start() + run;
      return diverged_[core::as_size(listener)] != 0 ? std::span<const Real>(not_a_number_) : loop_.output(listener);
    });
  }
}

void Evaluation::keep(Index step) {
  if (outputs_kept_.empty()) return;
  for (Index listener = 0; listener < loop_.shape().listeners(); ++listener) {
    const auto kept = core::row_of(outputs_kept_, listener * plan_.span + step, outputs_);
    std::ranges::copy(loop_.output(listener), kept.begin());
    if (diverged_[static_cast<std::size_t>(listener)] != 0) std::ranges::fill(kept, core::automatic);
  }
}

ConditionScores Evaluation::scores_of(Index learner) const {
  ConditionScores all;
  all.output.reserve(core::as_size(outputs_kept_.empty() ? 0 : plan_.replicas * plan_.span * outputs_));
  for (Index replica = 0; replica < plan_.replicas; ++replica) {
    const Index listener = replica * learners_ + learner;
    const auto& scores = scores_[static_cast<std::size_t>(listener)];
    if (!outputs_kept_.empty()) {
      const auto kept = core::row_of(outputs_kept_, listener, plan_.span * outputs_);
      all.output.insert(all.output.end(), kept.begin(), kept.end());
    }
    for (const auto& measure : measures_) {
      std::ranges::copy(values_of(scores, *measure), std::back_inserter(all.measures[std::string(measure->info.name)]));
    }
    const Index start = start_of(replica);
    for (const auto& score : free_run_scores(plan_.free_run)) {
      const auto values = score.values(free_runs_[core::as_size(start)], listener - start * listeners_of_start());
      std::ranges::copy(values, std::back_inserter(all.free_run[std::string(score.info.name)]));
    }
    for (Index w = 0; w < plan_.windows(); ++w) {
      const auto errors = core::row_of(squared_errors_, listener * plan_.windows() + w, outputs_);
      const Real steps = scored_of(replica)[core::as_size(w)];
      Real sum = 0;
      for (std::size_t m = 0; m < scores.size(); ++m) sum += errors[m] / (steps * scores[m].target_variance());
      all.window_nrmse.push_back(std::sqrt(sum / static_cast<Real>(scores.size())));
    }
    if (plan_.pulse >= 0)
      all.recovery_time.push_back(
          recovery_time(core::row_of(all.window_nrmse, replica, plan_.windows()), scored_of(replica)));
  }
  return all;
}

/// Time from the pulse to the start of the first window from which on all errors are at or below the threshold; NaN if
/// there is none. Windows in which nothing is scored are passed over.
Real Evaluation::recovery_time(std::span<const Real> windows, std::span<const Real> scored) const {
  const Index first = plan_.pulse / plan_.window;
  Index recovered = plan_.windows();
  const auto is_scored = [&](Index w) { return scored[static_cast<std::size_t>(w)] > 0; };
  const auto is_low = [&](Index w) { return windows[static_cast<std::size_t>(w)] <= conditions_.recovery_threshold; };
  while (recovered > first && (!is_scored(recovered - 1) || is_low(recovered - 1))) --recovered;
  while (recovered < plan_.windows() && !is_scored(recovered)) ++recovered;
  if (recovered == plan_.windows()) return core::automatic;
  return static_cast<Real>(std::max<Index>(0, recovered * plan_.window - plan_.pulse)) * dt_;
}

/// Puts the scores of some replicas at their places in those of all, which are so many.
void place(ConditionScores& some, core::Range replicas, ConditionScores& all, Index count) {
  std::vector<std::span<const Real>> parts;
  some.for_each_array([&](const std::vector<Real>& values) { parts.emplace_back(values); });
  auto part = parts.begin();
  all.for_each_array([&](std::vector<Real>& values) {
    std::ranges::copy(*part++, values.begin() + replicas.first * (std::ssize(values) / count));
  });
}

}  // namespace

std::vector<Real> evaluated_targets(const Configuration& c, const EvaluationPlan& plan, const tasks::AnyTask& task,
                                    Index inputs) {
  std::vector<Real> targets;
  targets.reserve(core::as_size(plan.starts() * plan.span * output_count(task)));
  for (const auto& from_start : paced_tasks(c, plan, task, inputs)) {
    for_each_target(from_start, inputs, output_count(task), {plan.washout, plan.washout + plan.span},
                    [&](std::span<const Real> target) { targets.insert(targets.end(), target.begin(), target.end()); });
  }
  return targets;
}

std::vector<ConditionScores> evaluate(const Configuration& configuration, const comm::Communicator& comm,
                                      const tasks::AnyTask& task, Frozen frozen) {
  const EvaluationPlan plan(configuration, input_count(task, configuration.task));
  return Evaluation(configuration, plan, {0, plan.replicas}, comm, task, std::move(frozen)).run();
}

std::vector<ConditionScores> evaluate_in_parts(const Configuration& c, const comm::Communicator& comm,
                                               const tasks::AnyTask& task, int parts,
                                               const std::function<Frozen(const comm::Communicator&)>& frozen_on) {
  const int part = group_of(comm, parts);
  const auto group = comm.split(part);
  const EvaluationPlan plan(c, input_count(task, c.task));
  const core::Range replicas{plan.replicas * part / parts, plan.replicas * (part + 1) / parts};
  auto of_part = Evaluation(c, plan, replicas, group, task, frozen_on(group)).run();
  std::vector<ConditionScores> all;
  for (auto& scores : of_part) {
    all.emplace_back(plan, output_count(task), c.measures);
    if (group.is_root()) place(scores, replicas, all.back(), plan.replicas);
    scores = {};
  }
  return all;
}

}  // namespace bayres::sim
