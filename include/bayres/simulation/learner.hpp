#pragma once
/// \file
/// A learner: a rule with its own readouts and scores.

#include <cmath>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "bayres/core/memory.hpp"
#include "bayres/loop/loop.hpp"
#include "bayres/parameters/parameters.hpp"
#include "bayres/parameters/schedule.hpp"

namespace bayres::sim {

/// Scope of the states of learners, each under its name.
inline constexpr std::string_view learner_scope = "learners/";

/// One step that is scored, with what it means for trials.
void score_step(Scores& scores, const tasks::Mark& mark, const ScoredStep& step);

/// One learner on this rank. Its weights are those of its listener in the loop.
class Learner {
 public:
  /// `synapses`: of its readouts; of several groups that do not share them, of each of all groups, with none where they
  /// are on other ranks. `recurrent` is used only if it learns J. `evaluations`: how often its frozen weights will be
  /// scored.
  Learner(const LearnerParameters& parameters, const Setting& setting, const std::vector<rules::Synapses>& synapses,
          const plasticity::Synapses& recurrent, const Measures& measures, std::size_t evaluations);

  /// Memory of a learner of a run, apart from its weights.
  [[nodiscard]] static core::Bytes bytes(const Workload& run, const Share& part, const LearnerParameters& learner);
  /// One step of learning.
  [[nodiscard]] static core::Work work(const Workload& run, core::Range own, const comm::RankLayout& layout,
                                       const LearnerParameters& learner);
  /// The same where there are several groups.
  [[nodiscard]] static core::Work work_of_groups(const Workload& run, const comm::RankLayout& layout,
                                                 const LearnerParameters& learner);
  /// Memory of the state of so many of its rules; none if it will use the sums of an earlier learner.
  [[nodiscard]] static Real rule_bytes(const Workload& run, core::Range own, const LearnerParameters& learner,
                                       Index rules = 1);

  /// Sets the weights that the rule starts from, if they are not 0. Collective.
  void set_initial_weights(Loop& loop, Index listener);
  /// Gives the loop its weights where groups share them, as after they have been restored. Collective.
  void pass_on(Loop& loop, Index listener);

  /// Begins its rule anew, before it has learned, with a default that follows from the rates of the synapses.
  void begin_rule(const rules::Synapses& synapses) { rules_.front() = parameters_.rule->make(synapses); }

  /// At the end of training: batch rules set their weights. False if there is no solution. Collective.
  bool finish_training(Loop& loop, Index listener, const comm::NeuronGather& gather);

  /// Its rules, one or one of each group.
  [[nodiscard]] Index rule_count() const noexcept { return std::ssize(rules_); }
  /// One of them, if it is a batch rule; otherwise nullptr. How well they fit.
  /// \{
  [[nodiscard]] rules::BatchRule* batch(Index rule = 0) const noexcept { return rules_[core::as_size(rule)]->batch(); }
  [[nodiscard]] core::FitScores fit() const;
  /// \}
  [[nodiscard]] bool learns_J() const noexcept { return recurrent_rule_ != nullptr; }
  /// One step of learning J, which comes before that of the readouts (plasticity/rule.hpp). Collective if its rule is.
  void learn_J(Loop& loop, Index listener, const tasks::Mark& mark, const comm::NeuronGather& gather);
  /// Whether it perturbs its trajectory in training; it does so before each step. Local.
  /// \{
  [[nodiscard]] bool perturbs() const noexcept { return learns_J() && recurrent_rule_->perturbs(); }
  void perturb(Loop& loop, Index listener, Index step) const noexcept;
  /// \}
  /// J changes by what has been gathered. Local.
  void apply_J(Loop& loop, Index listener);
  /// Whether its rule shares its uncertainty; before each step that it learns from, `share` must be called. The number
  /// of its V in the loop's sums is `variance`, or -1 if the rule hears of neurons on other ranks: V then needs a
  /// second reduction, in `learn`.
  /// \{
  [[nodiscard]] bool shares() const noexcept { return shares_; }
  void set_variance(Index variance) noexcept { variance_ = variance; }
  /// \}
  /// Between the step's states and its exchange: sets the parts of own blocks in V. Local.
  void share(Loop& loop, Index listener, Real weight);
  /// V when it learned last; NaN before.
  [[nodiscard]] Real shared_variance() const noexcept { return shared_variance_; }
  /// One step of learning the weights of a listener. A step of weight w carries w times the information: its rates and
  /// errors are multiplied by sqrt(w). An output that sends spikes has a gradient d in place of the error, and
  /// `information` F on z: that is a step of weight w F whose error is d/F. Collective if the rule is.
  void learn(Loop& loop, Index listener, Real weight, Real information, const comm::NeuronGather& gather);

  [[nodiscard]] const LearnerParameters& parameters() const noexcept { return parameters_; }
  [[nodiscard]] const std::string& name() const noexcept { return parameters_.name; }
  /// The mark of a step, which does not count if its fold leaves it out.
  [[nodiscard]] tasks::Mark counted(tasks::Mark mark, Phase phase) const noexcept;
  /// Of a cross-validation, from 1; 0: there is none.
  [[nodiscard]] Index fold() const noexcept { return parameters_.folded.fold; }
  [[nodiscard]] bool has_learning_rate() const { return parameters_.rule->has_learning_rate(); }
  /// Whether it sets its weights at the end of training.
  [[nodiscard]] bool is_batch() const { return parameters_.rule->is_batch(); }
  /// One rate per own synapse, the same for every readout; only if `has_learning_rate`. Of several groups those of the
  /// slice where they share readouts, else those of each of the own groups (own groups x own).
  /// \{
  [[nodiscard]] std::size_t rate_count() const noexcept {
    return core::as_size(own_.size() * (rule_count() > 1 ? learning().size() : 1));
  }
  void learning_rate(std::span<Real> rates) const;
  /// \}

