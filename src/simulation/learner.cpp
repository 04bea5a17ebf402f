#include "bayres/simulation/learner.hpp"

#include <functional>

namespace bayres::sim {

Learner::Learner(const LearnerParameters& parameters, const rules::Synapses& synapses, const Measures& measures,
                 std::size_t evaluation_count)
    : train(measures, core::as_size(synapses.outputs)),
      test(train),
      evaluations(evaluation_count, train),
      parameters_(parameters),
      own_(synapses.own),
      rule_(parameters.rule->make(synapses)) {}

void Learner::learn(Loop& loop, Index group, const comm::NeuronGather& gather) {
  const Index copy = loop.copy_of(group);
  const core::Range hears = rule_->hears();
  const auto rates = hears == own_
                         ? loop.own_rates(copy)
                         : loop.all_rates(copy).subspan(core::as_size(hears.first), core::as_size(hears.size()));
  rule_->learn(rates, loop.delta(group), loop.weights(group), std::cref(gather));
}

bool Learner::finish_training(Loop& loop, Index group, const comm::NeuronGather& gather) {
  return rule_->finish_training(loop.weights(group), std::cref(gather));
}

std::string Learner::unsound(const comm::NeuronGather& gather) const { return rule_->unsound(std::cref(gather)); }

namespace {

/// Shows the numbers that `visit_all(visit)` shows one by one as one array.
template <class VisitAll>
void visit_numbers(core::StateVisitor& visit, const std::string& name, bool writes, VisitAll visit_all) {
  std::vector<Real> numbers;
  visit_all([&](Real& number) { numbers.push_back(number); });
  visit(core::shared_array(name, std::ssize(numbers), writes), std::span<Real>(numbers));
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

void Learner::visit_state(core::StateVisitor& visit, bool writes) {
  core::ScopedVisitor scoped(visit, std::string(learner_scope) + name());
  rule_->visit_state(scoped);
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
    visit_numbers(scoped, measure, writes, [&](const VisitNumber& number) {
      for_each_scores([&](Scores& scores) { scores.accumulators()[k]->visit_state(number); });
    });
  }
}

}  // namespace bayres::sim
