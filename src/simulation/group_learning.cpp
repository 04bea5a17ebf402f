#include <algorithm>
#include <cmath>
#include <functional>

#include "bayres/simulation/learner.hpp"

namespace bayres::sim {

/// Where groups share readouts, all ranks get the rates of all, and each has a slice of the synapses, which learns from
/// one group after the other; else each team learns those of its groups.
core::Work Learner::work_of_groups(const Workload& w, const comm::RankLayout& layout,
                                   const LearnerParameters& learner) {
  const auto groups = w.groups();
  const Seat last(groups, layout.ranks - 1, layout.ranks);  // has most groups
  const auto own = core::Partition(w.neurons(), groups.shared ? layout.ranks : last.ranks).largest();
  const Real often = core::as_real(groups.shared ? groups.count : last.groups.size());
  const auto rule = "learning." + rule_name(learner);
  const Index outputs = groups.of_each(w.outputs);
  const Real bytes = rule_bytes(w, own, learner) + core::as_real(own.size() * outputs) * sizeof(Real);
  core::Work work{{{rule + ".update", often}, {rule + ".byte", often * bytes}}};
  if (!learner.rule->is_batch()) work.bytes = groups.shared ? bytes : often * bytes;
  if (!groups.shared) return work;
  const Index passed_on = learner.rule->is_batch() ? 0 : outputs;
  work.ways = comm::all_gather_costs(layout, core::as_real((groups.count + passed_on) * w.neurons()) * sizeof(Real));
  return work;
}

// Where groups share readouts, each rank learns a slice of them, from the rates of all groups.
std::span<const Real> Learner::rates_of(Loop& loop, Index trajectory, Index group) const {
  const auto& rule = rules_[rule_of(group)];
  if (shared()) return loop.pooled(trajectory, group, rule->hears());
  const Index number = group - setting_->seat.groups.first;
  return rule->hears() == own_ ? loop.heard(trajectory, number) : loop.heard(trajectory, number, rule->hears());
}

std::span<Real> Learner::weights_of(Loop& loop, Index listener, Index group) {
  if (shared()) return slice_;
  const Index number = group - setting_->seat.groups.first;
  return loop.weights(listener).subspan(
      core::as_size(number) * core::as_size(setting_->outputs_of_group() * own_.size()),
      core::as_size(setting_->outputs_of_group() * own_.size()));
}

/// V of z: of groups that share readouts the sum over all of them, so that what all correct together is what one error
/// asks for; else of one group.
Real Learner::variance_of(Loop& loop, Index trajectory, core::Range groups, Real weight,
                          const comm::NeuronGather& gather) {
  std::vector<Real> blocks(own_blocks_.size());
  for (Index g = groups.first; g < groups.last; ++g) {
    rules_[rule_of(g)]->uncertainty(scaled(rates_of(loop, trajectory, g), weight, scaled_rates_), own_blocks_);
    std::ranges::transform(blocks, own_blocks_, blocks.begin(), std::plus<>());
  }
  own_blocks_ = blocks;
  return sum_of_blocks(gather);
}

// All errors of a step are formed before, and groups learn one after the other.
void Learner::learn_groups(Loop& loop, Index listener, Real weight, const comm::NeuronGather& gather) {
  const Index trajectory = loop.shape().trajectory_of(listener);
  const auto groups = learning();
  Real V = shared() && shares() ? variance_of(loop, trajectory, groups, weight, gather) : core::automatic;
  for (Index g = groups.first; g < groups.last; ++g) {
    if (shares() && !shared()) V = variance_of(loop, trajectory, {g, g + 1}, weight, gather);
    if (g == groups.first) shared_variance_ = V;
    const auto r = scaled(rates_of(loop, trajectory, g), weight, scaled_rates_);
    // A rule learns from the rates whose uncertainty it was asked for last.
    if (shares() && shared()) rules_[rule_of(g)]->uncertainty(r, own_blocks_);
    const auto errors = std::as_const(loop).delta(listener);
    const auto delta = scaled(core::row_of(errors, g, setting_->outputs_of_group()), weight, scaled_errors_);
    rules_[rule_of(g)]->learn(r, delta, weights_of(loop, listener, g), V, std::cref(gather));
  }
  if (!is_batch()) pass_on(loop, listener);
}

void Learner::pass_on(Loop& loop, Index listener) {
  if (shared()) loop.group_exchange().weights(slice_, loop.weights(listener));
}

void Learner::set_initial_weights(Loop& loop, Index listener) {
  if (!setting_->groups.any()) return rules_.front()->initial_weights(loop.weights(listener));
  for (Index g = learning().first; g < learning().last; ++g) {
    rules_[rule_of(g)]->initial_weights(weights_of(loop, listener, g));
  }
  pass_on(loop, listener);
}

void Learner::learning_rate(std::span<Real> rates) const {
  if (rule_count() == 1) return rules_.front()->learning_rate(rates);
  for (Index g = learning().first; g < learning().last; ++g) {
    rules_[rule_of(g)]->learning_rate(core::row_of(rates, g - learning().first, own_.size()));
  }
}

bool Learner::finish_groups(Loop& loop, Index listener, const comm::NeuronGather& gather) {
  bool whole = true;
  const auto groups = learning();
  for (Index g = groups.first; g < groups.last && (!shared() || g == groups.first); ++g) {
    const auto& rule = rules_[rule_of(g)];
    whole = rule->finish_training(weights_of(loop, listener, g), std::cref(gather)) && whole;
  }
  whole = setting_->world->max(Index{whole ? 0 : 1}) == 0;
  if (whole) pass_on(loop, listener);
  if (batch() != nullptr) gather_fit();
  return whole;
}

/// Errors of the outputs of all groups: what one rank knows, on all of them.
void Learner::gather_fit() {
  const auto each = core::as_size(setting_->outputs_of_group());
  const auto outputs = core::as_size(setting_->outputs);
  fit_errors_.assign(2 * outputs, 0);
  const auto groups = learning();
  for (Index g = groups.first; g < groups.last; ++g) {
    const bool speaks = shared() ? setting_->world->is_root() : setting_->seat.rank == 0;
    const auto fit = batch(static_cast<Index>(rule_of(g)))->fit();
    for (std::size_t m = 0; m < each && speaks; ++m) {
      fit_errors_[core::as_size(g) * each + m] = fit.error[m];
      fit_errors_[outputs + core::as_size(g) * each + m] = fit.rounding[m];
    }
  }
  setting_->world->sum(fit_errors_);
}

core::FitScores Learner::fit_of_groups(std::span<const Real> of_zero) const {
  auto fit = batch()->fit();
  const auto half = fit_errors_.begin() + std::ssize(fit_errors_) / 2;
  fit.error.assign(fit_errors_.begin(), half);
  fit.rounding.assign(half, fit_errors_.end());
  // Of several candidates the errors are known of an output of any group.
  std::vector<Real> validation;
  for (std::size_t first = 0; first < fit.validation.size(); first += core::as_size(setting_->outputs_of_group())) {
    for (Index g = 0; g < setting_->groups.count; ++g) {
      const auto from = fit.validation.begin() + static_cast<std::ptrdiff_t>(first);
      validation.insert(validation.end(), from, from + setting_->outputs_of_group());
    }
  }
  fit.validation = std::move(validation);
  return core::scores_of(fit, of_zero);
}

}  // namespace bayres::sim