  /// Properties of the rates (rules/rule.hpp), and the problem of the posterior, or "". The latter is collective.
  /// \{
  [[nodiscard]] bool rates_may_rise() const { return rules_.front()->rates_may_rise(); }
  [[nodiscard]] bool never_overshoots() const { return rules_.front()->never_overshoots(); }
  [[nodiscard]] std::string unsound(const comm::NeuronGather& gather) const;
  /// \}

  /// The step at which it diverged, or -1.
  [[nodiscard]] Index diverged_at_step() const noexcept { return diverged_at_step_; }
  [[nodiscard]] bool active() const noexcept { return diverged_at_step_ < 0; }
  void mark_diverged(Index step) noexcept { diverged_at_step_ = step; }

  /// Rules, J if it is learned, divergence and scores, under learners/NAME, so that a learner may have any name.
  /// `writes` is true on one rank only.
  void visit_state(core::StateVisitor& visit, Loop& loop, Index listener, bool writes);
  /// What of this it has learned: rules, and J.
  void visit_learned(core::StateVisitor& visit, Loop& loop, Index listener, bool writes);

  /// One step of the trial that is under way.
  void follow_trial(const tasks::Mark& mark, std::span<const Real> target, std::span<const Real> delta) noexcept;
  /// What it has answered in it so far, each output; empty if the task has no answers.
  [[nodiscard]] const std::vector<Answer>& answers() const noexcept { return answers_; }

  Scores train;                     ///< of the running output, all of training
  Scores test;                      ///< of the frozen weights
  std::vector<Scores> evaluations;  ///< of weights frozen during training

 private:
  template <class Call>
  void for_each_scores(Call call);
  void visit_J(core::StateVisitor& visit, Loop& loop, Index listener);
  void visit_projections(core::StateVisitor& visit, model::Plastic& learned) const;
  /// What its rule changes.
  [[nodiscard]] plasticity::Weights plastic(Loop& loop, Index listener) const;
  [[nodiscard]] std::span<const Real> rates(Loop& loop, Index listener) const;
  [[nodiscard]] bool finish_groups(Loop& loop, Index listener, const comm::NeuronGather& gather);
  [[nodiscard]] core::FitScores fit_of_groups(std::span<const Real> of_zero) const;
  void gather_fit();
  void learn_groups(Loop& loop, Index listener, Real weight, const comm::NeuronGather& gather);
  [[nodiscard]] Real variance_of(Loop& loop, Index trajectory, core::Range groups, Real weight,
                                 const comm::NeuronGather& gather);
  /// The number of the rule of a group.
  [[nodiscard]] std::size_t rule_of(Index group) const noexcept { return rule_count() > 1 ? core::as_size(group) : 0; }
  /// What a group's readouts hear, of those whose rules are on this rank.
  [[nodiscard]] std::span<const Real> rates_of(Loop& loop, Index trajectory, Index group) const;
  [[nodiscard]] std::span<Real> weights_of(Loop& loop, Index listener, Index group);
  [[nodiscard]] bool shared() const noexcept { return setting_->groups.shared; }
  /// The groups that learn on this rank.
  [[nodiscard]] core::Range learning() const noexcept {
    return shared() ? core::Range{0, setting_->groups.count} : setting_->seat.groups;
  }
  /// Values times the root of a weight.
  [[nodiscard]] static std::span<const Real> scaled(std::span<const Real> values, Real weight,
                                                    std::vector<Real>& buffer) {
    return weight == 1 ? values : multiplied(values, std::sqrt(weight), buffer);
  }
  [[nodiscard]] static std::span<const Real> multiplied(std::span<const Real> values, Real factor,
                                                        std::vector<Real>& buffer);
  [[nodiscard]] Real sum_of_blocks(const comm::NeuronGather& gather);
  void sum_over_neurons(const plasticity::Signals& signals, const comm::NeuronGather& gather);

  std::vector<Answer> answers_;
  bool classifies_;
  LearnerParameters parameters_;
  const Setting* setting_;
  core::Range own_;
  std::vector<std::unique_ptr<rules::AnyRule>> rules_;  // one, or one of each group
  core::AlignedVector<Real> slice_;                     // weights that groups share: outputs of a group x slice
  std::vector<Real> fit_errors_;  // of the rules of all groups: errors of the outputs, then their rounding
  bool shares_;
  Index variance_ = -1;
  Real shared_variance_ = core::automatic;
  Real correlated_;               // steps (rules::Synapses)
  std::vector<Real> own_blocks_;  // parts of a sum over neurons, such as V, of own blocks
  std::vector<Real> all_blocks_;  // the same of all blocks
  plasticity::Synapses recurrent_;
  std::vector<Real> no_error_;                           // outputs
  std::unique_ptr<plasticity::AnyRule> recurrent_rule_;  // empty: J is fixed
  std::vector<Real> sums_;                               // that the latter asks for
  Index diverged_at_step_ = -1;
  std::vector<Real> scaled_rates_;  // of a step of weight other than 1
  std::vector<Real> scaled_errors_;
};

}  // namespace bayres::sim
