#include "bayres/neurons/leaky.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <limits>
#include <span>
#include <vector>

#include "bayres/model/network.hpp"
#include "bayres/neurons/clamp.hpp"
#include "bayres/neurons/integrate.hpp"
#include "bayres/neurons/intrinsic.hpp"

namespace bayres::model {
namespace {

using core::Philox;
using core::Range;

/// What reaches the neurons of a network in a step.
struct Signals {
  std::span<const Real> recurrent;
  std::span<const Real> input;
  std::span<const Real> feedback;
  std::span<const Real> noise;
};

void advance_state(const Network& n, const Signals& s, std::span<Real> state) {
  const Tanh neurons({}, {n.parameters.dt, n.parameters.unit_of_time(), n.parameters.noise, n.precision, n.own});
  neurons.advance({s.recurrent, n.bias, {{{n.input, s.input}, {n.feedback, s.feedback}}}, s.noise}, state);
}

void rates_of(core::Precision precision, std::span<const Real> state, std::span<Real> rates) {
  NeuronsOf<Tanh>({}, {.precision = precision}).rates(state, rates);
}

/// Two neurons, two inputs, one output; leak 1/4.
Network small_network() {
  ReservoirParameters p;
  p.size = 2;
  p.dt = 0.5;
  p.tau = "2";
  p.noise = 0.6;
  return {p,     2, 1, {0, 2}, Connectivity(DenseRows<Real>(2, 2, 0)), {0.5, -1, 2, 0.25}, {0.1, -0.3}, {0.05, -0.15},
          {0, 0}};
}

constexpr std::array<Real, 2> zero2{0, 0};
constexpr std::array<Real, 1> zero1{0};

TEST(AdvanceState, TakesEveryTermAsWorkedByHand) {
  const Network network = small_network();
  const std::array<Real, 2> recurrent{1, -2};
  const std::array<Real, 2> input{0.4, 0.8};
  const std::array<Real, 1> feedback{2};
  const std::array<Real, 2> noise{1, -0.5};
  std::array<Real, 2> state{0.2, -0.4};
  advance_state(network, {recurrent, input, feedback, noise}, state);
  // -0.2 + 1 + (0.2 - 0.8) + 0.2 + 0.05 = 0.45;  0.2 + 0.25 * 0.45 + 0.6 * 0.5 * 1
  EXPECT_NEAR(state[0], 0.6125, 1e-15);
  // 0.4 - 2 + (0.8 + 0.2) - 0.6 - 0.15 = -1.35;  -0.4 - 0.25 * 1.35 - 0.6 * 0.5 * 0.5
  EXPECT_NEAR(state[1], -0.8875, 1e-15);
}

TEST(AdvanceState, DecaysByTheLeakWhenNothingDrives) {
  Network network = small_network();
  network.bias = {0, 0};
  std::array<Real, 2> state{1, -2};
  for (int step = 0; step < 3; ++step) advance_state(network, {zero2, zero2, zero1, {}}, state);
  EXPECT_NEAR(state[0], 27.0 / 64, 1e-15);  // (1 - 1/4)^3
  EXPECT_NEAR(state[1], -27.0 / 32, 1e-15);
}

TEST(AdvanceState, TakesTheWholeWayToItsInputWhenDtIsTau) {
  Network network = small_network();
  network.parameters.dt = 2;
  const std::array<Real, 2> recurrent{0.7, -0.1};
  std::array<Real, 2> state{5, 5};
  advance_state(network, {recurrent, zero2, zero1, {}}, state);
  EXPECT_NEAR(state[0], 0.75, 1e-15);  // J r + b, nothing left of the old state
  EXPECT_NEAR(state[1], -0.25, 1e-15);
}

TEST(AdvanceState, ScalesNoiseWithTheRootOfTheLeak) {
  for (const Real dt : {0.02, 0.5, 2.0}) {
    Network network = small_network();
    network.parameters.dt = dt;
    const std::array<Real, 2> noise{1, -2};
    std::array<Real, 2> with{0.3, 0.3};
    std::array<Real, 2> without = with;
    advance_state(network, {zero2, zero2, zero1, noise}, with);
    advance_state(network, {zero2, zero2, zero1, {}}, without);
    EXPECT_NEAR(with[0] - without[0], 0.6 * std::sqrt(dt / 2), 1e-15);
    EXPECT_NEAR(with[1] - without[1], -1.2 * std::sqrt(dt / 2), 1e-15);
  }
}

TEST(AdvanceState, ReachesAVarianceThatHardlyDependsOnTheTimeStep) {
  // x = (1 - l) x + s sqrt(l) xi has the stationary variance s^2 / (2 - l).
  for (const Real dt : {0.05, 0.2}) {
    ReservoirParameters p;
    p.size = 512;
    p.dt = dt;
    p.noise = 0.3;
    p.gain = 0;
    p.initial_scale = 0;
    const Range own{0, 512};
    const Network network = draw_network(p, Philox(1), own, 0, 1);
    std::vector<Real> state(512);
    std::vector<Real> noise(512);
    const std::vector<Real> recurrent(512);
    for (Index step = 0; step < static_cast<Index>(10 / dt); ++step) {
      draw_noise(Philox(1), step, own, noise);
      advance_state(network, {recurrent, {}, zero1, noise}, state);
    }
    Real squares = 0;
    for (const Real x : state) squares += x * x;
    const Real expected = 0.09 / (2 - dt);
    EXPECT_NEAR(squares / 512, expected, 5 * expected * std::sqrt(2.0 / 512));
  }
}

TEST(AdvanceState, GivesTheSameBitsForAPartOfTheNeurons) {
  ReservoirParameters p;
  p.size = 131;
  p.noise = 0.1;
  p.bias_scale = 1;
  const auto run = [&](Range own) {
    const Network network = draw_network(p, Philox(2), own, 3, 2);
    const auto n = static_cast<std::size_t>(own.size());
    std::vector<Real> state(network.initial.begin(), network.initial.end());
    std::vector<Real> recurrent(n);
    std::vector<Real> noise(n);
    for (Index step = 0; step < 5; ++step) {
      for (std::size_t i = 0; i < n; ++i) {
        recurrent[i] = std::sin(static_cast<Real>(own.first + step + static_cast<Index>(i)));
      }
      draw_noise(Philox(2), step, own, noise);
      advance_state(network, {recurrent, std::array{0.1, 0.2, 0.3}, std::array{0.7, -0.7}, noise}, state);
    }
    return state;
  };
  const auto whole = run({0, 131});
  for (const Range own : {Range{0, 64}, {64, 131}, {128, 131}, {64, 64}}) {
    const auto part = run(own);
    for (std::size_t i = 0; i < part.size(); ++i) {
      EXPECT_EQ(part[i], whole[static_cast<std::size_t>(own.first) + i]);
    }
  }
}

TEST(RatesOf, IsTanhElementByElement) {
  const std::array<Real, 7> state{0, 1, -1, 0.5, 1e-9, 30, -1000};
  std::array<Real, 7> rates{};
  rates_of(core::Precision::full, state, rates);
  for (std::size_t i = 0; i < state.size(); ++i) EXPECT_NEAR(rates[i], std::tanh(state[i]), 1e-15);
  EXPECT_EQ(rates[0], 0);
  EXPECT_EQ(rates[5], 1);
  EXPECT_EQ(rates[6], -1);
}

TEST(RatesOf, GivesANeuronTheSameBitsWhereverItStands) {
  std::array<Real, 37> state{};
  for (std::size_t i = 0; i < state.size(); ++i) state[i] = 0.17 * static_cast<Real>(i) - 3;
  std::array<Real, 37> whole{};
  rates_of(core::Precision::full, state, whole);
  for (std::size_t first = 0; first < state.size(); ++first) {
    std::vector<Real> part(state.size() - first);
    rates_of(core::Precision::full, std::span(state).subspan(first), part);
    for (std::size_t i = 0; i < part.size(); ++i) ASSERT_EQ(part[i], whole[first + i]);
  }
}

TEST(DrawNoise, DoesNotDependOnThePartition) {
  std::array<Real, 131> whole{};
  draw_noise(Philox(3), 77, {0, 131}, whole);
  for (const Range own : {Range{0, 64}, {64, 131}, {64, 128}, {128, 131}, {64, 64}}) {  // a rank has whole blocks
    std::vector<Real> part(static_cast<std::size_t>(own.size()));
    draw_noise(Philox(3), 77, own, part);
    for (std::size_t i = 0; i < part.size(); ++i) {
      EXPECT_EQ(part[i], whole[static_cast<std::size_t>(own.first) + i]) << own.first << " + " << i;
    }
  }
}

TEST(DrawNoise, IsStandardNormalAndIndependentOverSteps) {
  constexpr Index steps = 40;
  constexpr std::size_t n = 1000;
  std::vector<Real> noise(n);
  std::vector<Real> previous(n);
  Real sum = 0;
  Real squares = 0;
  Real products = 0;
  for (Index step = 0; step < steps; ++step) {
    draw_noise(Philox(4), step, {0, n}, noise);
    for (std::size_t i = 0; i < n; ++i) {
      sum += noise[i];
      squares += noise[i] * noise[i];
      products += noise[i] * previous[i];
    }
    previous = noise;
  }
  const Real draws = static_cast<Real>(n) * steps;
  EXPECT_NEAR(sum / draws, 0, 5 / std::sqrt(draws));
  EXPECT_NEAR(squares / draws, 1, 5 * std::sqrt(2 / draws));
  EXPECT_NEAR(products / draws, 0, 5 / std::sqrt(draws));
}

TEST(DrawNoise, DiffersBetweenSeeds) {
  std::array<Real, 8> one{};
  std::array<Real, 8> other{};
  draw_noise(Philox(1), 0, {0, 8}, one);
  draw_noise(Philox(2), 0, {0, 8}, other);
  for (std::size_t i = 0; i < one.size(); ++i) EXPECT_NE(one[i], other[i]);
}

template <class N>
class RateNeurons : public testing::Test {};
using Models = testing::Types<Tanh, Relu, Identity>;
TYPED_TEST_SUITE(RateNeurons, Models);

TYPED_TEST(RateNeurons, HaveTheSlopeOfTheirRates) {
  const NeuronsOf<TypeParam> neurons({}, {});
  constexpr Real step = 1e-6;
  for (const Real x : {-2.3, -0.4, 0.3, 1.7}) {
    const std::array state{x - step, x + step};
    std::array<Real, 2> rates{};
    std::array<Real, 1> slope{};
    neurons.rates(state, rates);
    neurons.slope(std::array{x}, slope);
    EXPECT_NEAR(slope[0], (rates[1] - rates[0]) / (2 * step), 1e-9) << x;
  }
}

TYPED_TEST(RateNeurons, PassOnWhatIsNotANumber) {
  const std::array state{std::numeric_limits<Real>::quiet_NaN()};
  std::array<Real, 1> rates{};
  NeuronsOf<TypeParam>({}, {}).rates(state, rates);
  EXPECT_TRUE(std::isnan(rates[0]));
}

TYPED_TEST(RateNeurons, BeginWhereTheyAreTold) {
  const std::array initial{0.25, -4.0, 3.0};
  std::array<Real, 3> state{};
  NeuronsOf<TypeParam>({}, {}).begin(initial, state);
  EXPECT_EQ(state, initial);
}

TEST(Relu, IsZeroBelowZero) {
  std::array<Real, 3> rates{};
  Relu({}, {}).rates(std::array{-1.5, 0.0, 2.5}, rates);
  EXPECT_EQ(rates, (std::array<Real, 3>{0, 0, 2.5}));
}

TEST(Clamp, HoldsRatesOfOwnNeuronsOnTheGridOfThePrecision) {
  const auto held = held_rates({"0:1", "65 : 0.3", "64:-1", "200:5"}, {64, 128}, core::Precision::single);
  ASSERT_EQ(held.size(), 2U);
  EXPECT_EQ(held[0].neuron, 65);
  EXPECT_EQ(held[0].rate, Real{0.3F});
  const ClampedNeurons neurons(std::make_unique<NeuronsOf<Tanh>>(Tanh::Parameters{}, NeuronContext{}), {64, 128}, held);
  const std::vector<Real> state(64, 0.5);
  std::vector<Real> rates(64);
  std::vector<Real> slope(64);
  neurons.rates(state, rates);
  neurons.slope(state, slope);
  EXPECT_EQ(rates[0], -1);
  EXPECT_EQ(rates[1], Real{0.3F});
  EXPECT_NEAR(rates[2], std::tanh(0.5), 1e-15);
  EXPECT_EQ(slope[0], 0);
  EXPECT_EQ(slope[1], 0);
  EXPECT_GT(slope[2], 0.5);
}

std::vector<Real> some_numbers(std::size_t count, Index seed) {
  std::vector<Real> numbers(count);
  Philox(static_cast<std::uint64_t>(seed)).fill_uniforms(core::Stream::task_input, 0, 0, numbers);
  for (Real& number : numbers) number -= 0.5;
  return numbers;
}

/// As the definition has it, neuron by neuron.
std::vector<Real> integrated_one_by_one(const LeakyStep& step, std::vector<Real> state) {
  for (std::size_t i = 0; i < state.size(); ++i) {
    Real current = step.recurrent[i] + step.bias[i];
    for (const auto& [weights, signals] : step.projections) {
      for (std::size_t c = 0; c < signals.size(); ++c) current += weights[i * signals.size() + c] * signals[c];
    }
    state[i] += step.leak * (current - state[i]);
  }
  return state;
}

TEST(Integrate, HasTheBitsOfOneNeuronAfterTheOtherForAnyNumberOfSignals) {
  for (const std::size_t count : {1U, 7U, 64U, 301U, 517U}) {
    for (const std::size_t width : {0U, 1U, 2U, 3U, 4U, 5U, 8U, 15U, 20U}) {
      const auto recurrent = some_numbers(count, 1);
      const auto bias = some_numbers(count, 2);
      // Of their own length to the number: what is read beyond it, sanitizers and valgrind find.
      const auto input = some_numbers(count * width, 3);
      const auto feedback = some_numbers(count * (width + 1), 4);
      const auto u = some_numbers(width, 5);
      const auto y = some_numbers(width + 1, 6);
      auto state = some_numbers(count, 7);
      const LeakyStep step{recurrent, bias, {{{input, u}, {feedback, y}}}, 0.3, {}};
      const auto expected = integrated_one_by_one(step, state);
      integrate(step, state);
      EXPECT_EQ(state, expected) << count << " neurons, " << width << " signals";
    }
  }
}

TEST(Clamp, FindsEveryProblem) {
  EXPECT_TRUE(clamp_problems({}, 3).empty());
  EXPECT_TRUE(clamp_problems({"0:1", "2:-1e3"}, 3).empty());
  EXPECT_EQ(clamp_problems({"3:1", "-1:1", "1", "a:1", "1:b", "1:nan", "1:1e16", "1:1", "1:2"}, 3).size(), 8U);
}

/// r of a neuron whose gain and bias are not 1 and 0.
Real rate_of(const AnyNeurons& neurons, Real x) {
  const std::array<Real, 3> state{x, 0.7, -0.2};
  std::array<Real, 1> rate{};
  neurons.rates(state, rate);
  return rate[0];
}

TEST(AdaptingNeurons, HaveTheSlopeOfTheirRates) {
  const NeuronContext context{.own = {0, 1}};
  IntrinsicParameters parameters;
  parameters.rate = 0.01;
  const AdaptingNeurons neurons(*core::choose<NeuronChoice, Sigmoid>(), context, false, parameters);
  constexpr Real step = 1e-5;
  for (const Real x : {-2.0, 0.1, 1.5}) {
    std::array<Real, 1> slope{};
    neurons.slope(std::array<Real, 3>{x, 0.7, -0.2}, slope);
    EXPECT_NEAR(slope[0], (rate_of(neurons, x + step) - rate_of(neurons, x - step)) / (2 * step), 1e-10);
  }
  EXPECT_NEAR(rate_of(neurons, 0.5), 1 / (1 + std::exp(-(0.35 - 0.2))), 1e-15);
}

}  // namespace
}  // namespace bayres::model
