#include "bayres/simulation/simulation.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>

#include "bayres/kernels/block_sum.hpp"
#include "bayres/neurons/clamp.hpp"
#include "bayres/neurons/intrinsic.hpp"
#include "bayres/neurons/rate_leak.hpp"

namespace bayres::sim {
namespace {

Feedback feedback_of(const ProtocolParameters& protocol) {
  if (protocol.feedback == "teacher") return Feedback::teacher;
  return protocol.feedback == "output" ? Feedback::output : Feedback::none;
}

/// What drives the neurons of each learner, if one learns J.
std::vector<model::Plastic> initial_weights(const Configuration& c, const Setting& setting) {
  if (!c.learns_J()) return {};
  return {c.learners.size(), setting.network.plastic()};
}

/// Mean number of weights of W_in and, with feedback, W_fb onto a neuron that are not 0. Collective.
Real projected_inputs(const Configuration& c, const Setting& setting) {
  const auto there = [](std::span<const Real> weights) {
    return std::ranges::count_if(weights, [](Real weight) { return weight != 0; });
  };
  const auto& network = setting.network;
  const Index fed_back = c.protocol.feedback == "none" ? 0 : there(network.feedback);
  return core::as_real(setting.comm->sum(there(network.input) + fed_back)) / core::as_real(c.reservoir.size);
}

/// The recurrent synapses of this rank. Collective.
plasticity::Synapses recurrent_synapses(const Configuration& c, const Setting& setting) {
  auto synapses = c.recurrent();
  synapses.own = setting.network.own;
  synapses.outputs = setting.outputs;
  synapses.random = setting.random;
  synapses.initial = setting.network.initial;
  synapses.exploration = setting.random_of(0);
  if (!c.learns_J()) return synapses;
  synapses.places = setting.network.recurrent.connections()->places();
  synapses.count = setting.network.recurrent.row_starts().back();
  for (int rank = 0; rank < setting.comm->size(); ++rank) {
    const Index count = setting.comm->sum(rank == setting.comm->rank() ? synapses.count : 0);
    if (rank < setting.comm->rank()) synapses.before += count;
    synapses.all += count;
  }
  synapses.inputs = core::as_real(synapses.all) / core::as_real(synapses.neurons);
  synapses.driving = setting.network.inputs;
  synapses.fed_back = c.protocol.feedback == "none" ? 0 : setting.outputs;
  synapses.projected = c.learns_projections() ? projected_inputs(c, setting) : 0;
  return synapses;
}

}  // namespace

Simulation::Simulation(const Configuration& configuration, const comm::Communicator& comm, tasks::AnyTask task,
                       model::Network network)
    : configuration_(configuration),
      setting_(setting_of(configuration, comm, std::move(network),
                          {input_count(task, configuration.task), output_count(task)}, configuration.run.replica)),
      schedule_(configuration.protocol, configuration.reservoir.dt),
      task_(std::move(task)),
      driven_by_target_(driven_by_target(task_, configuration.task)),
      feedback_(feedback_of(configuration.protocol)),
      gather_(gather_of(*setting_)),
      loop_(*setting_, feedback_, shape_of(configuration), initial_weights(configuration, *setting_),
            (setting_->spiking ? 1 : 0) +
                std::ranges::count_if(configuration.learners,
                                      [&](const auto& l) { return sums_variance(l, *setting_); })),
      input_(static_cast<std::size_t>(setting_->inputs)),
      target_(static_cast<std::size_t>(setting_->outputs)),
      not_a_number_(target_.size(), core::automatic),
      target_statistics_(target_.size()),
      spike_counts_(configuration.records_spikes() ? configuration.spikes_recorded() : std::nullopt,
                    setting_->partition) {
  const auto recurrent = recurrent_synapses(configuration, *setting_);
  configuration_.recurrent_inputs = recurrent.inputs;
  configuration_.projected_inputs = recurrent.projected;
  Index variances = 0;
  for (const auto& parameters : configuration.learners) {
    learners_.emplace_back(parameters, *setting_, readouts_of(parameters), recurrent, configuration_.measures,
                           schedule_.evaluations().size());
    if (sums_variance(parameters, *setting_)) learners_.back().set_variance(variances++);
    learners_.back().set_initial_weights(loop_, learner_count() - 1);
  }
  block_.sampled.resize(core::as_size(setting_->together), {input_, target_, {}});
  std::vector<std::optional<model::EscapeParameters>> outputs;
  for (const auto& parameters : configuration.learners) outputs.push_back(parameters.spikes);
  outputs_ = {outputs, configuration.reservoir.dt};
  join_learners();
  // A learned J is multiplied by one trajectory at a time.
  use_fastest_products(*setting_, configuration.learns_J() ? 1 : trajectories());
  if (std::ranges::any_of(learners_, &Learner::perturbs)) loop_.reservoir().start_perturbing();
}

// Weights frozen on the way are kept until they are scored; with feedback each runs on by itself.
core::Bytes Simulation::bytes(const Workload& w, const Share& part) {
  const auto shape = shape_of(w.c);
  const bool runs_on = w.c.frozen_run_ahead() && (w.evaluations() > 0 || shape.trajectories() < w.learners());
  const Real weights = core::as_real(w.learners()) * w.weights(part);
  const Real frozen = w.c.frozen_run_ahead() ? 0 : core::as_real(w.evaluations()) * weights;
  const Index states = w.c.frozen_run_ahead() ? w.learners() : 1;
  core::Bytes all{Loop::bytes(w, part, shape) + (runs_on ? Loop::bytes(w, part, shape.apart()) : 0) + 2 * frozen,
                  part.to_write(weights), weights + frozen};
  all.saved +=
      core::as_real(states * std::ssize(w.c.state_variables()) * part.own.size() * part.groups.size()) * sizeof(Real);
  for (const auto& learner : w.c.learners) all += Learner::bytes(w, part, learner);
  if (const auto plan = free_run_of(w.c)) all += FreeRuns::bytes(*plan, w.outputs, w.learners());
  return all;
}

void Simulation::join_learners() {
  for (std::size_t l = 0; l < learners_.size(); ++l) {
    for (std::size_t first = 0; first < l && learners_[l].batch() != nullptr; ++first) {
      auto* other = trajectory_of(first) == trajectory_of(l) ? learners_[first].batch() : nullptr;
      if (learners_[first].fold() != learners_[l].fold()) continue;
      if (other == nullptr) continue;
      bool joined = false;
      for (Index k = 0; k < learners_[l].rule_count(); ++k)
        joined = learners_[l].batch(k)->join(*learners_[first].batch(k));
      if (joined) break;
    }
  }
}

// A step:
// 1. input u and target z* come from the task; they are the same on every rank.
// 2. states x and rates r of the rank's own neurons follow from its rows of J and the last step's r, u and y. Local,
//    unless ranks of a machine take over rows from each other.
// 3. w.r is summed over the rank's own blocks of neurons, and so is V of rules that share their uncertainty. Local.
// 4. the one collective gathers rates and partial sums; z and V are the sums over blocks in their global order.
// 5. delta = z* - z: the global error, the same on every rank; NaN where z* is missing, and then the step is neither
//    scored nor learned from. For an output that sends spikes: the gradient and the information of the desired spike
//    train, in its place.
// 6. learning, first of J where a learner learns it, then of its readouts: a local rule is given its own rates, delta,
//    weights and state, and V if it shares its uncertainty; a collective rule also a way to gather.
// 7. observers are called.
// Spikes that arrive steps later let several steps share their collective (Configuration::steps_together): 1 to 3 of
// all of them come before it, and the rest, one after the other, behind it.
void Simulation::step() {
  if (step_ == schedule_.train_end()) begin_free_run();
  if (step_ == schedule_.train_end()) begin_test();
  balance();
  if (step_ >= block_.end) compute_states();
  take_step();
  watch_.lap(Part::exchange);
  if (measures_rates()) add_measured();
  if (setting_->spiking) spike_counts_.add(spikes());
  loop_.compare(target_);
  send_spikes();
  detect_divergence();
  score();
  if (free_runs_) {
    free_runs_->add(weight() == 0 ? not_a_number_ : target_,
                    [&](Index run) { return output(static_cast<std::size_t>(run)); });
  }
  watch_.lap(Part::readout);
  learn();
  finish_training();
  watch_.lap(Part::learning);
  ++step_;
  if (is_snapshot()) apply_J();
  if (std::ranges::find(schedule_.evaluations(), step_) == schedule_.evaluations().end()) return;
  evaluate();
  loop_.pace().restart();
  watch_.lap(Part::evaluation);
}

/// Has ranks take over rows of J from late ones.
void Simulation::balance() {
  if (setting_->dealt && setting_->dealt->copies() < trajectories()) {
    take_back_rows(*setting_);
    setting_->balance.at_once = true;
  }
  if (!setting_->balance.is_due(loop_.pace())) return;
  deal_rows(*setting_, loop_.pace(), trajectories());
  loop_.pace().restart();
  watch_.lap(Part::recurrent);
}

/// The end of the block of steps that share a collective: weights change in its last step alone.
Index Simulation::end_of_block() const noexcept {
  Index end = step_ + setting_->together;
  for (const Index border : {schedule_.washout_end(), schedule_.train_end(), schedule_.end()}) {
    if (step_ < border) end = std::min(end, border);
  }
  for (Index step = step_; step < end; ++step) {
    if (schedule_.learns(step)) return step + 1;
  }
  return end;
}

/// Steps 1 to 4 of all steps of a block.
void Simulation::compute_states() {
  const Index first = step_;
  block_.end = end_of_block();
  for (; step_ < block_.end; ++step_) {
    loop_.begin(step_ - first);
    sample();
    watch_.lap(Part::task);
    advance();
    loop_.sum_readouts();
    watch_.lap(Part::readout);
    share();
    if (measures_rates()) measure_rates();
    if (block_.end - first == 1) continue;
    auto& sampled = block_.sampled[core::as_size(step_ - first)];
    std::ranges::copy(input_, sampled.input.begin());
    std::ranges::copy(target_, sampled.target.begin());
    sampled.mark = mark_;
  }
  step_ = first;
  block_.begin = first;
  block_.agreed = static_cast<Request>(static_cast<int>(loop_.send(static_cast<Real>(request_))));
  request_ = Request::none;
}

/// What is known of one of them after the collective.
void Simulation::take_step() {
  const Index number = step_ - block_.begin;
  if (block_.end - block_.begin > 1) {
    const auto& [input, target, mark] = block_.sampled[core::as_size(number)];
    std::ranges::copy(input, input_.begin());
    std::ranges::copy(target, target_.begin());
    mark_ = mark;
  }
  loop_.take(number, block_.end - 1 - step_);
  agreed_ = step_ + 1 == block_.end ? block_.agreed : Request::none;
}

void Simulation::send_spikes() {
  if (!outputs_.any()) return;
  const Real uniform = setting_->random_of(0).uniform(core::Stream::output_spike, step_, 0);
  for (Index l = 0; l < loop_.shape().listeners(); ++l) {
    if (mark_.begins_anew()) outputs_.begin(l);
    if (outputs_.sends(l)) loop_.delta(l)[0] = outputs_.step(l, loop_.output(l)[0], target_[0], uniform);
  }
}

void Simulation::sample() {
  mark_ = tasks::sample(task_, driven_by_target_, step_, input_, target_);
  follow_segments(step_);
  if (!mark_.begins || step_ == 0) return;  // the states are x(0) already
  apply_J();
  if (mark_.resets) loop_.begin_segment();
}

void Simulation::follow_segments(Index step) {
  if (!mark_.begins) return;
  segment_begin_ = step;
  if (step > 0) ++segment_;
}

// Noise number `first + c` of the step for number c of a signal.
void Simulation::add_training_noise(Real sd, std::span<Real> signal, Index first) const {
  const auto random = setting_->random.replica(setting_->replica);
  for (std::size_t c = 0; c < signal.size(); ++c) {
    signal[c] += sd * random.normal(core::Stream::training_noise, step_, first + static_cast<Index>(c));
  }
}

// Noise in training teaches readouts what to do near the clean signal, too. Where they do not learn there is none. A
// fed back y is clean again after the step, since it is kept where the next z* is missing, and a test may follow.
void Simulation::advance() {
  for (std::size_t l = 0; l < learners_.size() && step_ < schedule_.train_end(); ++l) {
    if (learners_[l].active()) learners_[l].perturb(loop_, static_cast<Index>(l), step_);
  }
  const bool trains = schedule_.phase(step_) == Phase::train;
  const StepKind kind{trains, step_ < configuration_.adaptation_steps()};
  const Real of_input = trains ? configuration_.training_noise_of_input() : 0;
  const Real of_feedback = trains ? configuration_.training_noise_of_feedback() : 0;
  if (of_input > 0) add_training_noise(of_input, input_, 0);
  if (of_feedback == 0) return loop_.advance(step_, input_, watch_, kind);
  held_.clear();
  for (Index k = 0; k < trajectories(); ++k) {
    const auto y = loop_.fed_back(k);
    held_.insert(held_.end(), y.begin(), y.end());
    add_training_noise(of_feedback, y, setting_->inputs);
  }
  loop_.advance(step_, input_, watch_, kind);
  for (Index k = 0; k < trajectories(); ++k) {
    std::ranges::copy(core::row_of(held_, k, setting_->outputs), loop_.fed_back(k).begin());
  }
}

Outcome Simulation::run(const std::vector<Observer*>& observers) {
  if (step_ == 0) evaluate();
  watch_.start();
  while (step_ < schedule_.end() && !(all_diverged() && step_ >= block_.end)) {
    step();
    for (auto* observer : observers) observer->after_step(*this);
    loop_.pace().add_waiting(watch_.lap(Part::recording));  // ranks that write together wait there for each other
    if (agreed_ == Request::stop && step_ < schedule_.end() && !all_diverged()) return Outcome::stopped;
  }
  return all_diverged() ? Outcome::all_diverged : Outcome::complete;
}

bool Simulation::all_diverged() const noexcept {
  return !learners_.empty() && std::ranges::none_of(learners_, [](const Learner& learner) { return learner.active(); });
}

std::span<const Real> Simulation::output(std::size_t learner) const noexcept {
  return learners_[learner].active() ? loop_.output(static_cast<Index>(learner)) : std::span<const Real>(not_a_number_);
}

void Simulation::detect_divergence() {
  target_statistics_.add(target_);
  const Real limit = configuration_.protocol.divergence_limit;
  for (std::size_t l = 0; l < learners_.size(); ++l) {
    if (!learners_[l].active()) continue;
    if (!has_diverged(loop_.output(static_cast<Index>(l)), limit, target_statistics_.size())) continue;
    learners_[l].mark_diverged(step_);
    loop_.silence(static_cast<Index>(l));
  }
}

void Simulation::score() {
  const Phase now = schedule_.phase(step_);
  if (weight() == 0 && !mark_.begins && !mark_.ends) return;
  for (std::size_t l = 0; l < learners_.size(); ++l) {
    auto& learner = learners_[l];
    const auto delta = learner.active() ? loop_.delta(static_cast<Index>(l)) : std::span<const Real>(not_a_number_);
    const auto mark = learner.counted(mark_, schedule_.phase(step_));
    learner.follow_trial(mark, target_, delta);
    if (now == Phase::washout) continue;
    score_step(now == Phase::train ? learner.train : learner.test, mark,
               {target_, delta, outputs_.spikes(static_cast<Index>(l), learner.active())});
  }
  if (now == Phase::test) score_frozen();
}

/// In the washout all trajectories are alike: outputs that are fed back are 0, or there is only one learner
/// (configuration/combinations.cpp). The sum over neurons is the last of the loop's further sums.
void Simulation::measure_rates() {
  constexpr auto block = core::as_size(core::Partition::block_size);
  const auto rates = loop_.own_rates(0);
  for (std::size_t b = 0; b * block < rates.size(); ++b) {
    const auto r = rates.subspan(b * block, std::min(block, rates.size() - b * block));
    loop_.set_variance(loop_.variances() - 1, static_cast<Index>(b), core::block_dot(r, r));
  }
}

void Simulation::add_measured() {
  constexpr Real transient = 300;  // ms
  const Real washout = core::as_real(schedule_.washout_end()) * configuration_.reservoir.dt;
  const bool is_long = washout - transient > configuration_.reservoir.dt;
  const bool counts = !is_long || time() >= transient;
  configuration_.rates_measured.add(loop_.variance(loop_.variances() - 1), counts);
  if (step_ + 1 == schedule_.washout_end()) settle_rules();
}

/// Where rules begin with a default that follows from the rates in the washout.
void Simulation::settle_rules() {
  settled_ = true;
  for (auto& learner : learners_) {
    if (learner.parameters().rule->follows_rates()) learner.begin_rule(readout_synapses(learner.parameters()));
  }
}

/// The readout synapses of a learner on this rank: of one reservoir, of the slice of readouts that groups share, or of
/// each group.
std::vector<rules::Synapses> Simulation::readouts_of(const LearnerParameters& learner) const {
  const auto& groups = setting_->groups;
  if (!groups.any()) return {readout_synapses(learner)};
  const Index outputs = setting_->outputs_of_group();
  const auto& features = setting_->features;
  if (groups.shared) {
    auto synapses = features.synapses(setting_->slices().neurons_of(comm().rank()), outputs, setting_->random);
    synapses.sharing = groups.count;
    return {synapses};
  }
  std::vector<rules::Synapses> all;
  for (Index g = 0; g < groups.count; ++g) {
    const auto own = setting_->seat.groups.contains(g) ? setting_->network.own : core::Range{0, 0};
    all.push_back(features.synapses(own, outputs, setting_->random.group(g)));
  }
  return all;
}

rules::Synapses Simulation::readout_synapses(const LearnerParameters& learner) const {
  auto synapses = setting_->features.synapses(setting_->network.own, setting_->outputs, setting_->random);
  const auto held = model::held_rates(configuration_.reservoir.clamp, {0, synapses.reservoir()}, core::Precision::full);
  const bool bounded = std::ranges::all_of(held, [](const auto& one) { return std::abs(one.rate) <= 1; });
  if (!setting_->spiking && bounded) return synapses;
  const auto scale = configuration_.rate_scale(learner);
  synapses.largest_sum = scale.largest_sum;
  synapses.mean_square = scale.mean_square;
  synapses.correlated = configuration_.neurons->filter_time() / configuration_.reservoir.dt;
  return synapses;
}

void Simulation::share() {
  if (loop_.variances() == 0 || !learns()) return;
  for (std::size_t l = 0; l < learners_.size(); ++l) {
    if (learners_[l].active())
      learners_[l].share(loop_, static_cast<Index>(l), learners_[l].counted(mark_, schedule_.phase(step_)).weight);
  }
  watch_.lap(Part::learning);
}

// Each learner learns all its weights before the next. Learning in pieces that leave the rates in the first-level cache
// is no faster, because divisions and loads of weights limit the speed, not loads of rates.
void Simulation::learn() {
  const bool learns = this->learns();
  auto mark = mark_;
  if (!learns) mark.weight = 0;
  for (const auto& learner : learners_) {  // before any of them has learned from this step
    auto* batch = learns && learner.active() ? learner.batch() : nullptr;
    if (batch != nullptr && step_ >= schedule_.begin_of_last(batch->held_out()))
      batch->begin_validation(std::cref(gather_));
  }
  for (std::size_t l = 0; l < learners_.size(); ++l) {
    auto& learner = learners_[l];
    if (!learner.active()) continue;
    if (learner.learns_J() && step_ < schedule_.train_end())
      learner.learn_J(loop_, static_cast<Index>(l), mark, gather_);
    const Real information = outputs_.information(static_cast<Index>(l));
    const Real weight = learner.counted(mark_, schedule_.phase(step_)).weight;
    if (learns && weight > 0 && information > 0)
      learner.learn(loop_, static_cast<Index>(l), weight, information, gather_);
  }
}

bool Simulation::is_snapshot() const noexcept {
  const Index every = configuration_.record.weights_every;
  return every > 0 && step_ >= schedule_.washout_end() && (step_ - schedule_.washout_end()) % every == 0;
}

/// Only in training; nothing is gathered later.
void Simulation::apply_J() {
  if (step_ >= schedule_.train_end()) return;
  for (std::size_t l = 0; l < learners_.size(); ++l) {
    if (learners_[l].active()) learners_[l].apply_J(loop_, static_cast<Index>(l));
  }
}

void Simulation::finish_training() {
  if (step_ + 1 != schedule_.train_end()) return;
  apply_J();
  for (std::size_t l = 0; l < learners_.size(); ++l) {
    if (!learners_[l].active() || learners_[l].finish_training(loop_, static_cast<Index>(l), gather_)) continue;
    learners_[l].mark_diverged(step_);
    loop_.silence(static_cast<Index>(l));
  }
}

// If the trajectory does not depend on the weights, frozen weights are scored in the test phase of this run, as
// additional listeners. Otherwise a copy with frozen weights runs freely from the present state.
void Simulation::evaluate() {
  for (std::size_t e = 0; e < schedule_.evaluations().size(); ++e) {
    if (schedule_.evaluations()[e] != step_) continue;
    apply_J();
    if (configuration_.frozen_run_ahead()) {
      evaluate_free_run(e);
      continue;
    }
    for (Index l = 0; l < learner_count(); ++l) {
      const auto weights = loop_.weights(l);
      frozen_.emplace_back(weights.begin(), weights.end());
      // A learner that has diverged has no score: its output is NaN from here on.
      if (!learners_[static_cast<std::size_t>(l)].active()) std::ranges::fill(frozen_.back(), not_a_number_[0]);
    }
  }
}

void Simulation::evaluate_free_run(std::size_t evaluation) {
  Loop frozen = loop_;
  frozen.reservoir().stop_perturbing();
  if (feedback_ == Feedback::teacher) frozen.separate();
  tasks::AnyTask task = task_;
  std::vector<Real> input(input_.size());
  std::vector<Real> target(target_.size());
  Stopwatch ignored;
  for (Index step = step_; step < step_ + schedule_.evaluation_span(); ++step) {
    const auto mark = tasks::sample(task, driven_by_target_, step, input, target);
    if (mark.begins_anew()) frozen.begin_segment();
    frozen.advance(step, input, ignored);
    frozen.sum_readouts();
    frozen.exchange(0);
    frozen.compare(target);
    for (std::size_t l = 0; l < learners_.size(); ++l) {
      score_step(learners_[l].evaluations[evaluation], mark,
                 {target, learners_[l].active() ? frozen.delta(static_cast<Index>(l)) : not_a_number_});
    }
  }
}

/// The size of a target is that of washout and training: a test may be prolonged.
void Simulation::begin_free_run() {
  const auto plan = free_run_of(configuration_);
  if (plan) free_runs_.emplace(*plan, scales_of(target_statistics_), learner_count());
}

void Simulation::begin_test() {
  loop_.reservoir().stop_perturbing();
  if (feedback_ == Feedback::teacher) loop_.separate();
  if (frozen_.empty()) return;
  loop_ = loop_.with_more_listeners(static_cast<Index>(frozen_.size()));
  outputs_.repeat(static_cast<Index>(frozen_.size()) / learner_count());
  for (std::size_t f = 0; f < frozen_.size(); ++f) {
    std::ranges::copy(frozen_[f], loop_.weights(learner_count() + static_cast<Index>(f)).begin());
  }
  frozen_.clear();
}

void Simulation::visit_measured(core::StateVisitor& visit) {
  auto& measured = configuration_.rates_measured;
  std::array values{measured.largest_sum, measured.sum, core::as_real(measured.steps)};
  visit(core::shared_array("squared_rates", std::ssize(values), comm().is_root()), std::span<Real>(values));
  measured = {values[0], values[1], core::to_whole(values[2])};
  spike_counts_.visit_state(visit, comm().is_root());
  if (!settled_ && step_ >= schedule_.washout_end()) settle_rules();  // a resumed run
}

void Simulation::visit_state(core::StateVisitor& visit) {
  loop_.visit_state(visit);
  if (setting_->spiking) visit_measured(visit);
  outputs_.visit_state(visit, comm().is_root());
  for (std::size_t l = 0; l < learners_.size(); ++l) {
    learners_[l].visit_state(visit, loop_, static_cast<Index>(l), comm().is_root());
  }
  for (std::size_t f = 0; f < frozen_.size(); ++f) {
    visit(loop_.weights_array("frozen/" + std::to_string(f), 1), std::span<Real>(frozen_[f]));
  }
  // The loop leaves out weights that groups share: those of learners are visited where they are learned.
  for (Index l = learner_count(); setting_->groups.shared && l < loop_.shape().listeners(); ++l) {
    visit(loop_.weights_array("tested/" + std::to_string(l), 1), loop_.weights(l));
  }
  if (!free_runs_) return;
  core::ScopedVisitor scoped(visit, "free_run");
  if (visit.has("free_run/left")) return free_runs_->visit_state(scoped, comm().is_root());
  free_runs_.reset();  // the beginning of the test is not known
}

void Simulation::state_restored(bool begins_anew) {
  for (std::size_t l = 0; l < learners_.size(); ++l) learners_[l].pass_on(loop_, static_cast<Index>(l));
  begins_anew ? loop_.begin_segment() : loop_.refresh_rates();
}

void Simulation::visit_learned(std::size_t learner, core::StateVisitor& visit) {
  const Index trajectory = trajectory_of(learner);
  const auto& own = setting_->network.own;
  const bool writes = comm().is_root();
  visit(core::neuron_array("state/x", setting_->variables, setting_->partition.neurons(), own),
        loop_.reservoir().state(trajectory));
  if (setting_->spiking) {
    auto pending = loop_.reservoir().spike_trains().pending(trajectory);
    visit(core::shared_array("state/pending", std::ssize(pending), writes), std::span(pending));
    loop_.reservoir().spike_trains().set_pending(trajectory, pending);
  }
  const auto y = loop_.fed_back(trajectory);
  auto fed_back = core::shared_array("state/feedback", std::ssize(y), writes);
  fed_back.later = true;  // there may have been no feedback before
  if (!y.empty()) visit(fed_back, y);
  const auto w = loop_.weights(static_cast<Index>(learner));
  visit(core::neuron_array("weights", setting_->outputs, features().count(), features().of(own)), w);
  core::ScopedVisitor of_rule(visit, "rule");
  learners_[learner].visit_learned(of_rule, loop_, static_cast<Index>(learner), writes);
}

void Simulation::go_to(Index steps_done) {
  for (Index step = 0; step < steps_done; ++step) {
    if (step == schedule_.train_end()) begin_free_run();
    // the task is deterministic: its past is recomputed, not stored
    mark_ = tasks::sample(task_, driven_by_target_, step, input_, target_);
    follow_segments(step);
    target_statistics_.add(target_);
  }
  step_ = steps_done;
  first_step_ = steps_done;
  block_.end = steps_done;
  if (!configuration_.frozen_run_ahead()) {
    const auto done = std::ranges::count_if(schedule_.evaluations(), [&](Index at) { return at <= step_; });
    frozen_.assign(static_cast<std::size_t>(done * learner_count()),
                   core::AlignedVector<Real>(loop_.weights(0).size()));
  }
  if (free_runs_) free_runs_->go_to(step_ - schedule_.train_end());
  if (step_ > schedule_.train_end()) begin_test();
}

void Simulation::score_frozen() {
  if (step_ - schedule_.train_end() >= schedule_.evaluation_span()) return;
  for (Index listener = learner_count(); listener < loop_.shape().listeners(); ++listener) {
    const Index frozen = listener - learner_count();
    auto& learner = learners_[static_cast<std::size_t>(frozen % learner_count())];
    auto& scores = learner.evaluations[static_cast<std::size_t>(frozen / learner_count())];
    score_step(scores, learner.counted(mark_, schedule_.phase(step_)),
               {target_, loop_.delta(listener), outputs_.spikes(listener, true)});
  }
}

}  // namespace bayres::sim
