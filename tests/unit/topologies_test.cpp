#include "bayres/topologies/registry.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "bayres/model/network.hpp"
#include "bayres/neurons/rate_leak.hpp"
#include "bayres/neurons/registry.hpp"

namespace bayres::model {
namespace {

using core::Philox;
using core::Precision;
using core::Range;
using Row = std::map<Index, Real>;
using Structure = std::vector<Row>;

ReservoirParameters reservoir_of(Index size, Real gain = 1) {
  ReservoirParameters p;
  p.size = size;
  p.gain = gain;
  return p;
}

/// The weights that are there of the rows `own`.
template <class Scheme>
Structure drawn(const ReservoirParameters& p, const typename Scheme::Parameters& parameters, Range own,
                std::uint64_t seed = 1) {
  const auto choice = core::choose<ConnectionChoice, Scheme>(parameters);
  EXPECT_EQ(choice->problem(p), "");
  const auto J = choice->draw(p, Precision::full, Philox(seed), own);
  Structure rows(core::as_size(J.rows()));
  for (Index i = 0; i < J.rows(); ++i) {
    J.for_each(i, [&](Index j, Real weight) {
      if (weight != 0) rows[core::as_size(i)][j] = weight;
    });
  }
  return rows;
}
template <class Scheme>
Structure drawn(const ReservoirParameters& p, const typename Scheme::Parameters& parameters = {}) {
  return drawn<Scheme>(p, parameters, {0, p.size});
}

std::vector<std::string> problems_of(const ConnectionChoice& choice, const std::vector<Index>& sizes) {
  std::vector<std::string> all;
  for (const Index size : sizes) all.push_back(choice.problem(reservoir_of(size)));
  return all;
}

TEST(Topologies, LineAndCycleHearTheNeuronBefore) {
  const auto line = drawn<DelayLine>(reservoir_of(5, 0.7));
  EXPECT_EQ(line, (Structure{{}, {{0, 0.7}}, {{1, 0.7}}, {{2, 0.7}}, {{3, 0.7}}}));
  const auto ring = drawn<Ring>(reservoir_of(3, 0.7));
  EXPECT_EQ(ring, (Structure{{{2, 0.7}}, {{0, 0.7}}, {{1, 0.7}}}));
}

TEST(Topologies, JumpsOfACycleGoBothWays) {
  // Rodan & Tino 2012, section 3: closed where l divides N, else up to the last multiple of l.
  const CycleJumps::Parameters jumps{.jump_length = 3, .jump_weight = 0.5};
  const auto closed = drawn<CycleJumps>(reservoir_of(9, 2), jumps);
  EXPECT_EQ(closed[0], (Row{{8, 2}, {3, 1}, {6, 1}}));
  EXPECT_EQ(closed[3], (Row{{2, 2}, {0, 1}, {6, 1}}));
  EXPECT_EQ(closed[6], (Row{{5, 2}, {3, 1}, {0, 1}}));
  EXPECT_EQ(closed[7], (Row{{6, 2}}));
  const auto open = drawn<CycleJumps>(reservoir_of(8, 2), jumps);
  EXPECT_EQ(open[0], (Row{{7, 2}, {3, 1}}));
  EXPECT_EQ(open[3], (Row{{2, 2}, {0, 1}, {6, 1}}));
  EXPECT_EQ(open[6], (Row{{5, 2}, {3, 1}}));
  const auto choice = core::choose<ConnectionChoice, CycleJumps>(jumps);
  EXPECT_EQ(problems_of(*choice, {6})[0], "");
  EXPECT_NE(problems_of(*choice, {5})[0].find("allowed is 2 to N/2"), std::string::npos);
}

/// Of the neurons that a neuron hears, how many of their pairs hear each other: the mean over neurons.
Real clustering(const Structure& rows) {
  Real sum = 0;
  for (const auto& row : rows) {
    Real linked = 0;
    Real pairs = 0;
    for (const auto& [a, ignored] : row) {
      for (const auto& [b, also_ignored] : row) {
        if (a == b) continue;
        ++pairs;
        linked += rows[core::as_size(a)].contains(b) ? 1 : 0;
      }
    }
    sum += linked / pairs;
  }
  return sum / static_cast<Real>(rows.size());
}

TEST(Topologies, SmallWorldsAreLatticesThatAreRewired) {
  constexpr Index n = 400;
  constexpr Index k = 10;
  const auto of = [&](Real rewiring) {
    return drawn<SmallWorld>(reservoir_of(n), {.neighbours = k, .rewiring = rewiring});
  };
  const auto rewired = [&](const Structure& rows) {
    Real far = 0;
    for (Index i = 0; i < n; ++i) {
      EXPECT_EQ(std::ssize(rows[core::as_size(i)]), k) << i;
      EXPECT_FALSE(rows[core::as_size(i)].contains(i));
      for (const auto& [j, weight] : rows[core::as_size(i)]) {
        const Index apart = std::abs(i - j);
        if (std::min(apart, n - apart) > k / 2) ++far;
      }
    }
    return far / (n * k);
  };
  const auto lattice = of(0);
  EXPECT_EQ(rewired(lattice), 0);
  // Watts & Strogatz 1998: 3 (k - 2)/(4 (k - 1)) of a lattice, times (1 - b)^3 once it is rewired.
  const Real expected = 3.0 * (k - 2) / (4.0 * (k - 1));
  EXPECT_NEAR(clustering(lattice), expected, 1e-12);
  const auto some = of(0.1);
  EXPECT_NEAR(rewired(some), 0.1, 0.03);
  EXPECT_NEAR(clustering(some), expected * 0.729, 0.05);
  EXPECT_LT(clustering(of(1)), 0.06);
  const auto choice = core::choose<ConnectionChoice, SmallWorld>({.neighbours = 5});
  EXPECT_NE(problems_of(*choice, {100})[0].find("even"), std::string::npos);
}

TEST(Topologies, BlocksHearThemselvesAlone) {
  for (const Real p : {0.3, 1.0}) {
    auto reservoir = reservoir_of(203, 1.5);
    reservoir.connectivity = p;
    const auto rows = drawn<Block>(reservoir, {.blocks = 4});
    Real count = 0;
    Real squares = 0;
    for (Index i = 0; i < 203; ++i) {
      for (const auto& [j, weight] : rows[core::as_size(i)]) {
        const auto block_of = [](Index neuron) { return (4 * neuron + 3) / 203; };  // ends at 50, 101, 152, 203
        EXPECT_EQ(block_of(i), block_of(j)) << i << " hears " << j;
        ++count;
        squares += weight * weight;
      }
    }
    const auto density = core::choose<ConnectionChoice, Block>({.blocks = 4})->density(reservoir);
    EXPECT_NEAR(count / (203.0 * 203.0), density, p < 1 ? 0.01 : 1e-12);
    EXPECT_NEAR(squares / count / (1.5 * 1.5 / (p * 203 / 4)), 1, 0.1);
  }
}

TEST(Topologies, OrthogonalRowsAreOrthonormalAndUniform) {
  const auto rows = drawn<Orthogonal>(reservoir_of(130, 0.5));
  for (std::size_t a = 0; a < rows.size(); ++a) {
    for (std::size_t b = 0; b < rows.size(); ++b) {
      Real dot = 0;
      for (const auto& [j, weight] : rows[a]) dot += weight * rows[b].at(j);
      EXPECT_NEAR(dot, a == b ? 0.25 : 0, 1e-14);
    }
  }
  // Of uniform rotations and reflections of the plane, half are rotations, and Q_00 has mean 0 and variance 1/2.
  Real rotations = 0;
  Real sum = 0;
  Real squares = 0;
  constexpr int draws = 1000;
  for (int seed = 0; seed < draws; ++seed) {
    const auto Q = drawn<Orthogonal>(reservoir_of(2), {}, {0, 2}, static_cast<std::uint64_t>(seed));
    rotations += Q[0].at(0) * Q[1].at(1) - Q[0].at(1) * Q[1].at(0) > 0 ? 1 : 0;
    sum += Q[0].at(0);
    squares += Q[0].at(0) * Q[0].at(0);
  }
  EXPECT_NEAR(rotations / draws, 0.5, 0.08);
  EXPECT_NEAR(sum / draws, 0, 0.1);
  EXPECT_NEAR(squares / draws, 0.5, 0.06);
  EXPECT_NE(problems_of(*core::choose<ConnectionChoice, Orthogonal>(), {10001})[0].find("up to 10000"),
            std::string::npos);
}

TEST(Topologies, HaveTheSameRowsOnAnyRankAndInAnyStorage) {
  BuiltInConnections::for_each([]<class Scheme>() {
    for (const std::string storage : {"dense", "sparse", "by-source"}) {
      auto p = reservoir_of(200, 1.5);
      const auto whole = drawn<Scheme>(p);
      p.storage = storage;
      for (const Range own : {Range{0, 64}, {64, 128}, {128, 200}}) {
        const auto part = drawn<Scheme>(p, {}, own);
        for (Index i = own.first; i < own.last; ++i) {
          EXPECT_EQ(part[core::as_size(i - own.first)], whole[core::as_size(i)]) << Scheme::info.name << " " << storage;
        }
      }
    }
  });
}

TEST(Topologies, WeightsAreProportionalToTheGain) {
  BuiltInConnections::for_each([]<class Scheme>() {
    const auto one = drawn<Scheme>(reservoir_of(100, 1));
    const auto two = drawn<Scheme>(reservoir_of(100, 2));
    for (std::size_t i = 0; i < one.size(); ++i) {
      ASSERT_EQ(one[i].size(), two[i].size());
      for (const auto& [j, weight] : one[i]) EXPECT_EQ(two[i].at(j), 2 * weight) << Scheme::info.name;
    }
  });
}

TEST(Weights, HaveTheSameVarianceInAnyDistribution) {
  const std::map<std::string, Real> kurtosis{{"normal", 3}, {"uniform", 1.8}, {"bernoulli", 1}};
  for (const auto& [name, expected] : kurtosis) {
    for (const Real p : {0.2, 1.0}) {
      auto reservoir = reservoir_of(300, 1.3);
      reservoir.connectivity = p;
      reservoir.weights = name;
      Real count = 0;
      Real sum = 0;
      Real squares = 0;
      Real fourth = 0;
      for (const auto& row : drawn<RandomConnections>(reservoir)) {
        for (const auto& [j, weight] : row) {
          ++count;
          sum += weight;
          squares += weight * weight;
          fourth += weight * weight * weight * weight;
        }
      }
      const Real variance = 1.3 * 1.3 / (p * 300);
      EXPECT_NEAR(squares / count / variance, 1, 0.05) << name;
      EXPECT_NEAR(sum / count / std::sqrt(variance), 0, 0.04) << name;
      EXPECT_NEAR(fourth / count / (squares / count * squares / count), expected, 0.15) << name;
    }
  }
}

TEST(Weights, OfRatesHaveSignsByDalesLaw) {
  auto p = reservoir_of(200);
  p.fraction_excitatory = 0.8;
  for (const auto& row : drawn<SmallWorld>(p)) {
    for (const auto& [j, weight] : row) EXPECT_EQ(weight > 0, j < 160);
  }
}

TEST(InputWeights, AreThereWithAProbability) {
  auto p = reservoir_of(500);
  const auto all = draw_network(p, Philox(3), {0, 500}, 4, 1).input;
  p.input_connectivity = 0.3;
  const auto some = draw_network(p, Philox(3), {0, 500}, 4, 1).input;
  Real count = 0;
  for (std::size_t k = 0; k < all.size(); ++k) {
    if (some[k] == 0) continue;
    EXPECT_EQ(some[k], all[k]);
    ++count;
  }
  EXPECT_NEAR(count / 2000, 0.3, 0.05);
  const auto part = draw_network(p, Philox(3), {64, 128}, 4, 1).input;
  EXPECT_TRUE(std::ranges::equal(part, std::span(some).subspan(256, 256)));
}

TEST(TimeConstants, AreLogUniform) {
  auto taus = draw_time_constants({1, 16}, Philox(2), {0, 4000});
  const auto part = draw_time_constants({1, 16}, Philox(2), {64, 128});
  EXPECT_TRUE(std::ranges::equal(part, std::span(taus).subspan(64, 64)));
  std::ranges::sort(taus);
  EXPECT_GE(taus.front(), 1 - 1e-15);
  EXPECT_LE(taus.back(), 16 + 1e-13);
  EXPECT_NEAR(taus[1000], 2, 0.1);
  EXPECT_NEAR(taus[2000], 4, 0.25);
  EXPECT_NEAR(taus[3000], 8, 0.5);
  EXPECT_TRUE(draw_time_constants({3, 3}, Philox(2), {0, 10}).empty());
}

TEST(TimeConstants, AreReadFromARange) {
  ReservoirParameters p;
  p.tau = "2..8";
  EXPECT_EQ(p.problem_of_tau(), "");
  EXPECT_FALSE(p.has_one_tau());
  EXPECT_EQ(p.unit_of_time(), 1);
  p.tau = "3";
  EXPECT_EQ(p.unit_of_time(), 3);
  for (const std::string wrong : {"0..2", "3..2", "x", "", "-1", "1..", "nan", "1..inf"}) {
    p.tau = wrong;
    EXPECT_NE(p.problem_of_tau().find("allowed is > 0"), std::string::npos) << wrong;
  }
}

/// States of 100 neurons after some steps with noise, input and recurrent current.
std::vector<Real> advanced(const AnyNeurons& neurons) {
  const std::vector<Real> current(100, 0.3);
  const std::vector<Real> bias(100, -0.1);
  std::vector<Real> noise(100);
  std::vector<Real> initial(100);
  Philox(1).fill_normals(core::Stream::state_noise, 0, 0, noise);
  Philox(2).fill_normals(core::Stream::initial_state, 0, 0, initial);
  std::vector<Real> state(100);
  neurons.begin(initial, state);
  for (int step = 0; step < 5; ++step) neurons.advance({current, bias, {}, noise}, state);
  return state;
}

TEST(LeakyRates, AreLeakyStatesWhereRatesAreStates) {
  const auto kind = core::choose<NeuronChoice, Identity>();
  NeuronContext context{.dt = 0.3, .tau = 2, .noise = 0, .own = {0, 100}};
  for (const auto& taus : {core::AlignedVector<Real>(), draw_time_constants({1, 5}, Philox(1), {0, 100})}) {
    context.taus = taus;
    const auto states = advanced(*kind->make(context));
    const auto rates = advanced(LeakyRates(*kind, context));
    for (std::size_t i = 0; i < states.size(); ++i) EXPECT_NEAR(rates[i], states[i], 1e-15);
  }
}

TEST(LeakyRates, AreTheModelsOwnWithoutLeak) {
  const NeuronContext context{.dt = 2, .tau = 2, .noise = 0.2, .own = {0, 100}};
  BuiltInNeurons::for_each([&]<class N>() {
    if constexpr (!SendsSpikes<N>) {
      const auto kind = core::choose<NeuronChoice, N>();
      const auto own = kind->make(context);
      std::vector<Real> expected(100);
      own->rates(advanced(*own), expected);
      const auto rates = advanced(LeakyRates(*kind, context));
      for (std::size_t i = 0; i < 100; ++i) EXPECT_NEAR(rates[i], expected[i], 1e-15) << N::info.name;
    }
  });
}

TEST(Sigmoid, IsTheLogisticFunction) {
  const Sigmoid neurons({}, NeuronContext{});
  const std::vector<Real> x{-800, -30, -1, 0, 0.5, 40, 800};
  std::vector<Real> r(x.size());
  std::vector<Real> slope(x.size());
  neurons.rates(x, r);
  neurons.slope(x, slope);
  for (std::size_t k = 0; k < x.size(); ++k) {
    EXPECT_NEAR(r[k], 1 / (1 + std::exp(-x[k])), 1e-15);
    EXPECT_NEAR(slope[k], r[k] * (1 - r[k]), 1e-16);
  }
}

}  // namespace
}  // namespace bayres::model
