#include "bayres/sim/learner.hpp"

#include <functional>

namespace bayres::sim {

Learner::Learner(const LearnerParameters& parameters, const rules::Synapses& synapses, std::size_t evaluation_count)
    : train(static_cast<std::size_t>(synapses.outputs)),
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

void Learner::visit_state(core::StateVisitor& visit, bool writes) {
  core::ScopedVisitor scoped(visit, std::string(learner_scope) + name());
  rule_->visit_state(scoped);
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

Real mean_of(const Scores& scores, Real (Score::*measure)() const noexcept) {
  Real sum = 0;
  for (const auto& score : scores) sum += (score.*measure)();
  return sum / static_cast<Real>(scores.size());
}

}  // namespace bayres::sim
