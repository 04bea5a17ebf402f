#include "bayres/sim/learner.hpp"

#include <type_traits>

namespace bayres::sim {
namespace {

/// The rule that goes with a set of parameters.
rules::AnyRule make_rule(const rules::AnyParameters& any, const rules::Synapses& synapses) {
  return rules::Registry::with_type_of(any, [&]<class Rule>(const typename Rule::Parameters& p) {
    static_assert(rules::LocalRule<Rule> + rules::BranchRule<Rule> + rules::CollectiveRule<Rule> == 1,
                  "a rule is of exactly one kind");
    return rules::AnyRule(std::in_place_type<Rule>, p, synapses);
  });
}

}  // namespace

Learner::Learner(const LearnerParameters& parameters, const rules::Synapses& synapses, std::size_t evaluation_count)
    : train(static_cast<std::size_t>(synapses.outputs)),
      test(train),
      evaluations(evaluation_count, train),
      parameters_(parameters),
      rule_(make_rule(parameters.rule, synapses)) {}

void Learner::learn(Loop& loop, Index group, const comm::NeuronGather& gather) {
  const auto own = loop.own_rates(loop.copy_of(group));
  const auto all = [&] { return loop.all_rates(loop.copy_of(group)); };
  const auto delta = loop.delta(group);
  const auto weights = loop.weights(group);
  std::visit(
      [&](auto& rule) {
        using Rule = std::remove_reference_t<decltype(rule)>;
        if constexpr (rules::LocalRule<Rule>) {
          rule.learn(own, delta, weights);
        } else if constexpr (rules::BranchRule<Rule>) {
          const core::Range reach = rule.reach();
          rule.learn(all().subspan(static_cast<std::size_t>(reach.first), static_cast<std::size_t>(reach.size())),
                     delta, weights);
        } else {
          rule.learn(all(), delta, weights, gather);
        }
      },
      rule_);
}

void Learner::set_initial_weights(std::span<Real> weights) const noexcept {
  std::visit(
      [&](const auto& rule) {
        if constexpr (rules::HasInitialWeights<std::decay_t<decltype(rule)>>) rule.initial_weights(weights);
      },
      rule_);
}

bool Learner::finish_training(Loop& loop, Index group, const comm::NeuronGather& gather) {
  return std::visit(
      [&](auto& rule) {
        if constexpr (rules::FinishesTraining<std::decay_t<decltype(rule)>>) {
          return rule.finish_training(loop.weights(group), gather);
        }
        return true;
      },
      rule_);
}

bool Learner::is_batch() const noexcept {
  return std::visit([](const auto& rule) { return rules::FinishesTraining<std::decay_t<decltype(rule)>>; }, rule_);
}

bool Learner::has_learning_rate() const noexcept {
  return std::visit([](const auto& rule) { return rules::HasLearningRate<std::decay_t<decltype(rule)>>; }, rule_);
}

void Learner::learning_rate(std::span<Real> rates) const noexcept {
  std::visit(
      [&](const auto& rule) {
        if constexpr (rules::HasLearningRate<std::decay_t<decltype(rule)>>) rule.learning_rate(rates);
      },
      rule_);
}

bool Learner::rates_may_rise() const noexcept {
  return std::visit(
      [](const auto& rule) {
        if constexpr (rules::KnowsItsRates<std::decay_t<decltype(rule)>>) return bool(rule.rates_may_rise());
        return false;
      },
      rule_);
}

bool Learner::never_overshoots() const noexcept {
  return std::visit(
      [](const auto& rule) {
        if constexpr (rules::KnowsItsRates<std::decay_t<decltype(rule)>>) return bool(rule.never_overshoots());
        return false;
      },
      rule_);
}

std::string Learner::unsound(const comm::NeuronGather& gather) const {
  return std::visit(
      [&](const auto& rule) -> std::string {
        if constexpr (rules::ChecksItself<std::decay_t<decltype(rule)>>) return rule.unsound(gather);
        return {};
      },
      rule_);
}

void Learner::visit_state(core::StateVisitor& visit, bool writes) {
  core::ScopedVisitor scoped(visit, std::string(learner_scope) + name());
  std::visit([&](auto& rule) { rule.visit_state(scoped); }, rule_);
  auto numbers = bookkeeping();
  scoped(core::shared_array("scores", static_cast<Index>(numbers.size()), writes), std::span<Real>(numbers));
  set_bookkeeping(numbers);
}

template <class Call>
void Learner::for_each_score(Call call) {
  for (auto& score : train) call(score);
  for (auto& score : test) call(score);
  for (auto& scores : evaluations) {
    for (auto& score : scores) call(score);
  }
}

std::vector<Real> Learner::bookkeeping() {
  std::vector<Real> numbers{static_cast<Real>(diverged_at_step_)};
  for_each_score([&](const Score& score) {
    std::array<Real, Score::state_size> state;
    score.save(state);
    numbers.insert(numbers.end(), state.begin(), state.end());
  });
  return numbers;
}

void Learner::set_bookkeeping(std::span<const Real> numbers) {
  diverged_at_step_ = core::to_whole(numbers[0]);
  std::size_t at = 1;
  for_each_score([&](Score& score) {
    score.restore(numbers.subspan(at).first<Score::state_size>());
    at += Score::state_size;
  });
}

bool has_learning_rate(const LearnerParameters& learner) {
  return rules::Registry::with_type_of(
      learner.rule, []<class Rule>(const typename Rule::Parameters&) { return rules::HasLearningRate<Rule>; });
}

Real mean_of(const Scores& scores, Real (Score::*measure)() const noexcept) {
  Real sum = 0;
  for (const auto& score : scores) sum += (score.*measure)();
  return sum / static_cast<Real>(scores.size());
}

}  // namespace bayres::sim
