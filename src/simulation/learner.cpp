#include "bayres/simulation/learner.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>

namespace bayres::sim {

void score_step(Scores& scores, const tasks::Mark& mark, const ScoredStep& step) {
  if (mark.begins) scores.begin_trial();
  if (mark.weight > 0) scores.add(step, mark.weight);
  if (mark.ends) scores.end_trial();
}

namespace {

/// Whether what is scored is answers: signs, or classes.
bool has_answers(const Measures& measures) {
  return std::ranges::any_of(measures, [](const auto& m) { return m->of_trials() || m->of_classes(); });
}

}  // namespace

Learner::Learner(const LearnerParameters& parameters, const Setting& setting,
                 const std::vector<rules::Synapses>& synapses, const plasticity::Synapses& recurrent,
                 const Measures& measures, std::size_t evaluation_count)
    : train(measures, core::as_size(setting.outputs)),
      test(train),
      evaluations(evaluation_count, train),
      answers_(has_answers(measures) ? train.size() : 0),
      classifies_(measures.find("accuracy") != nullptr),
      parameters_(parameters),
      setting_(&setting),
      own_(synapses[core::as_size(synapses.size() > 1 ? setting.seat.groups.first : 0)].own),
      shares_(parameters.rule->shares_uncertainty()),
      correlated_(synapses.front().correlated),
      recurrent_(recurrent),
      no_error_(core::as_size(setting.outputs)),
      recurrent_rule_(parameters.recurrent ? parameters.recurrent->make(recurrent) : nullptr) {
  for (const auto& one : synapses) rules_.push_back(parameters.rule->make(one));
  if (batch() != nullptr && setting.groups.any()) fit_errors_.resize(2 * train.size(), core::automatic);
  if (shared()) slice_.resize(core::as_size(setting.outputs_of_group() * own_.size()));
  if (learns_J()) sums_.resize(core::as_size(recurrent_rule_->sum_count()));
  if (!shares() && sums_.empty()) return;
  constexpr Index block = core::Partition::block_size;
  const Index reservoir = synapses.front().reservoir();
  const Index own_neurons = std::min(own_.last, reservoir) - own_.first;
  own_blocks_.resize(core::as_size((own_neurons + block - 1) / block));
  all_blocks_.resize(core::as_size(core::Partition(reservoir, 1).blocks()));
}

Real Learner::rule_bytes(const Workload& w, core::Range own, const LearnerParameters& learner, Index rules) {
  const auto same = [&](const LearnerParameters& other) {
    return rule_name(other) == rule_name(learner) && other.folded.fold == learner.folded.fold;
  };
  const bool joins = learner.rule->is_batch() && shape_of(w.c).trajectories() == 1;
  if (joins && std::ranges::find_if(w.c.learners, same)->name != learner.name) return 0;
  const auto bytes = [&](core::Range part) {
    return learner.rule->bytes(w.features().synapses(part, w.groups().of_each(w.outputs)));
  };
  return core::as_real(rules * (bytes(own) - bytes({own.first, own.first})));
}

// A batch rule goes through its state once for many steps. A rule of all rates gathers a number of each neuron; one
// that learns at the end has nothing to gather before.
core::Work Learner::work(const Workload& w, core::Range own, const comm::RankLayout& layout,
                         const LearnerParameters& learner) {
  if (!learner.rule->learns()) return {};
  if (w.groups().any()) return work_of_groups(w, layout, learner);
  const auto synapses = w.features().synapses(own, w.outputs);
  const auto rule = "learning." + rule_name(learner);
  const Real bytes = rule_bytes(w, own, learner) + core::as_real(own.size() * w.outputs) * sizeof(Real);
  core::Work work{{{rule + ".update", 1}, {rule + ".byte", bytes}}};
  if (learner.rule->is_batch()) return work;
  work.bytes = bytes;
  if (learner.rule->hears(synapses).size() == synapses.neurons) {
    work.ways = comm::all_gather_costs(layout, core::as_real(w.neurons()) * sizeof(Real));
  }
  return work;
}

core::Bytes Learner::bytes(const Workload& w, const Share& part, const LearnerParameters& learner) {
  const auto own = w.groups().shared ? part.slice : part.own;
  const Real rule = rule_bytes(w, own, learner, w.groups().separate() ? part.groups.size() : 1);
  const core::Range none{own.first, own.first};
  const Real transient = core::as_real(learner.rule->bytes(w.features().synapses(none, w.groups().of_each(w.outputs))));
  core::Bytes all{rule, rule > 0 ? std::max(rule, transient) : 0, rule};
  all.held += core::as_real((2 + w.evaluations()) * Scores::bytes(w.c.measures, w.outputs));
  if (!w.c.learns_J()) return all;
  const auto J = w.J(part.own.size());
  const Real copies = w.evaluations() > 0 ? 2 : 1;  // one has frozen weights
  const Index channels = w.inputs + w.outputs;
  all.held += copies * (model::Plastic::bytes(J, part.own.size(), w.inputs, w.outputs) +
                        core::as_real(w.neurons() + channels) * sizeof(Real));
  if (!learner.recurrent) return all;
  const Index fed_back = w.c.protocol.feedback == "none" ? 0 : w.outputs;
  const plasticity::Synapses synapses{.neurons = w.neurons(),
                                      .own = part.own,
                                      .outputs = w.outputs,
                                      .count = static_cast<Index>(J.weights),
                                      .driving = w.inputs,
                                      .fed_back = fed_back};
  const auto of_rule = core::as_real(learner.recurrent->bytes(synapses));
  const Index projections = learner.recurrent->learns_projections() ? part.own.size() * (w.inputs + fed_back) : 0;
  const Real weights = (J.weights + core::as_real(projections)) * sizeof(Real);
  return all += {of_rule, weights + part.to_write(weights), weights + of_rule};
}

tasks::Mark Learner::counted(tasks::Mark mark, Phase phase) const noexcept {
  if (fold() == 0) return mark;
  const bool is_held_out = mark.fold == fold();
  if (is_held_out != (phase == Phase::test)) mark.weight = 0;
  return mark;
}

void Learner::follow_trial(const tasks::Mark& mark, std::span<const Real> target,
                           std::span<const Real> delta) noexcept {
  if (mark.begins) std::ranges::fill(answers_, Answer());
  for (std::size_t m = 0; m < answers_.size() && mark.weight > 0; ++m) {
    answers_[m].add(target[m], delta[m], mark.weight * (classifies_ ? 1 : std::abs(target[m])));
  }
}

void Learner::learn_J(Loop& loop, Index listener, const tasks::Mark& mark, const comm::NeuronGather& gather) {
  const Index trajectory = loop.shape().trajectory_of(listener);
  auto& reservoir = loop.reservoir();
  const auto delta = mark.weight > 0 ? loop.delta(listener) : std::span<const Real>(no_error_);
  const auto channels = reservoir.channels(trajectory);
  const plasticity::Signals signals{reservoir.rates_before(trajectory),
                                    loop.own_rates(trajectory),
                                    reservoir.slope(trajectory),
                                    delta,
                                    loop.slopes(listener),
                                    reservoir.state(trajectory),
                                    mark.weight,
                                    mark.kind,
                                    mark.begins_anew(),
                                    sums_,
                                    channels.first(core::as_size(recurrent_.driving)),
                                    channels.last(core::as_size(recurrent_.fed_back)),
                                    reservoir.perturbation(trajectory),
                                    mark.ends};
  if (mark.weight > 0) sum_over_neurons(signals, gather);
  recurrent_rule_->learn(signals, plastic(loop, listener));
}

void Learner::perturb(Loop& loop, Index listener, Index step) const noexcept {
  if (perturbs()) recurrent_rule_->perturb(step, loop.reservoir().perturbation(loop.shape().trajectory_of(listener)));
}

void Learner::sum_over_neurons(const plasticity::Signals& signals, const comm::NeuronGather& gather) {
  for (std::size_t k = 0; k < sums_.size(); ++k) {
    recurrent_rule_->sums(signals, static_cast<Index>(k), own_blocks_);
    sums_[k] = sum_of_blocks(gather);
  }
}

void Learner::apply_J(Loop& loop, Index listener) {
  if (learns_J()) recurrent_rule_->apply(plastic(loop, listener));
}

plasticity::Weights Learner::plastic(Loop& loop, Index listener) const {
  auto& learned = loop.reservoir().plastic(loop.shape().trajectory_of(listener));
  return {*learned.J, learned.input, learned.feedback};
}

std::span<const Real> Learner::rates(Loop& loop, Index listener) const {
  const Index trajectory = loop.shape().trajectory_of(listener);
  const core::Range hears = rules_.front()->hears();
  return hears == own_ ? loop.heard(trajectory) : loop.heard(trajectory, 0, hears);
}

std::span<const Real> Learner::multiplied(std::span<const Real> values, Real factor, std::vector<Real>& buffer) {
  buffer.assign(values.begin(), values.end());
  for (Real& value : buffer) value *= factor;
  return buffer;
}

void Learner::share(Loop& loop, Index listener, Real weight) {
  if (variance_ < 0) return;
  // What an output that sends spikes learns from the step is not yet known.
  const Real known = parameters_.sends_spikes() ? 1 : weight;
  rules_.front()->uncertainty(scaled(rates(loop, listener), known, scaled_rates_), own_blocks_);
  for (Index b = 0; b < std::ssize(own_blocks_); ++b) {
    loop.set_variance(variance_, b, own_blocks_[core::as_size(b)]);
  }
}

Real Learner::sum_of_blocks(const comm::NeuronGather& gather) {
  gather.blocks(own_blocks_, all_blocks_);
  return std::accumulate(all_blocks_.begin(), all_blocks_.end(), Real{0});
}

void Learner::learn(Loop& loop, Index listener, Real weight, Real information, const comm::NeuronGather& gather) {
  if (setting_->groups.any()) return learn_groups(loop, listener, weight, gather);
  const auto& rule = rules_.front();
  const auto r = scaled(rates(loop, listener), weight * information, scaled_rates_);
  if (shares() && variance_ >= 0) shared_variance_ = loop.variance(variance_);
  if (shares() && variance_ < 0) {
    rule->uncertainty(r, own_blocks_);
    shared_variance_ = sum_of_blocks(gather);
  }
  const auto delta = scaled(loop.delta(listener), weight / information, scaled_errors_);
  const Real V = parameters_.sends_spikes() ? information * correlated_ * shared_variance_ : shared_variance_;
  rule->learn(r, delta, loop.weights(listener), V, std::cref(gather));
}

bool Learner::finish_training(Loop& loop, Index listener, const comm::NeuronGather& gather) {
  if (setting_->groups.any()) return finish_groups(loop, listener, gather);
  return rules_.front()->finish_training(loop.weights(listener), std::cref(gather));
}

core::FitScores Learner::fit() const {
  std::vector<Real> of_zero;  // what z was in training
  for (const auto& score : train) of_zero.push_back(score.nrmse());
  if (batch() == nullptr) return {};
  return setting_->groups.any() ? fit_of_groups(of_zero) : core::scores_of(batch()->fit(), of_zero);
}

std::string Learner::unsound(const comm::NeuronGather& gather) const {
  const auto of_group = learning();
  std::string text;
  for (Index g = of_group.first; g < of_group.last && (g == of_group.first || rule_count() > 1); ++g) {
    const auto more = rules_[rule_of(g)]->unsound(std::cref(gather));
    if (text.empty()) text = more;
  }
  return text;
}

namespace {

/// Visits as one array the numbers that `visit_all(visit)` visits one by one.
template <class VisitAll>
void visit_numbers(core::StateVisitor& visit, const std::string& name, bool writes, VisitAll visit_all,
                   bool later = false) {
  std::vector<Real> numbers;
  visit_all([&](Real& number) { numbers.push_back(number); });
  auto array = core::shared_array(name, std::ssize(numbers), writes);
  array.later = later;
  visit(array, std::span<Real>(numbers));
  std::size_t next = 0;
  visit_all([&](Real& number) { number = numbers[next++]; });
}

}  // namespace

template <class Call>
void Learner::for_each_scores(Call call) {
  call(train);
  call(test);
  for (auto& scores : evaluations) call(scores);
}

void Learner::visit_J(core::StateVisitor& visit, Loop& loop, Index listener) {
  auto& learned = loop.reservoir().plastic(loop.shape().trajectory_of(listener));
  auto& J = *learned.J;
  core::AlignedVector<Real> weights;
  weights.reserve(core::as_size(recurrent_.count));
  for (Index row = 0; row < J.rows(); ++row) J.for_each(row, [&](Index, Real weight) { weights.push_back(weight); });
  visit(core::synapse_array("J", recurrent_.before, recurrent_.count, recurrent_.all), std::span<Real>(weights));
  std::size_t next = 0;
  for (Index row = 0; row < J.rows(); ++row) J.update(row, [&](Index, Real& weight) { weight = weights[next++]; });
  if (parameters_.recurrent->learns_projections()) visit_projections(visit, learned);
  core::ScopedVisitor of_rule(visit, "recurrent");
  recurrent_rule_->visit_state(of_rule, J);
}

// Channel by channel, so that a rank's part is that of its neurons.
void Learner::visit_projections(core::StateVisitor& visit, model::Plastic& learned) const {
  const auto visit_one = [&](const char* name, Index channels, core::AlignedVector<Real>& weights) {
    core::AlignedVector<Real> by_channel(weights.size());
    const auto for_each = [&](auto call) {
      std::size_t next = 0;
      for (Index c = 0; c < channels; ++c) {
        for (Index i = 0; i < recurrent_.own.size(); ++i)
          call(by_channel[next++], weights[core::as_size(i * channels + c)]);
      }
    };
    for_each([](Real& ordered, const Real& weight) { ordered = weight; });
    visit(core::neuron_array(name, channels, recurrent_.neurons, recurrent_.own), std::span<Real>(by_channel));
    for_each([](const Real& ordered, Real& weight) { weight = ordered; });
  };
  if (recurrent_.driving > 0) visit_one("W_in", recurrent_.driving, learned.input);
  if (recurrent_.fed_back > 0) visit_one("W_fb", recurrent_.fed_back, learned.feedback);
}

void Learner::visit_learned(core::StateVisitor& visit, Loop& loop, Index listener, bool writes) {
  if (shared()) {
    visit(core::neuron_array("weights", setting_->outputs_of_group(), setting_->features.count(), own_),
          std::span<Real>(slice_));
  }
  for (std::size_t k = 0; k < rules_.size(); ++k) {
    if (rules_.size() == 1) {
      rules_[k]->visit_state(visit);
      continue;
    }
    core::ScopedVisitor of_group(visit, "groups/" + std::to_string(k));
    rules_[k]->visit_state(of_group);
  }
  if (!fit_errors_.empty())
    visit(core::shared_array("fit_errors", std::ssize(fit_errors_), writes), std::span(fit_errors_));
  if (shares()) visit(core::shared_array("shared_variance", 1, writes), std::span<Real>(&shared_variance_, 1));
  if (recurrent_rule_) visit_J(visit, loop, listener);
}

void Learner::visit_state(core::StateVisitor& visit, Loop& loop, Index listener, bool writes) {
  core::ScopedVisitor scoped(visit, std::string(learner_scope) + name());
  visit_learned(scoped, loop, listener, writes);
  visit_numbers(scoped, "scores", writes, [&](const VisitNumber& number) {
    auto step = static_cast<Real>(diverged_at_step_);
    number(step);
    diverged_at_step_ = core::to_whole(step);
    for_each_scores([&](Scores& scores) {
      for (auto& score : scores) score.visit_state(number);
    });
  });
  for (std::size_t k = 0; k < train.accumulators().size(); ++k) {
    const auto measure = "measures/" + std::string(train.accumulators()[k]->measure());
    const auto visit_all = [&](const VisitNumber& number) {
      for_each_scores([&](Scores& scores) { scores.accumulators()[k]->visit_state(number); });
    };
    visit_numbers(scoped, measure, writes, visit_all, true);
  }
  if (answers_.empty()) return;
  const auto visit_answers = [&](const VisitNumber& number) {
    for (auto& answer : answers_) answer.visit_state(number);
  };
  visit_numbers(scoped, "trial", writes, visit_answers, true);
}

}  // namespace bayres::sim
