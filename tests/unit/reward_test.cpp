// Rules that learn J from rewards, against loops over synapses and steps.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "bayres/plasticity/reward_rules.hpp"
#include "state_visit.hpp"

namespace bayres::plasticity {
namespace {

using core::Philox;
using model::Connectivity;

constexpr Index neurons = 70;
constexpr Index trial = 23;  // steps: more than are gathered at once

std::size_t at(Index i) { return static_cast<std::size_t>(i); }

/// One rank's part of a network with a rule.
template <class R>
struct Rank {
  Rank(const typename R::Parameters& parameters, Range own_, bool sparse) : own(own_), J(drawn(own_, sparse)) {
    Synapses synapses{.neurons = neurons, .own = own, .leak = 0.2, .dt = 0.5, .initial = x0()};
    for (Index i = 0; i < neurons; ++i) {
      const Index count = std::ssize(row_of(drawn({0, neurons}, sparse), i));
      (own.contains(i) ? synapses.count : synapses.before) += i < own.last ? count : 0;
      synapses.all += count;
    }
    synapses.places = J->places();
    rule.emplace(parameters, synapses);
  }

  [[nodiscard]] static core::Copied<model::AnyConnections> drawn(Range own, bool sparse) {
    model::ReservoirParameters p;
    p.size = neurons;
    p.connectivity = sparse ? 0.3 : 1;
    p.storage = sparse ? "sparse" : "dense";
    return Connectivity::draw(p, core::Precision::full, Philox(3), own).connections();
  }
  [[nodiscard]] static std::vector<Real> row_of(const core::Copied<model::AnyConnections>& J, Index row) {
    std::vector<Real> all;
    J->for_each(row, [&](Index, Real weight) { all.push_back(weight); });
    return all;
  }
  [[nodiscard]] std::span<const Real> x0() const {
    initial.clear();
    for (Index i = own.first; i < own.last; ++i) initial.push_back(random(-1, 0, i));
    return initial;
  }
  /// A signal of a step, the same on any number of ranks.
  [[nodiscard]] static Real random(Index step, Index signal, Index i) {
    return Philox(9).normal(core::Stream::task_input, 10 * (step + 1) + signal, i);
  }
  [[nodiscard]] static std::vector<Real> signal(Index step, Index number, Range part) {
    std::vector<Real> all;
    for (Index i = part.first; i < part.last; ++i) all.push_back(random(step, number, i));
    return all;
  }

  void step(Index t) {
    const auto arrived = signal(t, 1, {0, neurons});
    const auto state = signal(t, 2, own);
    const auto perturbation = signal(t, 3, own);
    const auto delta = signal(t, 4, {0, 2});
    Signals signals;
    signals.arrived = arrived;
    signals.state = state;
    signals.perturbation = perturbation;
    signals.delta = delta;
    signals.weight = t % trial < 20 ? 0 : 0.5;
    signals.kind = t / trial % 2 == 0 ? 0 : 1;
    signals.begins = t % trial == 0;
    signals.ends = t % trial == trial - 1;
    rule->learn(signals, *J);
  }

  [[nodiscard]] std::vector<Real> weights() const {
    std::vector<Real> all;
    for (Index row = 0; row < J->rows(); ++row) std::ranges::copy(row_of(J, row), std::back_inserter(all));
    return all;
  }
  [[nodiscard]] std::map<std::string, std::vector<Real>> saved() {
    std::map<std::string, std::vector<Real>> all;
    core::CallingVisitor visit([&](const core::StateArray& array, std::span<Real> values) {
      all[array.name].assign(values.begin(), values.end());
    });
    rule->visit_state(visit, *J);
    return all;
  }
  void restore(const std::map<std::string, std::vector<Real>>& from) {
    core::CallingVisitor visit([&](const core::StateArray& array, std::span<Real> values) {
      std::ranges::copy(from.at(array.name), values.begin());
    });
    rule->visit_state(visit, *J);
  }

