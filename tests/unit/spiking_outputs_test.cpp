#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "bayres/kernels/random.hpp"
#include "bayres/measures/spike_measures.hpp"
#include "bayres/neurons/escape_noise.hpp"
#include "bayres/neurons/poisson.hpp"
#include "bayres/rules/bayes.hpp"
#include "bayres/spike_tasks/spike_pattern.hpp"
#include "bayres/spike_tasks/spike_teacher.hpp"
#include "state_visit.hpp"

namespace bayres {
namespace {

using core::Index;
using core::Real;

constexpr Real dt = 0.1;

/// ln P of what is desired in one step with x spikes expected.
Real log_likelihood(Real x, bool desired) { return desired ? std::log(-std::expm1(-x)) : -x; }

TEST(SpikeEvidence, IsTheGradientOfTheLogLikelihood) {
  constexpr Real h = 1e-5;  // of v, where x = e^v
  for (const Real x : {1e-9, 1e-4, 9.999e-3, 1.0001e-2, 0.3, 1.0, 2.9}) {
    for (const bool desired : {false, true}) {
      const Real numeric =
          (log_likelihood(x * std::exp(h), desired) - log_likelihood(x * std::exp(-h), desired)) / (2 * h);
      EXPECT_NEAR(model::spike_evidence(x, desired).gradient, numeric, 1e-9) << x;
    }
  }
}

TEST(SpikeEvidence, HasTheVarianceOfItsGradientAsInformation) {
  for (const Real x : {1e-6, 1e-3, 9.999e-3, 1.0001e-2, 0.5, 3.0}) {
    const Real p = -std::expm1(-x);
    const Real of_spike = model::spike_evidence(x, true).gradient;
    const Real of_none = model::spike_evidence(x, false).gradient;
    EXPECT_NEAR(p * of_spike + (1 - p) * of_none, 0, 1e-12) << "the mean gradient is 0";
    const Real variance = p * of_spike * of_spike + (1 - p) * of_none * of_none;
    EXPECT_NEAR(model::spike_evidence(x, true).information / variance, 1, 1e-10) << x;
    EXPECT_DOUBLE_EQ(model::spike_evidence(x, true).information, model::spike_evidence(x, false).information);
  }
  EXPECT_GT(model::spike_evidence(0, true).information, 0) << "a neuron that never spikes can learn to";
}

TEST(EscapeNeuron, SpikesAtTheRateOfItsPotential) {
  model::EscapeParameters p;
  p.adaptation = 0;
  p.tau_ref = 0;
  model::EscapeNeuron neuron(p, dt);
  const core::Philox random(3);
  constexpr int steps = 200'000;
  int spikes = 0;
  for (int k = 0; k < steps; ++k) {
    if (neuron.step(3, false, random.uniform(core::Stream::output_spike, k, 0)).sent) ++spikes;
  }
  const Real chance = -std::expm1(-dt * std::exp(3.0 - 5));
  EXPECT_NEAR(spikes, steps * chance, 4 * std::sqrt(steps * chance));
}

TEST(EscapeNeuron, IsRefractoryAndAdaptsToItsOwnSpikesAndToTheDesiredOnesApart) {
  model::EscapeNeuron neuron({}, dt);
  const auto first = neuron.step(50, true, 0.5);  // certain to spike
  EXPECT_TRUE(first.sent);
  for (int k = 0; k < 20; ++k) {
    const auto spike = neuron.step(50, false, 1e-9);
    EXPECT_FALSE(spike.sent) << k;
    EXPECT_TRUE(spike.refractory);
    EXPECT_EQ(spike.log_likelihood, 0);
    EXPECT_EQ(neuron.evidence().information, 0);
  }
  const Real a = 5 * std::exp(-21 * dt / 10);  // of one spike, 21 steps ago
  const auto next = neuron.step(4, false, 1);
  EXPECT_FALSE(next.refractory);
  EXPECT_NEAR(next.log_likelihood, -dt * std::exp(4 - 5 - a), 1e-14);
  // Of two neurons, one with another desired spike: only what they say of the desired spikes differs.
  auto other = neuron;
  (void)neuron.step(0, false, 1);
  (void)other.step(0, true, 1);
  for (int k = 0; k < 20; ++k) (void)neuron.step(0, false, 1), (void)other.step(0, false, 1);
  EXPECT_LT(other.step(4, false, 1).log_likelihood * -1, neuron.step(4, false, 1).log_likelihood * -1);
  const Real chance = 1 - std::exp(-dt * std::exp(4 - 5 - a * std::exp(-23 * dt / 10)));
  EXPECT_TRUE(neuron.step(4, false, chance * 0.999).sent);
  EXPECT_TRUE(other.step(4, false, chance * 0.999).sent);
}

TEST(EscapeNeuron, KnowsSpikesThatAreCertain) {
  for (const Real z : {12.0, 14.0, 100.0, 800.0, 1e300}) {
    model::EscapeNeuron neuron({.bias = 0}, 1);
    const auto spike = neuron.step(z, true, 0.5);
    EXPECT_TRUE(spike.sent) << z;
    EXPECT_EQ(spike.log_likelihood, 0) << z;
    EXPECT_TRUE(std::isfinite(neuron.evidence().gradient) && neuron.evidence().information > 0) << z;
  }
  model::EscapeNeuron neuron({.bias = 0}, 1);
  EXPECT_NEAR(neuron.step(std::log(39.0), true, 0.5).log_likelihood, std::log1p(-std::exp(-39.0)), 1e-15);
}

/// Scores of two spike trains, in steps of 1 ms.
template <class Measure>
Real scored(const std::vector<int>& desired, const std::vector<int>& sent, int steps) {
  Measure measure({});
  const auto has = [](const std::vector<int>& all, int k) { return std::ranges::find(all, k) != all.end(); };
  for (int k = 0; k < steps; ++k) measure.add({.desired = has(desired, k), .sent = has(sent, k), .dt = 1}, 1);
  return measure.value();
}

TEST(Coincidence, CountsEachSpikeOnceAndTakesChanceAway) {
  using sim::Coincidence;
  EXPECT_DOUBLE_EQ(scored<Coincidence>({10, 50}, {10, 50}, 100), 1);
  const auto gamma = [](int coincidences, int desired, int sent, int steps) {
    const Real chance = 8.0 * sent / steps;
    return (coincidences - chance * desired) / (0.5 * (desired + sent)) / (1 - chance);
  };
  EXPECT_NEAR(scored<Coincidence>({10, 50}, {14, 46}, 100), 1, 1e-15) << "4 ms before and after";
  EXPECT_NEAR(scored<Coincidence>({10, 50}, {15, 45}, 100), gamma(0, 2, 2, 100), 1e-15);
  EXPECT_NEAR(scored<Coincidence>({10, 13}, {11}, 100), gamma(1, 2, 1, 100), 1e-15) << "one spike for two";
  EXPECT_NEAR(scored<Coincidence>({10, 13}, {11, 12}, 100), gamma(2, 2, 2, 100), 1e-15);
  EXPECT_NEAR(scored<Coincidence>({10, 30}, {}, 100), 0, 1e-15);
  EXPECT_TRUE(std::isnan(scored<Coincidence>({}, {}, 100)));
  EXPECT_TRUE(std::isnan(scored<Coincidence>({10}, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13}, 100))) << "at 125 Hz";
}

TEST(SpikeMeasures, HaveNoValueOnceAnOutputHasDiverged) {
  const auto value = [](auto measure) {
    for (int k = 0; k < 50; ++k)
      measure.add({.desired = k % 10 == 0, .sent = k % 9 == 0, .log_likelihood = -1, .dt = 1}, 1);
    EXPECT_TRUE(std::isfinite(measure.value()));
    measure.add({.diverged = true}, 1);
    measure.add({.desired = true, .sent = true, .log_likelihood = -1, .dt = 1}, 1);
    return measure.value();
  };
  EXPECT_TRUE(std::isnan(value(sim::LogLikelihood({}))));
  EXPECT_TRUE(std::isnan(value(sim::VanRossum({}))));
  EXPECT_TRUE(std::isnan(value(sim::Coincidence({}))));
}

TEST(VanRossum, IsOneForSilenceAndZeroForTheDesiredSpikes) {
  using sim::VanRossum;
  EXPECT_DOUBLE_EQ(scored<VanRossum>({10, 50}, {}, 200), 1);
  EXPECT_DOUBLE_EQ(scored<VanRossum>({10, 50}, {10, 50}, 200), 0);
  // One spike 5 ms late, far from the end: 2 (1 - e^(-5/10)).
  EXPECT_NEAR(scored<VanRossum>({10}, {15}, 2000), 2 * (1 - std::exp(-0.5)), 1e-12);
  EXPECT_TRUE(std::isnan(scored<VanRossum>({}, {3}, 100)));
}

TEST(LogLikelihood, IsZeroForTheConstantRateOfTheDesiredSpikes) {
  const auto value = [](Real of_spike, Real of_none) {
    sim::LogLikelihood measure({});
    for (int k = 0; k < 100; ++k) {
      const bool desired = k % 20 == 3;
      measure.add({.desired = desired, .log_likelihood = desired ? of_spike : of_none}, 1);
      measure.add({.refractory = true, .log_likelihood = -7}, 1);  // does not count
    }
    return measure.value();
  };
  const Real p = 0.05;
  EXPECT_NEAR(value(std::log(p), std::log(1 - p)), 0, 1e-13);
  EXPECT_NEAR(value(std::log(p) + 0.3, std::log(1 - p)), 0.3, 1e-13);
  EXPECT_NEAR(value(0, 0), -std::log(p) - 19 * std::log(1 - p), 1e-13) << "when each spike is known";
}

TEST(Poisson, HasTheMeanAndVarianceOfItsFilter) {
  constexpr Index n = 640;
  const model::Poisson::Parameters p{.rate = 0.02, .tau_rise = 3, .tau_decay = 10};
  const model::Poisson neurons(p, {.dt = dt, .own = {0, n}});
  std::vector<Real> state(3 * n);
  Real sum = 0;
  Real squares = 0;
  Real count = 0;
  for (Index step = 0; step < 6000; ++step) {
    model::Drive drive{};
    drive.step = step;
    drive.random = core::Philox(5);
    neurons.advance(drive, state);
    if (step < 1000 || step % 100 != 0) continue;
    for (Index i = 0; i < n; ++i) {
      const Real r = state[static_cast<std::size_t>(2 * n + i)];
      sum += r;
      squares += r * r;
      count += 1;
    }
  }
  const Real mean = sum / count;
  const Real variance = squares / count - mean * mean;
  EXPECT_NEAR(mean / p.mean(), 1, 0.02);
  EXPECT_NEAR(variance / p.variance(), 1, 0.05);
}

TEST(Poisson, IsTheSameOnAnyRank) {
  constexpr Index n = 200;
  const model::Poisson whole({}, {.dt = dt, .own = {0, n}});
  const model::Poisson part({}, {.dt = dt, .own = {64, n}});
  std::vector<Real> all(3 * n);
  std::vector<Real> own(3 * (n - 64));
  for (Index step = 0; step < 300; ++step) {
    model::Drive drive{};
    drive.step = step;
    drive.random = core::Philox(8).replica(2);
    whole.advance(drive, all);
    part.advance(drive, own);
  }
  EXPECT_GT(*std::ranges::max_element(own), 0);
  for (std::size_t v = 0; v < 3; ++v) {
    EXPECT_TRUE(std::equal(all.begin() + static_cast<std::ptrdiff_t>(v * n + 64),
                           all.begin() + static_cast<std::ptrdiff_t>((v + 1) * n),
                           own.begin() + static_cast<std::ptrdiff_t>(v * (n - 64))));
  }
}

tasks::Context context_of(Index neurons) {
  return {.dt = dt,
          .steps = 100'000,
          .train_end = 50'000,
          .neurons = neurons,
          .random = core::Philox(4),
          .poisson = core::Settings(model::Poisson::Parameters())};
}

TEST(SpikePattern, DesiresOneSpikeInEachSlotOfEveryPeriod) {
  tasks::SpikePattern task({}, context_of(10));
  std::vector<Index> spikes;
  Real u = 0;
  Real z = 0;
  for (Index step = 0; step < 10'000; ++step) {
    task.sample(step, {&u, 1}, {&z, 1});
    if (z == 1) spikes.push_back(step);
    const Real t = static_cast<Real>(step + 1) * dt / 1000;  // s
    EXPECT_NEAR(u, std::sin(8 * M_PI * t) * std::sin(12 * M_PI * t), 1e-12);
  }
  ASSERT_EQ(spikes.size(), 8U);
  for (std::size_t k = 0; k < 4; ++k) {
    const Real time = static_cast<Real>(spikes[k]) * dt;
    EXPECT_GE(time + dt, 125 * static_cast<Real>(k) + 20);
    EXPECT_LE(time, 125 * static_cast<Real>(k) + 105);
    EXPECT_EQ(spikes[k + 4], spikes[k] + 5000);
  }
  EXPECT_NE(tasks::SpikePattern::Parameters{.margin = 63}.problem(context_of(10)), "");
}

TEST(SpikeTeacher, SpikesAtAboutItsRateAndIsAFunctionOfTheStep) {
  auto context = context_of(200);
  tasks::SpikeTeacher task({}, context);
  std::vector<Real> all(40'000);
  for (std::size_t k = 0; k < all.size(); ++k) task.sample(static_cast<Index>(k), {}, {&all[k], 1});
  const auto spikes = static_cast<Real>(std::ranges::count(all, 1.0));
  EXPECT_GT(spikes, 10) << "10 Hz without adaptation, in 4 s";
  EXPECT_LT(spikes, 60);
  Real again = 0;
  for (const Index step : {39'000, 500, 501, 20'000}) {
    task.sample(step, {}, {&again, 1});
    EXPECT_EQ(again, all[static_cast<std::size_t>(step)]) << step;
  }
  context.poisson.reset();
  EXPECT_NE(tasks::SpikeTeacher::Parameters().problem(context), "");
}

/// One step of others = discount, by hand.
TEST(Bayes, DiscountsTheInformationOfAStepAndNotItsGain) {
  const rules::Synapses synapses{.neurons = 2, .own = {0, 2}};
  rules::Bayes rule({.kappa = 4, .others = "discount"}, synapses);
  const std::array<Real, 2> r{1, 2};
  std::array<Real, 1> V{};
  rule.uncertainty(r, V);
  EXPECT_DOUBLE_EQ(V[0], 1.0 / 4 + 4.0 / 4);
  std::array<Real, 2> w{};
  constexpr Real F = 0.25;
  constexpr Real n = 200;
  const std::array<Real, 2> scaled{std::sqrt(F) * 1, std::sqrt(F) * 2};
  const std::array<Real, 1> error{0.3 / std::sqrt(F)};
  const Real discount = F * n * V[0];
  rule.learn(scaled, error, w, discount);
  EXPECT_NEAR(w[0], 0.3 * 1 / (4 + F * 1 / (1 + discount)), 1e-15);
  EXPECT_NEAR(w[1], 0.3 * 2 / (4 + F * 4 / (1 + discount)), 1e-15);
}

}  // namespace
}  // namespace bayres
