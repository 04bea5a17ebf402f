#include <gtest/gtest.h>

#include <cmath>
#include <complex>
#include <memory>
#include <numbers>
#include <string>
#include <vector>

#include "bayres/systems/kuramoto_sivashinsky.hpp"
#include "bayres/systems/lorenz96.hpp"

namespace bayres::tasks {
namespace {

using Field = std::vector<Real>;
using Equation = KuramotoSivashinskyEquation;

/// The target of a step.
template <class T>
Field target_of(T& task, Index step) {
  Field input(static_cast<std::size_t>(task.inputs()));
  Field target(static_cast<std::size_t>(task.outputs()));
  task.sample(step, input, target);
  return target;
}

struct MeanAndSd {
  Real mean = 0;
  Real sd = 0;
};

/// Over all outputs and so many steps.
template <class T>
MeanAndSd statistics_of(T& task, Index steps) {
  Real sum = 0;
  Real squares = 0;
  for (Index step = 0; step < steps; ++step) {
    for (const Real x : target_of(task, step)) {
      sum += x;
      squares += x * x;
    }
  }
  const auto count = static_cast<Real>(steps * task.outputs());
  return {sum / count, std::sqrt(squares / count - sum / count * (sum / count))};
}

Real largest_of(const Field& values) {
  Real largest = 0;
  for (const Real x : values) largest = std::max(largest, std::abs(x));
  return largest;
}

/// The largest difference of two fields.
Real apart(const Field& a, const Field& b) {
  Real largest = 0;
  for (std::size_t j = 0; j < a.size(); ++j) largest = std::max(largest, std::abs(a[j] - b[j]));
  return largest;
}

/// u after so many steps of a method from modes.
Field field_after(Equation equation, Equation::Modes modes, Index steps) {
  for (Index i = 0; i < steps; ++i) equation.advance(modes);
  Field field(2 * (modes.size() - 1));
  equation.field(modes, field);
  return field;
}

/// On the attractor of length 22.
Equation::Modes chaotic_modes() {
  Equation equation(22, 64, 0.25);
  auto modes = equation.start();
  for (int i = 0; i < 1000; ++i) equation.advance(modes);
  return modes;
}

TEST(RealFourierTransform, IsThatOfComplexNumbersAndItsInverse) {
  for (const Index size : {8, 16, 32, 64, 128, 256, 512}) {
    const auto half = static_cast<std::size_t>(size / 2);
    std::vector<std::complex<Real>> numbers;
    std::vector<std::complex<Real>> pairs;
    for (Real t = 0; t < static_cast<Real>(size); ++t) numbers.emplace_back(std::cos(3 * t * t + 1));
    for (std::size_t j = 0; j < half; ++j) pairs.emplace_back(numbers[2 * j].real(), numbers[2 * j + 1].real());
    std::vector<std::complex<Real>> expected(numbers.size());
    core::FourierTransform{size}(numbers, expected);
    core::RealFourierTransform fourier(size);
    std::vector<std::complex<Real>> transform(half + 1);
    fourier.forward(pairs, transform);
    for (std::size_t f = 0; f <= half; ++f) EXPECT_LT(std::abs(transform[f] - expected[f]), 1e-12) << size;
    EXPECT_EQ(transform[0].imag(), 0);
    EXPECT_EQ(transform[half].imag(), 0);
    transform[0] += std::complex<Real>(0, 3);
    transform[half] -= std::complex<Real>(0, 5);
    std::vector<std::complex<Real>> back(half);
    fourier.backward(transform, back);
    for (std::size_t j = 0; j < half; ++j) EXPECT_LT(std::abs(back[j] - pairs[j]), 1e-14) << size;
  }
}

/// One mode alone, of an amplitude so small that the equation is linear.
TEST(KuramotoSivashinskyEquation, GrowsByTheSquareLessTheFourthPowerOfTheWavenumber) {
  const Real length = 22;
  Equation equation(length, 64, 0.25);
  for (const std::size_t m : {1U, 2U, 3U, 4U, 5U, 7U}) {
    auto modes = equation.start();
    for (auto& mode : modes) mode = 0;
    modes[m] = std::complex<Real>(3e-9, -4e-9);
    for (int i = 0; i < 8; ++i) equation.advance(modes);
    const Real k = 2 * std::numbers::pi * static_cast<Real>(m) / length;
    const Real growth = std::exp(2 * (k * k - k * k * k * k));
    EXPECT_NEAR(std::abs(modes[m]) / (5e-9 * growth), 1, 1e-7) << m;
  }
}

/// Of fourth order where a step is short for all modes with an amplitude; of third order in steps as they are used, of
/// which the error is small.
TEST(KuramotoSivashinskyEquation, IsOfFourthOrder) {
  const auto modes = chaotic_modes();
  const auto solution = [&](Index divisor) {
    return field_after(Equation(22, 64, 0.25 / static_cast<Real>(divisor)), modes, 8 * divisor);
  };
  const auto exact = solution(1024);
  const auto error = [&](Index divisor) { return apart(solution(divisor), exact); };
  EXPECT_LT(error(1), 1e-4);
  EXPECT_NEAR(std::log2(error(1) / error(2)), 3, 0.4);
  EXPECT_NEAR(std::log2(error(64) / error(128)), 4, 0.2);
}

/// With twice the points it is the same solution.
TEST(KuramotoSivashinskyEquation, IsResolved) {
  const auto modes = chaotic_modes();
  auto finer = Equation(22, 128, 0.25).start();
  for (std::size_t m = 0; m < finer.size(); ++m) finer[m] = m + 1 < modes.size() ? 2.0 * modes[m] : 0;
  const auto coarse = field_after(Equation(22, 64, 0.25), modes, 40);
  const auto fine = field_after(Equation(22, 128, 0.25), finer, 40);
  for (std::size_t j = 0; j < coarse.size(); ++j) EXPECT_NEAR(coarse[j], fine[2 * j], 1e-7);
}

TEST(KuramotoSivashinskyEquation, GivesTheFieldOfItsModesAndBack) {
  Equation equation(22, 64, 0.25);
  Field start(64);
  equation.field(equation.start(), start);
  for (std::size_t j = 0; j < start.size(); ++j) {
    const Real angle = 2 * std::numbers::pi * static_cast<Real>(j) / 64;
    EXPECT_NEAR(start[j], (std::cos(angle) + std::cos(2 * angle)) / 2, 1e-14);
  }
  const auto modes = chaotic_modes();
  const auto field = field_after(equation, modes, 0);
  const auto back = equation.modes(field);
  for (std::size_t m = 0; m < modes.size(); ++m) EXPECT_LT(std::abs(back[m] - modes[m]), 1e-12) << m;
}

TEST(KuramotoSivashinskyEquation, KeepsTheMean) {
  Equation equation(44, 128, 0.25);
  auto modes = equation.start();
  modes[0] = 12.8;
  for (int i = 0; i < 2000; ++i) equation.advance(modes);
  EXPECT_EQ(modes[0], 12.8);
  const auto field = field_after(equation, modes, 0);
  Real mean = 0;
  for (const Real u : field) mean += u / 128;
  EXPECT_NEAR(mean, 0.1, 1e-14);
}

/// The square of u has as its mean those of an independent program, and nothing grows beyond bounds.
TEST(KuramotoSivashinsky, HasTheMeanSquareOfItsLength) {
  struct Known {
    Real length;
    Index points;
    Real mean_square;
  };
  for (const auto& known : {Known{22, 64, 1.41}, Known{44, 128, 1.71}}) {
    KuramotoSivashinsky task({.length = known.length, .points = known.points, .scale = 1}, {});
    const auto found = statistics_of(task, 16'000);
    EXPECT_NEAR(found.mean, 0, 1e-13);
    EXPECT_NEAR(found.sd * found.sd, known.mean_square, 0.04) << known.length;
    EXPECT_LT(largest_of(target_of(task, 16'000)), 4);
  }
}

TEST(KuramotoSivashinsky, DividesLongStepsOfTheReservoir) {
  KuramotoSivashinsky long_steps({.speed = 7.5, .scale = 1}, {});
  KuramotoSivashinsky short_steps({.speed = 2.5, .scale = 1}, {});
  for (Index step = 0; step < 10; ++step) EXPECT_EQ(target_of(long_steps, step), target_of(short_steps, 3 * step + 2));
}

TEST(KuramotoSivashinsky, SaysWhatDoesNotFit) {
  using P = KuramotoSivashinsky::Parameters;
  EXPECT_EQ((P{.length = 44, .points = 128}.problem({})), "");
  EXPECT_EQ((P{.length = 1000, .points = 2048}.problem({})), "");
  const auto expect = [](const P& p, const std::string& text) {
    EXPECT_NE(p.problem({}).find(text), std::string::npos) << p.problem({});
  };
  expect({.points = 60}, "powers of two from 32 to 2048");
  expect({.points = 16}, "powers of two from 32 to 2048");
  expect({.length = 200, .points = 256}, "powers of two from 512 to 2048");
  expect({.horizon = -401}, "allowed is at least -400");
  expect({.horizon = 1e4}, "allowed are 62500 steps");
  expect({.points = 2048, .speed = 0.05}, "choose another speed");
}

TEST(KuramotoSivashinsky, KnowsItsExponentAtFourLengths) {
  using P = KuramotoSivashinsky::Parameters;
  EXPECT_NEAR(P{}.lyapunov_exponent({.tau = 2}), 0.049 * 2.5 / 2, 1e-15);
  EXPECT_EQ((P{.length = 44, .points = 128, .speed = 1}.lyapunov_exponent({})), 0.073);
  EXPECT_EQ((P{.length = 100, .points = 512, .speed = 1}.lyapunov_exponent({})), 0.090);
  EXPECT_EQ((P{.length = 200, .points = 512, .speed = 1}.lyapunov_exponent({})), 0.094);
  EXPECT_EQ((P{.length = 23}.lyapunov_exponent({})), 0);
  EXPECT_EQ((P{.length = 44, .points = 64}.lyapunov_exponent({})), 0);
}

TEST(Lorenz96, ObeysItsEquations) {
  constexpr Real h = 1e-3;
  Lorenz96 task({.sites = 7, .forcing = 9, .speed = 1, .scale = 1}, {.dt = h});
  std::vector<Field> x;
  for (Index step = 0; step < 2000; ++step) {
    x.push_back(target_of(task, step));
    for (Real& value : x.back()) value += 2.33;
  }
  for (std::size_t t = 2; t + 2 < x.size(); ++t) {
    for (std::size_t i = 0; i < 7; ++i) {
      const Real slope = (8 * (x[t + 1][i] - x[t - 1][i]) - (x[t + 2][i] - x[t - 2][i])) / (12 * h);
      ASSERT_NEAR(slope, (x[t][(i + 1) % 7] - x[t][(i + 5) % 7]) * x[t][(i + 6) % 7] - x[t][i] + 9, 1e-5);
    }
  }
}

TEST(Lorenz96, HasItsMeanAndItsSd) {
  Lorenz96 plain({.speed = 1, .scale = 1}, {});
  const auto found = statistics_of(plain, 10'000);
  EXPECT_NEAR(found.mean, 0, 0.03);
  EXPECT_NEAR(found.sd, 3.63, 0.03);
  Lorenz96 scaled({.speed = 1}, {});
  EXPECT_NEAR(statistics_of(scaled, 2000).sd, 1, 0.02);
}

/// Every site for itself: far sites of a long circle are as chaotic as near ones.
TEST(Lorenz96, IsChaoticEverywhereFromTheFirstStep) {
  Lorenz96 task({.sites = 1024, .scale = 1}, {});
  const auto first = target_of(task, 0);
  for (std::size_t begin = 0; begin < first.size(); begin += 128) {
    Real squares = 0;
    for (std::size_t i = begin; i < begin + 128; ++i) squares += first[i] * first[i] / 128;
    EXPECT_NEAR(std::sqrt(squares), 3.63, 1) << begin;
  }
}

TEST(Lorenz96, StaysFiniteAtTheEndsOfItsRanges) {
  for (const Index sites : {4, 5, 40, 300}) {
    for (const Real forcing : {0.0, 30.0}) {
      Lorenz96 task({.sites = sites, .forcing = forcing, .speed = 1, .scale = 1}, {});
      EXPECT_LT(largest_of(target_of(task, 2000)), 100) << sites << " sites, F = " << forcing;
    }
  }
}

TEST(Lorenz96, SaysWhatDoesNotFit) {
  using P = Lorenz96::Parameters;
  EXPECT_NE(P{.horizon = -501}.problem({}).find("allowed is at least -500"), std::string::npos);
  EXPECT_NE((P{.sites = 2048, .horizon = 1000}.problem({}).find("allowed are 1953 steps")), std::string::npos);
  EXPECT_EQ(P{}.lyapunov_exponent({.tau = 2}), 1.68 * 0.1 / 2);
  EXPECT_EQ((P{.forcing = 10}.lyapunov_exponent({})), 0);
  EXPECT_EQ((P{.sites = 20}.lyapunov_exponent({})), 0);
}

/// A copy goes on by itself, from where the original is; what it does not change it shares.
template <class T>
class CopiedSystem : public testing::Test {};
using Copied = testing::Types<Lorenz96, KuramotoSivashinsky>;
TYPED_TEST_SUITE(CopiedSystem, Copied);

TYPED_TEST(CopiedSystem, GoesOnWhereTheOriginalIs) {
  TypeParam once({}, {});
  const auto expected = target_of(once, 200);
  auto original = std::make_unique<TypeParam>(typename TypeParam::Parameters{}, Context{});
  (void)target_of(*original, 100);
  TypeParam copy = *original;
  EXPECT_EQ(target_of(*original, 200), expected);
  original.reset();
  EXPECT_EQ(target_of(copy, 200), expected);
}

}  // namespace
}  // namespace bayres::tasks
