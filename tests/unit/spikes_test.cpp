#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <map>
#include <numeric>
#include <set>
#include <vector>

#include "bayres/model/connections.hpp"
#include "bayres/model/network.hpp"
#include "bayres/neurons/lif.hpp"

namespace bayres::model {
namespace {

using core::Philox;
using core::Precision;
using core::Range;

constexpr std::array<Real, 1> nothing{0};

/// One neuron that hears a given current.
class OneNeuron {
 public:
  OneNeuron(const Lif::Parameters& p, Real dt) : lif_(p, {.dt = dt, .own = {0, 1}}), state_(Lif::variables.size()) {}

  /// Returns whether it spikes.
  bool step(Real arriving = 0, Real current = 0) {
    const std::array<Real, 1> recurrent{arriving};
    const std::array<Real, 1> bias{current};
    lif_.advance({recurrent, bias, {}, {}}, state_);
    return state_[4] > 0;
  }
  [[nodiscard]] Real V() const { return state_[0]; }
  [[nodiscard]] Real r() const { return state_[6]; }
  std::vector<Real>& state() { return state_; }

 private:
  Lif lif_;
  std::vector<Real> state_;
};

/// Points of exp(-x), and its value differenced over them, from 40 digits.
TEST(ExpDifference, KeepsItsDigitsHoweverNearThePoints) {
  const auto f = [](std::vector<Real> x) { return exp_difference(x); };
  EXPECT_NEAR(f({0.3}), 0.74081822068171786607, 1e-16);
  EXPECT_NEAR(f({0.3, 0.3}), -0.74081822068171786607, 1e-15);
  EXPECT_NEAR(f({0.3, 0.3, 0.3}), 0.74081822068171786607 / 2, 1e-15);
  EXPECT_NEAR(f({0, 2}), (std::exp(-2.0) - 1) / 2, 1e-15);
  EXPECT_NEAR(f({0, 2, 5}), ((std::exp(-5.0) - std::exp(-2.0)) / 3 - (std::exp(-2.0) - 1) / 2) / 5, 1e-15);
  // Near points: the first terms of the series suffice.
  constexpr Real d = 1e-9;
  EXPECT_NEAR(f({0.01, 0.01 + d}), -std::exp(-0.01) * (1 - d / 2), 1e-16);
  EXPECT_NEAR(f({0.01, 0.01 + d, 0.05}), f({0.01, 0.01, 0.05}), 3e-10);
  EXPECT_DOUBLE_EQ(f({0.1, 0.2, 0.3}), f({0.3, 0.1, 0.2}));
  EXPECT_NEAR(f({0.1, 0.599999, 0.3}), f({0.1, 0.600001, 0.3}), 1e-6) << "where the method changes";
  EXPECT_NEAR(f({0.1, 0.1 + 0.5 - 1e-13}), f({0.1, 0.1 + 0.5 + 1e-13}), 1e-12);
}

/// V after a spike that arrived `t` ago with weight 1: the solution of the three equations.
Real potential(const TimeConstants& tau, Real t) {
  const auto [m, r, d] = tau;
  const Real a = 1 / m;
  const Real b = 1 / d;
  const Real c = 1 / r;
  if (r == 0) return a / (a - b) * (std::exp(-b * t) - std::exp(-a * t));
  if (r == d && d == m) return a * a * t * t / 2 * std::exp(-a * t);
  if (r == d) {  // alpha function into a membrane
    const Real k = a - b;
    return a * b * ((t / k - 1 / (k * k)) * std::exp(-b * t) + std::exp(-a * t) / (k * k));
  }
  return a * c *
         (std::exp(-a * t) / ((b - a) * (c - a)) + std::exp(-b * t) / ((a - b) * (c - b)) +
          std::exp(-c * t) / ((a - c) * (b - c)));
}

TEST(Lif, HasThePotentialOfASpikeToTwelveDigits) {
  for (const TimeConstants tau : {TimeConstants{10, 2, 20}, {10, 0, 20}, {10, 5, 5}, {10, 10, 10}, {20, 3, 7}}) {
    for (const Real dt : {0.1, 1.0}) {
      OneNeuron neuron({.tau_m = tau.membrane, .tau_rise = tau.rise, .tau_decay = tau.decay, .bias = 0}, dt);
      Real largest = 0;
      for (int step = 1; step <= 300; ++step) {
        neuron.step(step == 1 ? 0.5 : 0);
        largest = std::max(largest, std::abs(neuron.V() - 0.5 * potential(tau, dt * step)));
      }
      EXPECT_LT(largest, 1e-12) << tau.membrane << ' ' << tau.rise << ' ' << tau.decay << ' ' << dt;
    }
  }
  OneNeuron near({.tau_m = 2 + 1e-9, .tau_rise = 2, .tau_decay = 20, .bias = 0}, 0.1);
  OneNeuron equal({.tau_m = 2, .tau_rise = 2, .tau_decay = 20, .bias = 0}, 0.1);
  for (int step = 0; step < 100; ++step) {
    near.step(step == 0 ? 1 : 0);
    equal.step(step == 0 ? 1 : 0);
    EXPECT_NEAR(near.V(), equal.V(), 1e-9);
  }
}

/// Time between spikes with a constant current I > threshold: tau_ref + tau_m ln (I - reset)/(I - threshold).
TEST(Lif, FiresAsOftenAsItsEquationSays) {
  constexpr Real dt = 0.01;
  for (const Real current : {1.02, 1.05, 1.5, 3.0}) {
    OneNeuron neuron({.bias = current}, dt);
    std::vector<int> spikes;
    for (int step = 0; step < 60000; ++step) {
      if (neuron.step()) spikes.push_back(step);
    }
    const Real interval = 2 + 10 * std::log(current / (current - 1));
    ASSERT_GT(spikes.size(), 3U);
    for (std::size_t k = 1; k < spikes.size(); ++k) EXPECT_NEAR((spikes[k] - spikes[k - 1]) * dt, interval, dt);
  }
  OneNeuron silent({.bias = 1}, 0.1);
  bool spiked = false;
  for (int step = 0; step < 10000; ++step) spiked = spiked || silent.step();
  EXPECT_FALSE(spiked) << "the threshold is the limit that V does not reach";
}

TEST(Lif, StaysAtResetForItsRefractoryTime) {
  OneNeuron neuron({.tau_ref = 0.5, .reset = -0.2, .bias = 200}, 0.1);
  int step = 0;
  while (!neuron.step()) ++step;
  for (int k = 0; k < 5; ++k) {
    EXPECT_EQ(neuron.V(), -0.2);
    EXPECT_FALSE(neuron.step());
  }
  EXPECT_EQ(neuron.V(), -0.2);
  EXPECT_TRUE(neuron.step()) << "the current is so strong that the first free step reaches the threshold";
}

TEST(Lif, CountsItsSpikesInAWindowOfTheDecay) {
  OneNeuron neuron({.bias = 5}, 0.1);
  Real sum = 0;
  int spikes = 0;
  for (int step = 0; step < 200000; ++step) {
    spikes += neuron.step() ? 1 : 0;
    sum += neuron.r();
  }
  EXPECT_NEAR(sum * 0.1 / 20, spikes, 8);  // a spike has area tau_decay; the last ones are cut off
}

TEST(Lif, FollowsSpikesWithTheBitsOfTheState) {
  for (const Real rise : {0.0, 2.0}) {
    const Lif::Parameters p{.tau_rise = rise, .bias = 1.5};
    constexpr Index n = 70;
    const Lif lif(p, {.dt = 0.1, .own = {0, n}});
    std::vector<Real> state(core::as_size(n) * Lif::variables.size());
    std::vector<Real> filter(core::as_size(n) * Lif::filter_variables);
    std::vector<core::SpikeWord> map(2);
    const std::vector<Real> zero(n);
    std::vector<Real> bias(n);
    for (Index i = 0; i < n; ++i) bias[core::as_size(i)] = 0.01 * core::as_real(i);
    Index spikes = 0;
    for (int step = 0; step < 500; ++step) {
      lif.advance({zero, bias, {}, {}}, state);
      lif.spikes(state, map);
      lif.follow(map, filter);
      core::for_each_spike(map, [&](Index) { ++spikes; });
    }
    EXPECT_GT(spikes, 100);
    EXPECT_TRUE(std::equal(filter.begin(), filter.end(), state.end() - std::ssize(filter)));
  }
}

TEST(Lif, DrawsThresholdsFromARangeWhateverTheRank) {
  const Lif::Parameters p{.threshold = "0.5..2", .bias = 3};
  const auto first_spikes = [&](Range own) {
    const Lif lif(p, {.dt = 0.1, .own = own, .random = Philox(4)});
    std::vector<Real> state(core::as_size(own.size()) * Lif::variables.size());
    const std::vector<Real> zero(core::as_size(own.size()));
    std::vector<int> first(core::as_size(own.size()), -1);
    for (int step = 0; step < 300; ++step) {
      lif.advance({zero, zero, {}, {}}, state);
      for (std::size_t i = 0; i < first.size(); ++i) {
        if (first[i] < 0 && state[4 * first.size() + i] > 0) first[i] = step;
      }
    }
    return first;
  };
  const auto all = first_spikes({0, 200});
  const auto later = first_spikes({64, 200});
  EXPECT_TRUE(std::equal(later.begin(), later.end(), all.begin() + 64));
  // V reaches a threshold v after tau_m ln 3/(3 - v): 18 steps for 0.5, 110 for 2.
  EXPECT_GE(*std::ranges::min_element(all), 18);
  EXPECT_LE(*std::ranges::max_element(all), 110);
  EXPECT_GT(std::set<int>(all.begin(), all.end()).size(), 40U);
}

TEST(Lif, DrawsDelaysOfEveryNeuronFromARange) {
  const auto delays = [](const char* text, Range own) {
    const Lif lif({.delay = text}, {.dt = 0.1, .own = own, .random = Philox(4)});
    std::vector<Index> all;
    for (Index j = 0; j < 1000; ++j) all.push_back(lif.delay(j));
    EXPECT_LE(*std::ranges::max_element(all), lif.longest_delay());
    return all;
  };
  const auto all = delays("0.5..2", {0, 64});
  EXPECT_EQ(all, delays("0.5..2", {64, 128})) << "every rank knows them all";
  EXPECT_EQ(*std::ranges::min_element(all), 5);
  EXPECT_EQ(*std::ranges::max_element(all), 20);
  EXPECT_NEAR(std::accumulate(all.begin(), all.end(), 0.0) / 1000, 12.5, 0.5);
  EXPECT_EQ(delays("1.52", {0, 1}), std::vector<Index>(1000, 15));
  EXPECT_EQ(delays("auto", {0, 1}), std::vector<Index>(1000, 1));
  EXPECT_EQ(delays("0", {0, 1}), std::vector<Index>(1000, 1));
}

TEST(Lif, SaysWhatIsWrongWithItsParameters) {
  const auto problem = [](const Lif::Parameters& p, Real dt = 0.1) { return p.problem(dt); };
  EXPECT_EQ(problem({}), "");
  EXPECT_NE(problem({.threshold = "1", .reset = 1}).find("threshold = 1 is not above reset = 1"), std::string::npos);
  EXPECT_NE(problem({.threshold = "0..2"}).find("not above reset"), std::string::npos);
  EXPECT_NE(problem({.threshold = "2..1"}).find("neither a number nor a range"), std::string::npos);
  EXPECT_NE(problem({.threshold = "high"}).find("neither a number nor a range"), std::string::npos);
  EXPECT_NE(problem({.tau_ref = 0.05}).find("tau_ref = 0.05 is shorter than a step"), std::string::npos);
  EXPECT_EQ(problem({.tau_ref = 0.1}), "");
  EXPECT_NE(problem({.delay = "-1"}).find("delay = -1 is neither"), std::string::npos);
}

ReservoirParameters reservoir(Index size, Real connectivity, const char* storage = "auto") {
  ReservoirParameters p;
  p.size = size;
  p.connectivity = connectivity;
  p.storage = storage;
  p.spiking = true;
  return p;
}

std::vector<std::map<Index, Real>> rows_of(const Connectivity& J) {
  std::vector<std::map<Index, Real>> rows(core::as_size(J.rows()));
  for (Index i = 0; i < J.rows(); ++i) {
    J.for_each(i, [&](Index j, Real w) {
      if (w != 0) rows[core::as_size(i)][j] = w;
    });
  }
  return rows;
}

std::vector<core::SpikeWord> some_spikes(Index neurons, Index step) {
  std::vector<core::SpikeWord> map(core::as_size((neurons + 63) / 64));
  for (Index j = 0; j < neurons; ++j) {
    if (Philox(9).uniform(core::Stream::task_input, step, j) < 0.1) map[core::as_size(j / 64)] |= 1UL << (j % 64);
  }
  return map;
}

TEST(SourceColumns, HoldTheNetworkOfTheOtherStorages) {
  for (const Precision precision : {Precision::full, Precision::full_float32, Precision::full_bfloat16}) {
    const auto draw = [&](const char* storage, Range own = {0, 131}) {
      return Connectivity::draw(reservoir(131, 0.3, storage), precision, Philox(5), own);
    };
    const auto J = draw("by-source");
    EXPECT_EQ(J.connections()->storage(), Storage::by_source);
    EXPECT_EQ(rows_of(J), rows_of(draw("sparse")));
    EXPECT_EQ(J.synapses(), draw("sparse").synapses());
    EXPECT_EQ(J.row_starts(), draw("sparse").row_starts());
    const auto whole = rows_of(J);
    const auto part = rows_of(draw("by-source", {64, 131}));
    EXPECT_TRUE(std::equal(part.begin(), part.end(), whole.begin() + 64));
  }
}

TEST(Connections, DeliverSpikesWithTheSameBitsInAnyStorageAndOnAnyRank) {
  constexpr Index n = 131;
  for (const Precision precision : {Precision::full, Precision::full_float32, Precision::full_bfloat16}) {
    for (Index step = 0; step < 5; ++step) {
      const auto map = some_spikes(n, step);
      const auto deliver = [&](const char* storage, Range own) {
        const auto J = Connectivity::draw(reservoir(n, 0.3, storage), precision, Philox(5), own);
        std::vector<Real> out(core::as_size(own.size()), 7);
        J.deliver(map, out);
        return out;
      };
      const auto expected = deliver("sparse", {0, n});
      EXPECT_EQ(deliver("by-source", {0, n}), expected);
      EXPECT_EQ(deliver("dense", {0, n}), expected);
      const auto part = deliver("by-source", {64, n});
      EXPECT_TRUE(std::equal(part.begin(), part.end(), expected.begin() + 64));
      Real sum = 0;  // of the first row, by hand
      const auto J = Connectivity::draw(reservoir(n, 0.3, "sparse"), precision, Philox(5), {0, n});
      J.for_each(0, [&](Index j, Real w) { sum += core::spikes_in(map, j) ? w : 0; });
      EXPECT_EQ(expected[0], sum);
    }
  }
}

TEST(SourceColumns, MultiplyRates) {
  constexpr Index n = 131;
  Rates rates(2, n, Precision::full, core::RateOrder::copy_by_copy);
  std::vector<Real> r(n);
  for (Index copy = 0; copy < 2; ++copy) {
    for (Index j = 0; j < n; ++j) r[core::as_size(j)] = Philox(2).normal(core::Stream::task_input, copy, j);
    rates.set(copy, r);
  }
  std::vector<Real> out(2 * n);
  std::vector<Real> expected(2 * n);
  Connectivity::draw(reservoir(n, 0.3, "by-source"), Precision::full, Philox(5), {0, n})
      .multiply(rates.all(), false, out);
  Connectivity::draw(reservoir(n, 0.3, "sparse"), Precision::full, Philox(5), {0, n})
      .multiply(rates.all(), false, expected);
  for (std::size_t i = 0; i < out.size(); ++i) EXPECT_NEAR(out[i], expected[i], 1e-13);
}

TEST(SourceColumns, TakeWiderNumbersForManyNeurons) {
  constexpr Index n = 70'000;  // more than 16 bits count
  const auto J = Connectivity::draw(reservoir(n, 1e-4), Precision::full_float32, Philox(5), {0, n});
  std::vector<core::SpikeWord> map(core::as_size((n + 63) / 64));
  std::vector<Real> out(core::as_size(n));
  map[1000] = 0xff;
  J.deliver(map, out);
  for (const Index row : {Index{5}, Index{65'535}, Index{65'536}, n - 1}) {
    Real sum = 0;
    J.for_each(row, [&](Index j, Real w) { sum += core::spikes_in(map, j) ? w : 0; });
    EXPECT_EQ(out[core::as_size(row)], sum);
  }
  EXPECT_GT(J.bytes(), J.synapses() * 8);
}

TEST(Connectivity, BalancesTheWeightsOfEachRow) {
  for (const char* storage : {"by-source", "dense", "sparse"}) {
    auto p = reservoir(200, 0.2, storage);
    const auto plain = rows_of(Connectivity::draw(p, Precision::full, Philox(5), {0, 200}));
    p.balanced = true;
    const auto balanced = rows_of(Connectivity::draw(p, Precision::full, Philox(5), {0, 200}));
    for (std::size_t i = 0; i < plain.size(); ++i) {
      ASSERT_EQ(plain[i].size(), balanced[i].size());
      Real mean = 0;
      Real sum = 0;
      for (const auto& [j, w] : plain[i]) mean += w / static_cast<Real>(plain[i].size());
      for (const auto& [j, w] : balanced[i]) {
        sum += w;
        EXPECT_NEAR(w, plain[i].at(j) - mean, 1e-14);
      }
      EXPECT_NEAR(sum, 0, 1e-12);
    }
  }
}

TEST(Connectivity, GivesNeuronsWeightsOfOneSign) {
  for (const Real connectivity : {0.2, 1.0}) {
    auto p = reservoir(200, connectivity);
    const auto plain = rows_of(Connectivity::draw(p, Precision::full, Philox(5), {0, 200}));
    p.fraction_excitatory = 0.8;
    EXPECT_EQ(p.used_relative_inhibition(), 0.8 / (1 - 0.8));
    p.relative_inhibition = 3;
    const auto signs = rows_of(Connectivity::draw(p, Precision::full, Philox(5), {0, 200}));
    for (std::size_t i = 0; i < plain.size(); ++i) {
      ASSERT_EQ(plain[i].size(), signs[i].size());
      for (const auto& [j, w] : signs[i]) {
        EXPECT_EQ(w, j < 160 ? std::abs(plain[i].at(j)) : -3 * std::abs(plain[i].at(j)));
      }
    }
  }
}

TEST(Network, DrawsPotentialsOfSpikingNeuronsUniformly) {
  auto p = reservoir(400, 0.1);
  const auto V = draw_initial(p, Philox(3), {0, 400});
  EXPECT_GE(*std::ranges::min_element(V), 0);
  EXPECT_LT(*std::ranges::max_element(V), 3.8);
  EXPECT_GT(*std::ranges::max_element(V), 3.7);
  p.initial_scale = 1;
  const auto narrow = draw_initial(p, Philox(3), {0, 400});
  EXPECT_LT(*std::ranges::max_element(narrow), 1);
}

}  // namespace
}  // namespace bayres::model