  mutable std::vector<Real> initial;
  Range own;
  core::Copied<model::AnyConnections> J;
  std::optional<R> rule;
};

/// J after so many trials, synapse by synapse. `term(step, i, j)` is what a step adds to e_ij.
template <class R, class Term>
std::vector<Real> expected(const RewardKeys& keys, bool sparse, Index trials, Term term) {
  auto J = Rank<R>::drawn({0, neurons}, sparse);
  std::array<Real, 2> mean{};
  for (Index number = 0; number < trials; ++number) {
    Real error = 0;
    for (Index t = number * trial + 20; t < (number + 1) * trial; ++t) {
      const auto delta = Rank<R>::signal(t, 4, {0, 2});
      error += (std::abs(delta[0]) + std::abs(delta[1])) / 2 / 3;
    }
    Real& own_mean = mean[at(number % 2)];
    for (Index i = 0; i < neurons && number >= keys.warm_up; ++i) {
      J->update(i, [&](Index j, Real& weight) {
        Real e = 0;
        for (Index t = number * trial; t < (number + 1) * trial; ++t) e += term(t, i, j);
        const Real change = -keys.eta * own_mean * (error - own_mean) * e;
        weight += std::min(keys.limit, std::max(-keys.limit, change));
      });
    }
    own_mean = keys.memory * own_mean + (1 - keys.memory) * error;
  }
  std::vector<Real> all;
  for (Index i = 0; i < neurons; ++i) std::ranges::copy(Rank<R>::row_of(J, i), std::back_inserter(all));
  return all;
}

/// The fluctuation of a neuron in a step, from the beginning of the trial on.
Real fluctuation(Index step, Index neuron, Real stays) {
  using M = Rank<Miconi>;
  Real trace = M::random(-1, 0, neuron);
  for (Index t = step / trial * trial; t < step; ++t) trace = stays * trace + (1 - stays) * M::random(t, 2, neuron);
  return M::random(step, 2, neuron) - trace;
}

template <class R>
typename R::Parameters parameters(Real limit) {
  typename R::Parameters p;
  p.eta = 0.01;
  p.limit = limit;
  p.memory = 0.6;
  p.warm_up = 1;
  return p;
}

template <class R>
std::vector<Real> learned(const typename R::Parameters& p, bool sparse, Index trials, Range own = {0, neurons}) {
  Rank<R> rank(p, own, sparse);
  for (Index t = 0; t < trials * trial + 5; ++t) rank.step(t);  // of the last trial nothing is learned yet
  return rank.weights();
}

void expect_near(const std::vector<Real>& seen, const std::vector<Real>& wanted) {
  ASSERT_EQ(seen.size(), wanted.size());
  for (std::size_t k = 0; k < seen.size(); ++k) ASSERT_NEAR(seen[k], wanted[k], 1e-12) << k;
}

TEST(Reward, MiconiIsWhatSynapseBySynapseGives) {
  for (const bool sparse : {false, true}) {
    for (const Real limit : {1e9, 1e-3}) {
      auto p = parameters<Miconi>(limit);
      p.trace = 0.3;
      const auto wanted = expected<Miconi>(p, sparse, 4, [](Index t, Index i, Index j) {
        const Real e = Rank<Miconi>::random(t, 1, j) * fluctuation(t, i, 0.3);
        return e * e * e;
      });
      expect_near(learned<Miconi>(p, sparse, 4), wanted);
      EXPECT_NE(wanted, learned<Miconi>(p, sparse, 2));  // the second trial of each type learns
      EXPECT_EQ(learned<Miconi>(p, sparse, 1), Rank<Miconi>(p, {0, neurons}, sparse).weights());
    }
  }
}

TEST(Reward, NodePerturbationIsWhatSynapseBySynapseGives) {
  const auto p = parameters<NodePerturbation>(0.01);
  const auto wanted = expected<NodePerturbation>(p, true, 4, [](Index t, Index i, Index j) {
    return Rank<NodePerturbation>::random(t, 1, j) * Rank<NodePerturbation>::random(t, 3, i);
  });
  expect_near(learned<NodePerturbation>(p, true, 4), wanted);
  EXPECT_NE(wanted, learned<NodePerturbation>(p, true, 1));
}

TEST(Reward, RowsLearnAloneAsTogetherToTheBit) {
  for (const bool sparse : {false, true}) {
    const auto p = parameters<Miconi>(1e-2);
    const auto all = learned<Miconi>(p, sparse, 5);
    auto parts = learned<Miconi>(p, sparse, 5, {0, 64});
    std::ranges::copy(learned<Miconi>(p, sparse, 5, {64, neurons}), std::back_inserter(parts));
    EXPECT_EQ(parts, all);
  }
}

TEST(Reward, GoesOnInTheMiddleOfATrialAsIfNeverStopped) {
  const auto p = parameters<Miconi>(1e-2);
  Rank<Miconi> whole(p, {0, neurons}, true);
  for (Index t = 0; t < 3 * trial + 18; ++t) whole.step(t);
  Rank<Miconi> later(p, {0, neurons}, true);
  later.restore(whole.saved());
  EXPECT_EQ(later.saved(), whole.saved());
  later.J = whole.J;
  for (Index t = 3 * trial + 18; t < 5 * trial; ++t) {
    whole.step(t);
    later.step(t);
  }
  EXPECT_EQ(later.weights(), whole.weights());
  EXPECT_EQ(later.saved(), whole.saved());
}

TEST(Reward, PerturbationsAreOfSeedStepAndNeuronAlone) {
  Miconi::Parameters p;
  p.perturbation_rate = 0.5;
  p.perturbation = 3;
  const auto perturbed = [&](Range own, Index replica, Index step) {
    const Synapses synapses{.neurons = 6400, .own = own, .dt = 0.5, .exploration = Philox(4).replica(replica)};
    std::vector<Real> input(at(own.size()));
    Miconi(p, synapses).perturb(step, input);
    return input;
  };
  const auto all = perturbed({0, 6400}, 0, 7);
  const auto part = perturbed({128, 256}, 0, 7);
  EXPECT_TRUE(std::ranges::equal(part, std::span(all).subspan(128, 128)));
  EXPECT_NE(all, perturbed({0, 6400}, 1, 7));
  EXPECT_NE(all, perturbed({0, 6400}, 0, 8));
  Real sum = 0;
  Real squares = 0;
  const auto count = static_cast<Real>(std::ranges::count_if(all, [](Real x) { return x != 0; }));
  for (const Real x : all) {
    EXPECT_LE(std::abs(x), 3);
    sum += x;
    squares += x * x;
  }
  EXPECT_NEAR(count, 1600, 4 * std::sqrt(1200));  // a quarter of the neurons
  EXPECT_NEAR(sum / count, 0, 4 * std::sqrt(3 / count));
  EXPECT_NEAR(squares / count, 3, 0.3);
}

TEST(Reward, PerturbationsAreByDefaultMiconisForAnyTimeStep) {
  Synapses synapses{.neurons = 2, .own = {0, 2}, .leak = 1.0 / 30, .dt = 1};
  EXPECT_NEAR(Miconi::Parameters().resolved(synapses).perturbation_rate, 0.003, 1e-15);
  EXPECT_NEAR(Miconi::Parameters().resolved(synapses).perturbation, 16, 1e-12);
  EXPECT_EQ(NodePerturbation::Parameters().resolved(synapses).eta, 1e-3);
  synapses.leak = 0.1;
  synapses.dt = 3;
  EXPECT_NEAR(NodePerturbation::Parameters().resolved(synapses).perturbation_rate, 0.003, 1e-15);
  EXPECT_NEAR(NodePerturbation::Parameters().resolved(synapses).perturbation, 16.0 / 3, 1e-12);
}

static_assert(Rule<Miconi> && Rule<NodePerturbation> && Perturbs<Miconi> && Perturbs<NodePerturbation>);
static_assert(!Gathers<Miconi> && !SumsOverNeurons<Miconi> && is_rewarded<Miconi> && is_rewarded<NodePerturbation>);

}  // namespace
}  // namespace bayres::plasticity
