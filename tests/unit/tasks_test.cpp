#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <memory>
#include <string>
#include <type_traits>
#include <vector>

#include "bayres/core/error.hpp"
#include "bayres/systems/registry.hpp"
#include "bayres/tasks/registry.hpp"
#include "bayres/tasks/scaled.hpp"
#include "bayres/trials/registry.hpp"

namespace bayres::tasks {
namespace {

using Values = std::vector<Real>;

constexpr std::size_t z(Index i) { return static_cast<std::size_t>(i); }

struct Sample {
  Values input;
  Values target;
  friend bool operator==(const Sample&, const Sample&) = default;
};

template <class T>
Sample sample(T& task, Index step) {
  Sample s{Values(z(task.inputs())), Values(z(task.outputs()))};
  task.sample(step, s.input, s.target);
  return s;
}

/// The same values, with -1000 for missing ones.
Values known(Values values) {
  for (Real& value : values) value = std::isnan(value) ? -1000 : value;
  return values;
}

/// One output of steps first, first + 1, ...
template <class T>
Values targets(T& task, Index steps, std::size_t output = 0) {
  Values series;
  for (Index step = 0; step < steps; ++step) series.push_back(sample(task, step).target[output]);
  return series;
}

/// Columns "a" = sample^2, "b" = 10 - sample, "c" = 7; one sample per time unit.
Context context_with_table(Index samples, Index steps = 0) {
  Table table{{"a", "b", "c"}, std::vector<std::string>(3), std::vector<Values>(3), {"a", "b", "c"}, samples};
  for (Index i = 0; i < samples; ++i) {
    const auto x = static_cast<Real>(i);
    table.columns[0].push_back(x * x);
    table.columns[1].push_back(10 - x);
    table.columns[2].push_back(7);
  }
  Context context;
  context.steps = steps;
  context.train_end = steps;
  context.table = std::make_shared<Table>(std::move(table));
  return context;
}

template <class T>
class EveryTask : public testing::Test {
 protected:
  static constexpr Index steps = 60;

  static Context context() { return context_with_table(50, steps); }
  static typename T::Parameters parameters() {
    typename T::Parameters p;
    if constexpr (requires { p.path; }) {
      p.path = "series.csv";
      p.input = {"a", "b"};
      p.target = {"b", "a"};
      p.sample_interval = 0.7;
    }
    return p;
  }
  static typename T::Parameters ahead(Real horizon) {
    auto p = parameters();
    if constexpr (requires { p.horizon; }) p.horizon = horizon;
    return p;
  }
};

template <class... Lists>
struct TypesOf;
template <class... Types, class... More, class... Others>
struct TypesOf<core::TypeList<Types...>, core::TypeList<More...>, core::TypeList<Others...>> {
  using type = testing::Types<Types..., More..., Others...>;
};

struct TaskName {
  template <class T>
  static std::string GetName(int) {
    std::string name(T::info.name);
    std::replace(name.begin(), name.end(), '-', '_');
    return name;
  }
};

using AllTasks = TypesOf<BuiltIn, BuiltInSystems, BuiltInTrials>::type;
TYPED_TEST_SUITE(EveryTask, AllTasks, TaskName);

TYPED_TEST(EveryTask, IsATaskThatIsDescribed) {
  EXPECT_TRUE(Task<TypeParam>);
  EXPECT_FALSE(TypeParam::info.name.empty());
  EXPECT_FALSE(TypeParam::info.equation.empty());
  EXPECT_FALSE(TypeParam::info.source.empty());
}

TYPED_TEST(EveryTask, HasNoProblemWithItsDefaults) { EXPECT_EQ(this->parameters().problem(this->context()), ""); }

TYPED_TEST(EveryTask, HasATargetThatIsFiniteAndNotConstant) {
  TypeParam task(this->parameters(), this->context());
  ASSERT_GE(task.outputs(), 1);
  ASSERT_GE(task.inputs(), 0);
  const Values series = targets(task, 300);  // longer than a trial of the task that has trials
  for (const Real value : series) ASSERT_TRUE(std::isfinite(value));
  EXPECT_LT(*std::ranges::min_element(series), *std::ranges::max_element(series));
}

TYPED_TEST(EveryTask, IsAPureFunctionOfTheStep) {
  for (const Real horizon : {0.0, 0.5, 3.0, -0.4}) {
    TypeParam ascending(this->ahead(horizon), this->context());
    std::vector<Sample> expected;
    for (Index step = 0; step < this->steps; ++step) expected.push_back(sample(ascending, step));
    TypeParam task(this->ahead(horizon), this->context());
    const auto expect_same = [&](Index step) {
      const Sample found = sample(task, step);
      EXPECT_EQ(found.input, expected[z(step)].input) << "step " << step << ", horizon " << horizon;
      EXPECT_EQ(known(found.target), known(expected[z(step)].target)) << "step " << step << ", horizon " << horizon;
    };
    for (const Index step : {40, 0, 59, 58, 57, 1, 1, 30, 29, 10, 45, 46, 44, 0}) {
      expect_same(step);
    }
    for (Index step = this->steps - 1; step >= 0; --step) expect_same(step);
  }
}

TYPED_TEST(EveryTask, IsAValueWhoseCopyGoesOnByItself) {
  TypeParam original(this->ahead(0.5), this->context());
  std::vector<Sample> expected;
  for (Index step = 0; step < this->steps; ++step) expected.push_back(sample(original, step));
  TypeParam task(this->ahead(0.5), this->context());
  for (Index step = 0; step < 20; ++step) (void)sample(task, step);
  TypeParam copy = task;
  for (Index step = 20; step < this->steps; ++step) EXPECT_EQ(sample(copy, step), expected[z(step)]);
  // What the copy did does not show in the original.
  for (Index step = 20; step < this->steps; ++step) EXPECT_EQ(sample(task, step), expected[z(step)]);
}

template <class T>
class ForecastTask : public testing::Test {};
using Forecasts =
    testing::Types<Lorenz, Rossler, MackeyGlass, Henon, Logistic, Lorenz96, KuramotoSivashinsky, Sines, Mso, Triangle>;
TYPED_TEST_SUITE(ForecastTask, Forecasts, TaskName);

template <class T>
T with_horizon(Real horizon, Context context = {}) {
  typename T::Parameters p;
  p.horizon = horizon;
  return T(p, context);
}

TYPED_TEST(ForecastTask, HasNoInputWhenTheHorizonIsZero) {
  EXPECT_EQ(with_horizon<TypeParam>(0).inputs(), 0);
  for (const Real horizon : {0.3, -0.3}) {
    const auto task = with_horizon<TypeParam>(horizon);
    EXPECT_GE(task.inputs(), 1);
    EXPECT_EQ(task.inputs(), task.outputs());
  }
}

TYPED_TEST(ForecastTask, HasTheInputOfTheHorizonAheadForItsTarget) {
  TypeParam generated({}, {});
  const Values series = targets(generated, 120);
  for (const Index ahead : {1, 3, 50}) {
    auto task = with_horizon<TypeParam>(0.1 * static_cast<Real>(ahead));
    for (Index step = 0; step < 60; ++step) {
      const Sample s = sample(task, step);
      EXPECT_EQ(s.input[0], series[z(step)]);
      EXPECT_EQ(s.target[0], series[z(step + ahead)]);
    }
  }
}

TYPED_TEST(ForecastTask, HasThePastOfTheInputForItsTargetWhereTheHorizonIsNegative) {
  TypeParam generated({}, {});
  const Values series = targets(generated, 120);
  for (const Index behind : {1, 7, 50}) {
    auto task = with_horizon<TypeParam>(-0.1 * static_cast<Real>(behind));
    for (Index step = 0; step < 120; ++step) {
      const Sample s = sample(task, step);
      EXPECT_EQ(s.input[0], series[z(step)]) << "step " << step << " behind " << behind;
      if (step < behind) continue;
      EXPECT_EQ(s.target[0], series[z(step - behind)]) << "step " << step << " behind " << behind;
    }
  }
}

/// Before step 0 the series goes on backwards: what is 7 steps behind is 2 before what is 5 behind.
TYPED_TEST(ForecastTask, KnowsItsPastBeforeTheFirstStep) {
  auto seven = with_horizon<TypeParam>(-0.7);
  auto five = with_horizon<TypeParam>(-0.5);
  for (Index step = 0; step < 20; ++step) EXPECT_EQ(sample(seven, step + 2).target, sample(five, step).target);
  EXPECT_NE(sample(seven, 0).target[0], 0);
}

TYPED_TEST(ForecastTask, RefusesAHorizonThatIsNotKnown) {
  typename TypeParam::Parameters p;
  for (const Real horizon : {-0.3, 0.0, 0.3}) {
    p.horizon = horizon;
    EXPECT_EQ(p.problem({}), "");
  }
  for (const Real horizon : {-0.01, 0.01, -1e7}) {
    p.horizon = horizon;
    EXPECT_NE(p.problem({}).find("task.horizon"), std::string::npos) << horizon;
  }
}

template <class T>
class FlowTasks : public testing::Test {};
using Flows = testing::Types<Lorenz, Rossler, MackeyGlass, Lorenz96, KuramotoSivashinsky>;
TYPED_TEST_SUITE(FlowTasks, Flows, TaskName);

TYPED_TEST(FlowTasks, DependOnTimeStepAndTimeConstantThroughTheirRatio) {
  TypeParam one({}, {.dt = 0.1, .tau = 1});
  TypeParam other({}, {.dt = 0.4, .tau = 4});
  EXPECT_EQ(targets(one, 50), targets(other, 50));
}

TYPED_TEST(FlowTasks, NeverRepeat) {
  TypeParam task({.speed = std::is_same_v<TypeParam, Lorenz> ? 0.5 : std::is_same_v<TypeParam, Rossler> ? 2 : 5.0}, {});
  constexpr Index n = 8000;
  const Values series = targets(task, n);
  Real mean = 0;
  for (const Real x : series) mean += x / n;
  Real variance = 0;
  for (const Real x : series) variance += (x - mean) * (x - mean) / n;
  // A period would take the mean squared difference from the series one period later to zero.
  for (Index lag = 200; lag <= n / 2; ++lag) {
    Real difference = 0;
    for (Index i = 0; i < n / 2; ++i) difference += std::pow(series[z(i + lag)] - series[z(i)], 2) / (n / 2);
    ASSERT_GT(difference, 0.05 * variance) << "lag " << lag;
  }
}

TEST(TimeOf, IsTheEndOfTheStep) {
  EXPECT_EQ(time_of(0, 0.5), 0.5);
  EXPECT_EQ(time_of(9, 0.5), 5);
}

TEST(StepsOf, IsTheNearestWholeNumber) {
  EXPECT_EQ(steps_of(0.3, 0.1), 3);
  EXPECT_EQ(steps_of(1, 0.4), 3);
  EXPECT_EQ(steps_of(0, 0.1), 0);
}

TEST(Sines, TakesTheValuesWorkedByHand) {
  // At t = 30 the phases of periods 120, 60, 40, 30 are 1/4, 1/2, 3/4, 1: (1.3 / 1.5) (1 + 0 - 1/6 + 0).
  Sines task({}, {.dt = 0.5});
  EXPECT_NEAR(sample(task, 59).target[0], 1.3 / 1.5 * 5 / 6, 1e-14);
  // At t = 10: sin 30 = 1/2, sin 60, sin 90 = 1, sin 120 degrees.
  const Real root = std::sqrt(3.0) / 2;
  EXPECT_NEAR(sample(task, 19).target[0], 1.3 / 1.5 * (0.5 + root / 2 + 1.0 / 6 + root / 3), 1e-14);
  EXPECT_EQ(task.inputs(), 0);
  EXPECT_EQ(task.outputs(), 1);
}

TEST(Sines, CountsPeriodsInTimeConstants) {
  Sines task({.periods = {8}, .amplitudes = {3}, .scale = 0.5}, {.dt = 1, .tau = 2});
  EXPECT_NEAR(sample(task, 3).target[0], 1.5, 1e-14);  // t = 4 is 2 tau, a quarter of the period
  EXPECT_NEAR(sample(task, 7).target[0], 0, 1e-14);
}

TEST(Sines, RepeatsAfterTheLongestPeriod) {
  Sines task({}, {.dt = 1});
  for (Index step = 0; step < 120; ++step) {
    EXPECT_NEAR(sample(task, step).target[0], sample(task, step + 120).target[0], 1e-13);
  }
}

TEST(Sines, WantsAsManyAmplitudesAsPeriods) {
  const auto problem = Sines::Parameters{.periods = {1, 2}, .amplitudes = {1}}.problem({});
  EXPECT_NE(problem.find("task.periods"), std::string::npos);
  EXPECT_NE(problem.find("task.amplitudes"), std::string::npos);
  EXPECT_NE((Sines::Parameters{.periods = {}, .amplitudes = {}}.problem({})), "");
}

/// x, y, z of the Lorenz system, one row per output, from a task with scale 0.1.
std::array<Values, 3> trajectory(Real speed, Real dt, Index steps) {
  Lorenz task({.speed = speed, .dimensions = 3, .scale = 0.1}, {.dt = dt});
  std::array<Values, 3> series;
  for (std::size_t d = 0; d < 3; ++d) {
    series[d] = targets(task, steps, d);
    for (Real& value : series[d]) value = value / 0.1 + (d == 2 ? 25 : 0);
  }
  return series;
}

/// df/ds at i to fourth order, samples h apart.
Real slope(const Values& f, std::size_t i, Real h) {
  return (8 * (f[i + 1] - f[i - 1]) - (f[i + 2] - f[i - 2])) / (12 * h);
}

TEST(Lorenz, ObeysItsEquations) {
  for (const Real speed : {0.1, 1.0}) {
    const Real h = 1e-3;
    const auto [x, y, zz] = trajectory(speed, h / speed, 4000);
    for (std::size_t i = 2; i + 2 < x.size(); ++i) {
      ASSERT_NEAR(slope(x, i, h), 10 * (y[i] - x[i]), 1e-4);
      ASSERT_NEAR(slope(y, i, h), x[i] * (28 - zz[i]) - y[i], 1e-4);
      ASSERT_NEAR(slope(zz, i, h), x[i] * y[i] - 8.0 / 3 * zz[i], 1e-4);
    }
  }
}

TEST(Lorenz, StaysOnItsAttractor) {
  const auto [x, y, zz] = trajectory(1, 0.1, 5000);
  int changes_of_wing = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    ASSERT_LT(std::abs(x[i]), 22);
    ASSERT_LT(std::abs(y[i]), 30);
    ASSERT_GT(zz[i], 0);
    ASSERT_LT(zz[i], 52);
    changes_of_wing += i > 0 && x[i] * x[i - 1] < 0 ? 1 : 0;
  }
  EXPECT_GT(changes_of_wing, 100);
}

TEST(Lorenz, GivesTheFirstDimensionsAndScalesThem) {
  Lorenz one({.scale = 1}, {});
  Lorenz three({.dimensions = 3, .scale = 0.5}, {});
  EXPECT_EQ(one.outputs(), 1);
  EXPECT_EQ(three.outputs(), 3);
  for (Index step = 0; step < 20; ++step) {
    EXPECT_NEAR(sample(three, step).target[0], 0.5 * sample(one, step).target[0], 1e-14);
  }
}

TEST(Lorenz, RefusesAPastBeforeItsTransient) {
  EXPECT_EQ((Lorenz::Parameters{.horizon = -500}.problem({})), "");
  EXPECT_NE((Lorenz::Parameters{.horizon = -501}.problem({})).find("allowed is at least -500"), std::string::npos);
}

TEST(Rossler, ObeysItsEquations) {
  const Real h = 1e-3;
  Rossler task({.speed = 1, .dimensions = 3, .scale = 1}, {.dt = h});
  std::array<Values, 3> s;
  for (Index step = 0; step < 4000; ++step) {
    const auto state = sample(task, step).target;
    for (std::size_t d = 0; d < 3; ++d) s[d].push_back(state[d]);
  }
  for (std::size_t i = 2; i + 2 < s[0].size(); ++i) {
    ASSERT_NEAR(slope(s[0], i, h), -s[1][i] - s[2][i], 1e-6);
    ASSERT_NEAR(slope(s[1], i, h), s[0][i] + 0.2 * s[1][i], 1e-6);
    ASSERT_NEAR(slope(s[2], i, h), 0.2 + s[2][i] * (s[0][i] - 5.7), 1e-6);
  }
}

TEST(Rossler, GoesRoundOnItsAttractor) {
  Rossler task({.speed = 1, .dimensions = 3, .scale = 1}, {});
  int rounds = 0;
  Real before = 0;
  for (Index step = 0; step < 10000; ++step) {
    const auto s = sample(task, step).target;
    ASSERT_LT(std::abs(s[0]), 13);
    ASSERT_LT(std::abs(s[1]), 12);
    ASSERT_GT(s[2], 0);
    ASSERT_LT(s[2], 25);
    rounds += s[1] >= 0 && before < 0 ? 1 : 0;
    before = s[1];
  }
  EXPECT_NEAR(rounds, 1000 / 5.88, 3);  // its mean period
}

/// Two iterates of Henon's map begin at 1, -0.4 and 1 - 1.4 * 0.16 + 0.3 = 1.076: known values from (0, 0).
TEST(HenonMap, TakesTheValuesWorkedByHand) {
  HenonMap map;
  for (const auto& [x, y] : {std::pair{1.0, 0.0}, {-0.4, 0.3}, {1.076, -0.12}}) {
    map.iterate();
    EXPECT_NEAR(map.x, x, 1e-15);
    EXPECT_NEAR(map.y, y, 1e-15);
  }
}

TEST(Henon, IsTheMapHeldForTheInterval) {
  Henon task({.interval = 0.5, .horizon = 0.5, .dimensions = 2}, {});
  EXPECT_EQ(task.inputs(), 2);
  for (Index k = 0; k < 200; ++k) {
    const auto first = sample(task, 5 * k);
    for (Index step = 5 * k + 1; step < 5 * k + 5; ++step) ASSERT_EQ(sample(task, step), first);
    const Real x = first.input[0];
    ASSERT_NEAR(first.target[0], 1 - 1.4 * x * x + first.input[1], 1e-15);
    ASSERT_NEAR(first.target[1], 0.3 * x, 1e-15);
  }
  EXPECT_NE((Henon::Parameters{.interval = 0.01}.problem({})).find("task.interval"), std::string::npos);
  EXPECT_NE((Henon::Parameters{.horizon = -1001}.problem({})).find("allowed is at least -1000"), std::string::npos);
}

TEST(Logistic, FollowsItsMap) {
  Logistic task({.r = 4, .interval = 0.1, .horizon = 0.1}, {});
  for (Index step = 0; step < 1000; ++step) {
    const auto [input, target] = sample(task, step);
    const Real x = (input[0] + 1) / 2;
    ASSERT_NEAR(target[0], 2 * (4 * x * (1 - x)) - 1, 1e-15);
  }
  Logistic fixed({.r = 2}, {});  // whose fixed point is 1/2
  EXPECT_NEAR(sample(fixed, 0).target[0], 0, 1e-15);
}

TEST(Mso, IsTheSumOfItsSines) {
  Mso task({.count = 8, .speed = 2, .scale = 0.5}, {.dt = 0.5, .tau = 2});
  for (Index step = 0; step < 500; ++step) {
    const Real k = 2 * time_of(step, 0.5) / 2;
    Real sum = 0;
    for (const Real a : {0.2, 0.311, 0.42, 0.51, 0.63, 0.74, 0.85, 0.97}) sum += std::sin(a * k);
    ASSERT_NEAR(sample(task, step).target[0], 0.5 * sum, 1e-12);
  }
  EXPECT_NE((Mso::Parameters{.speed = 1e6}.problem({.steps = 1'000'000'000'000})), "");
}

TEST(MackeyGlass, ObeysItsDelayEquation) {
  struct Case {
    Real delay, speed, dt;
  };
  for (const Case c : {Case{17, 1, 0.1}, {17, 0.5, 0.1}, {30, 1, 0.25}}) {
    MackeyGlass task({.delay = c.delay, .speed = c.speed}, {.dt = c.dt});
    const Real h = c.dt * c.speed;
    const auto lag = z(std::llround(c.delay / h));
    ASSERT_NEAR(static_cast<Real>(lag) * h, c.delay, 1e-9) << "the delay is a whole number of samples";
    Values x = targets(task, static_cast<Index>(lag) + 4000);
    for (Real& value : x) value += 1;
    for (std::size_t i = lag + 2; i + 2 < x.size(); ++i) {
      const Real delayed = x[i - lag];
      const Real velocity = 0.2 * delayed / (1 + std::pow(delayed, 10)) - 0.1 * x[i];
      ASSERT_NEAR(slope(x, i, h), velocity, 2e-4) << "delay " << c.delay << ", sample " << i;
    }
  }
}

TEST(MackeyGlass, FollowsANaiveEulerIntegrationForAWhile) {
  constexpr Index lag = 170;
  constexpr Index fine = 100;  // Euler steps for one sample
  MackeyGlass task({}, {});
  const Values series = targets(task, 3 * lag);
  // The history on the fine grid, by straight lines.
  Values x;
  for (Index i = 0; i < lag; ++i) {
    for (Index k = 0; k < fine; ++k) {
      const Real fraction = static_cast<Real>(k) / fine;
      x.push_back(1 + (1 - fraction) * series[z(i)] + fraction * series[z(i + 1)]);
    }
  }
  x.push_back(1 + series[lag]);
  for (Index step = lag; step + 1 < 3 * lag; ++step) {
    for (Index k = 0; k < fine; ++k) {
      const Real delayed = x[x.size() - 1 - z(lag * fine)];
      x.push_back(x.back() + 0.1 / fine * (0.2 * delayed / (1 + std::pow(delayed, 10)) - 0.1 * x.back()));
    }
    ASSERT_NEAR(x.back() - 1, series[z(step + 1)], 1e-3) << "sample " << step + 1;
  }
}

TEST(MackeyGlass, IsSquashedOnRequest) {
  MackeyGlass plain({.horizon = 2}, {.dt = 1});
  MackeyGlass squashed({.horizon = 2, .squash = true}, {.dt = 1});
  for (Index step = 0; step < 50; ++step) {
    const auto [input, target] = sample(plain, step);
    const auto [squashed_input, squashed_target] = sample(squashed, step);
    EXPECT_NEAR(squashed_input[0], std::tanh(input[0]), 1e-15);
    EXPECT_NEAR(squashed_target[0], std::tanh(target[0]), 1e-15);
  }
}

TEST(MackeyGlass, StaysBetweenTheBoundsOfItsAttractor) {
  MackeyGlass task({}, {.dt = 1});
  for (const Real value : targets(task, 5000)) {
    ASSERT_GT(value, -0.9);
    ASSERT_LT(value, 0.5);
  }
}

TEST(Narma10, FollowsItsRecursionOnTheInputsItGives) {
  constexpr Index hold = 5;
  Narma10 task({.interval = 0.5, .seed = 3}, {.dt = 0.1});
  ASSERT_EQ(task.inputs(), 1);
  ASSERT_EQ(task.outputs(), 1);
  constexpr Index last = 400;
  Values u;
  Values y(last + 1);  // before the first input there were none, and y was 0
  const auto past = [](const Values& values, Index k) { return k < 0 ? 0 : values[z(k)]; };
  for (Index k = 0; k < last; ++k) {
    u.push_back(sample(task, k * hold).input[0]);
    Real sum = 0;
    for (Index i = 0; i < 10; ++i) sum += past(y, k - i);
    y[z(k + 1)] = 0.3 * y[z(k)] + 0.05 * y[z(k)] * sum + 1.5 * past(u, k - 9) * u[z(k)] + 0.1;
    ASSERT_LT(y[z(k + 1)], 1);
    for (Index step = k * hold; step < (k + 1) * hold; ++step) {
      ASSERT_EQ(sample(task, step).input[0], u[z(k)]) << "held for the interval, step " << step;
      ASSERT_NEAR(sample(task, step).target[0], y[z(k + 1)], 1e-13) << "step " << step;
    }
  }
}

TEST(Narma10, DrawsInputsEvenlyFromZeroToAHalf) {
  Narma10 task({.interval = 1}, {.dt = 1});
  constexpr Index n = 10000;
  Real sum = 0;
  Real squares = 0;
  for (Index step = 0; step < n; ++step) {
    const Real u = sample(task, step).input[0];
    ASSERT_GE(u, 0);
    ASSERT_LE(u, 0.5);
    sum += u;
    squares += (u - 0.25) * (u - 0.25);
  }
  EXPECT_NEAR(sum / n, 0.25, 5 * std::sqrt(0.25 / 12 / n));
  EXPECT_NEAR(squares / n, 0.25 / 12, 5 * 0.25 * std::sqrt(1.0 / 180 / n));
}

TEST(ProductMemory, MultipliesEarlierInputs) {
  ProductMemory task({.interval = 0.3, .delays = {0, 2, 5}, .seed = 4}, {});
  Values u;
  for (Index k = 0; k < 50; ++k) u.push_back(sample(task, 3 * k).input[0]);
  for (Index step = 0; step < 150; ++step) {
    const Index k = step / 3;
    EXPECT_EQ(sample(task, step).input[0], u[z(k)]);
    EXPECT_NEAR(sample(task, step).target[0], k < 5 ? 0 : u[z(k)] * u[z(k - 2)] * u[z(k - 5)], 1e-15);
  }
  EXPECT_NE((ProductMemory::Parameters{.delays = {}}.problem({})), "");
}

TEST(Narma10, NeverPassesOne) {
  for (Index seed = 0; seed < 20; ++seed) {
    Narma10 task({.interval = 1, .seed = seed}, {.dt = 1});
    for (const Real value : targets(task, 2000)) {
      ASSERT_LE(value, 1);
      ASSERT_GE(value, 0.1);
    }
  }
}

TEST(Narma10, DiffersBetweenSeeds) {
  Narma10 one({.seed = 1}, {});
  Narma10 other({.seed = 2}, {});
  EXPECT_NE(sample(one, 0).input, sample(other, 0).input);
}

TEST(Narma10, WantsAnIntervalOfAtLeastOneStep) {
  EXPECT_EQ((Narma10::Parameters{.interval = 0.1}.problem({.dt = 0.1})), "");
  const auto problem = Narma10::Parameters{.interval = 0.01}.problem({.dt = 0.1});
  EXPECT_NE(problem.find("task.interval"), std::string::npos);
  EXPECT_NE(problem.find("0.01"), std::string::npos);
  EXPECT_NE(problem.find("0.1"), std::string::npos);
}

/// Parameters for the table: input "b", target "a", one sample per time unit.
File::Parameters file_parameters() {
  File::Parameters p;
  p.path = "series.csv";
  p.input = {"b"};
  p.target = {"a"};
  p.sample_interval = 1;
  p.split = 1;
  return p;
}

Context file_context(Real dt, Index steps, Index train_end, Index samples = 21) {
  Context context = context_with_table(samples);
  context.dt = dt;
  context.steps = steps;
  context.train_end = train_end;
  return context;
}

TEST(File, DrawsStraightLinesBetweenSamples) {
  File task(file_parameters(), file_context(0.25, 80, 80));
  ASSERT_EQ(task.inputs(), 1);
  ASSERT_EQ(task.outputs(), 1);
  EXPECT_NEAR(sample(task, 0).target[0], 0, 1e-14);  // the first step takes the first sample
  EXPECT_NEAR(sample(task, 0).input[0], 10, 1e-14);
  EXPECT_NEAR(sample(task, 12).target[0], 9, 1e-14);  // on the sample at 3
  EXPECT_NEAR(sample(task, 13).target[0], 9 + 0.25 * 7, 1e-14);
  EXPECT_NEAR(sample(task, 14).target[0], 9 + 0.5 * 7, 1e-14);
  EXPECT_NEAR(sample(task, 13).input[0], 6.75, 1e-14);
  EXPECT_NEAR(sample(task, 80).target[0], 400, 1e-12);  // the last sample
}

TEST(File, TakesOneSampleForEachStepByDefault) {
  auto p = file_parameters();
  p.sample_interval = core::automatic;
  File task(p, file_context(0.25, 20, 20));
  for (Index step = 0; step <= 20; ++step)
    EXPECT_NEAR(sample(task, step).input[0], 10.0 - static_cast<Real>(step), 1e-12);
}

TEST(File, StartsAtTheTimeAskedFor) {
  auto p = file_parameters();
  p.start = 4.5;
  File task(p, file_context(0.5, 10, 10));
  EXPECT_NEAR(sample(task, 0).input[0], 5.5, 1e-14);
  EXPECT_NEAR(sample(task, 1).input[0], 5, 1e-14);
  EXPECT_NEAR(sample(task, 1).target[0], 25, 1e-13);
}

TEST(File, TakesTheTargetTheHorizonAheadOfTheInput) {
  auto p = file_parameters();
  p.input = {"a"};
  p.start = 1;
  p.horizon = 2;
  File task(p, file_context(0.5, 10, 10));
  for (Index step = 0; step < 10; ++step) {
    EXPECT_NEAR(sample(task, step).target[0], sample(task, step + 4).input[0], 1e-12);
  }
  EXPECT_NEAR(sample(task, 0).input[0], 1, 1e-14);
  EXPECT_NEAR(sample(task, 0).target[0], 9, 1e-14);
}

TEST(File, TakesTheTargetBehindTheInputWhereTheHorizonIsNegative) {
  auto p = file_parameters();
  p.input = p.target = {"a"};
  p.horizon = -2;
  const Context context = file_context(0.5, 41, 41);
  EXPECT_EQ(p.problem(context), "");  // the whole file
  File task(p, context);
  for (Index step = 0; step < 41; ++step) {
    const Real target = sample(task, step).target[0];
    if (step < 4) {
      EXPECT_TRUE(std::isnan(target)) << step;  // before the file begins
    } else {
      EXPECT_NEAR(target, sample(task, step - 4).input[0], 1e-12);
    }
  }
  p.start = 3;
  EXPECT_NEAR(
      [&] {
        File later(p, context);
        return sample(later, 0);
      }()
          .target[0],
      1, 1e-14);
}

TEST(File, DoesNotCountATargetOfTheSegmentBefore) {
  auto p = file_parameters();
  p.segments = "s";
  p.horizon = -2;
  Context context = file_context(1, 20, 20);
  Table table = *context.table;
  table.names.emplace_back("s");
  table.units.emplace_back();
  table.columns.emplace_back(21, 0);
  table.columns.back()[10] = 1;
  context.table = std::make_shared<Table>(table);
  const File task(p, context);
  for (Index step = 0; step < 20; ++step) {
    EXPECT_EQ(task.mark(step).weight, step == 10 || step == 11 ? 0 : 1) << step;
  }
}

TEST(File, GivesColumnsInTheOrderAskedFor) {
  auto p = file_parameters();
  p.input = {};
  p.target = {"c", "b", "a"};
  File task(p, file_context(1, 10, 10));
  EXPECT_EQ(task.inputs(), 0);
  ASSERT_EQ(task.outputs(), 3);
  EXPECT_EQ(sample(task, 3).target, (Values{7, 7, 9}));
}

/// A task with its channels scaled by what was learned of its first steps.
template <class T>
AnyTask normalised(const typename T::Parameters& p, const Context& context) {
  const AnyTask task = core::choose<Choice, T>(p)->make(context);
  return scaled(task, learned_scales(task, context.train_end, {}, true));
}

Sample sample(AnyTask& task, Index step) {
  Sample s{Values(z(task->inputs())), Values(z(task->outputs()))};
  task->sample(step, s.input, s.target);
  return s;
}

void expect_normal(AnyTask& task, Index train_end) {
  const auto expect = [&](auto value) {
    Real mean = 0;
    Real squares = 0;
    for (Index step = 0; step < train_end; ++step) mean += value(step) / static_cast<Real>(train_end);
    for (Index step = 0; step < train_end; ++step) squares += std::pow(value(step) - mean, 2);
    EXPECT_NEAR(mean, 0, 1e-12);
    EXPECT_NEAR(squares / static_cast<Real>(train_end), 1, 1e-12);
  };
  for (std::size_t c = 0; c < z(task->inputs()); ++c) expect([&](Index step) { return sample(task, step).input[c]; });
  for (std::size_t m = 0; m < z(task->outputs()); ++m) expect([&](Index step) { return sample(task, step).target[m]; });
}

TEST(Scaled, HasMeanZeroAndVarianceOneOverTraining) {
  auto p = file_parameters();
  p.horizon = 3;
  auto file = normalised<File>(p, file_context(1, 17, 12));
  expect_normal(file, 12);
  Context context;
  context.train_end = 500;
  auto narma = normalised<Narma10>({}, context);
  expect_normal(narma, 500);
  Lorenz::Parameters of_lorenz;
  of_lorenz.horizon = context.dt;
  auto lorenz = normalised<Lorenz>(of_lorenz, context);
  expect_normal(lorenz, 500);
}

TEST(Scaled, TakesNothingFromTheTestPart) {
  const auto p = file_parameters();
  const Context context = file_context(1, 20, 12);
  Context changed = context;
  Table table = *context.table;
  for (auto& column : table.columns) {
    for (std::size_t i = 12; i < column.size(); ++i) column[i] = 1000 + static_cast<Real>(i);
  }
  changed.table = std::make_shared<Table>(table);
  auto task = normalised<File>(p, context);
  auto other = normalised<File>(p, changed);
  for (Index step = 0; step < 12; ++step) EXPECT_EQ(sample(task, step), sample(other, step)) << step;
  EXPECT_NE(sample(task, 12), sample(other, 12));
}

TEST(Scaled, GoesBackFromAnOutputToTheInputThatItPredicts) {
  const std::vector<Scale> scales{{3, 2}, {5, 4}};  // of the input, of the target
  auto p = file_parameters();
  p.input = p.target = {"a"};
  const auto conversions =
      scaled(core::choose<Choice, File>(p)->make(file_context(1, 20, 12)), scales)->output_to_input();
  ASSERT_EQ(conversions.size(), 1u);
  const Real value = 11;  // in the units of the file
  EXPECT_NEAR(conversions[0].factor * (value - 5) / 4 + conversions[0].offset, (value - 3) / 2, 1e-15);
}

TEST(Scaled, RefusesAChannelThatIsConstantInTraining) {
  auto p = file_parameters();
  p.target = {"c"};
  const AnyTask task = core::choose<Choice, File>(p)->make(file_context(1, 20, 12));
  const auto refused = [&](const std::vector<std::string>& names, const std::string& word) {
    try {
      (void)learned_scales(task, 12, names, true);
      FAIL() << "nothing thrown";
    } catch (const core::Error& error) {
      EXPECT_EQ(error.code(), core::ExitCode::usage);
      EXPECT_NE(std::string(error.what()).find(word), std::string::npos) << error.what();
    }
  };
  refused({"column a", "column c"}, "column c is constant");
  refused({}, "target 0 is constant");
}

TEST(Scaled, LeavesMissingValuesOut) {
  constexpr Real none = std::numeric_limits<Real>::quiet_NaN();
  Table table{{"a"}, {""}, {{1, none, none, 3}}, {"a"}, 4};
  Context context;
  context.dt = 1;
  context.table = std::make_shared<Table>(table);
  File::Parameters p;
  p.input = p.target = {"a"};
  const auto scales = learned_scales(core::choose<Choice, File>(p)->make(context), 4, {"a", "a"}, true);
  ASSERT_EQ(scales.size(), 2u);
  for (const auto& scale : scales) {
    EXPECT_EQ(scale.mean, 2);
    EXPECT_EQ(scale.sd, 1);
  }
}

/// Where times are rounded so that a step lies next to nothing away from a sample, its neighbour does not matter.
TEST(File, HasNoTargetNextToAMissingSampleAndHoldsInputs) {
  constexpr Real none = std::numeric_limits<Real>::quiet_NaN();
  Table table{{"a"}, {""}, {{1, 2, none, 4, 5, 6, 7, none, 9, 10}}, {"a"}, 10};
  Context context;
  context.dt = 0.1;
  context.table = std::make_shared<Table>(table);
  File::Parameters p;
  p.path = "series.csv";
  p.input = p.target = {"a"};
  const File whole(p, context);
  for (Index step = 0; step < 10; ++step) {
    const auto now = sample(whole, step);
    const bool missing = step == 2 || step == 7;
    EXPECT_EQ(std::isnan(now.target[0]), missing) << step;
    EXPECT_NEAR(now.input[0], missing ? static_cast<Real>(step) : static_cast<Real>(step + 1), 1e-12) << step;
  }
  p.sample_interval = 0.2;
  const File halves(p, context);
  for (Index step = 0; step < 18; ++step) {
    const bool missing = (step > 2 && step < 6) || (step > 12 && step < 16);
    EXPECT_EQ(std::isnan(sample(halves, step).target[0]), missing) << step;
  }
  EXPECT_NEAR(sample(halves, 5).input[0], 3, 1e-12);  // between the held 2 and 4
}

Context marked_context(Real dt) {
  auto context = file_context(dt, 10, 10);
  auto table = *context.table;
  table.names.insert(table.names.end(), {"trial", "counts"});
  Values trial(21), counts(21, 1);
  trial[3] = 7;
  trial[4] = 2;
  trial[6] = 5;
  counts[5] = 0.5;
  table.columns.insert(table.columns.end(), {trial, counts});
  context.table = std::make_shared<const Table>(table);
  return context;
}

TEST(File, MarksTheStepsAtWhichSamplesBegin) {
  auto p = file_parameters();
  p.segments = "trial";
  p.step_weight = "counts";
  const File fine(p, marked_context(0.5));  // two steps for each sample
  std::vector<Index> begins;
  for (Index step = 0; step < 20; ++step) {
    if (fine.mark(step).begins) begins.push_back(step);
    EXPECT_EQ(fine.mark(step).weight, step == 10 || step == 11 ? 0.5 : 1) << step;
  }
  EXPECT_EQ(begins, (std::vector<Index>{6, 8, 12}));
  EXPECT_EQ(fine.mark(5).kind, 0);
  EXPECT_EQ(fine.mark(7).kind, 7);
  EXPECT_EQ(fine.mark(11).kind, 2);
  const File coarse(p, marked_context(5));  // five samples for each step: 3 and 4 have begun at 5, 6 at 10
  EXPECT_FALSE(coarse.mark(0).begins);
  EXPECT_TRUE(coarse.mark(1).begins);
  EXPECT_EQ(coarse.mark(1).kind, 2);
  EXPECT_TRUE(coarse.mark(2).begins);
  EXPECT_FALSE(coarse.mark(3).begins);
  EXPECT_EQ(coarse.mark(3).kind, 5);
}

TEST(File, KeepsSegmentsApart) {
  auto p = file_parameters();
  p.segments = "trial";
  File fine(p, marked_context(0.5));
  EXPECT_NEAR(sample(fine, 3).target[0], 2.5, 1e-14);  // between the samples 1 and 2 of one segment
  EXPECT_NEAR(sample(fine, 5).target[0], 4, 1e-14);    // a segment begins at sample 3
  EXPECT_NEAR(sample(fine, 5).input[0], 8, 1e-14);
  EXPECT_EQ(sample(fine, 6).target[0], 9);
  p.horizon = 1;
  const File ahead(p, marked_context(0.5));
  for (const Index step : {4, 5, 6, 7, 10, 11}) EXPECT_EQ(ahead.mark(step).weight, 0) << step;  // before 3, 4 and 6
  for (const Index step : {0, 3, 8, 9, 12, 13}) EXPECT_EQ(ahead.mark(step).weight, 1) << step;
}

TEST(File, BeginsASegmentWithItsFirstSampleHoweverTimesAreRounded) {
  auto p = file_parameters();
  p.segments = "trial";
  p.sample_interval = 0.1;
  auto context = context_with_table(200, 200);
  context.dt = 0.1;
  auto table = *context.table;
  table.names.emplace_back("trial");
  table.columns.emplace_back(200, 0);
  for (const std::size_t k : {43U, 81U, 86U, 91U, 162U}) table.columns.back()[k] = 1;  // 0.1 k / 0.1 is less than k
  context.table = std::make_shared<const Table>(table);
  File task(p, context);
  for (Index step = 0; step < 199; ++step) {
    EXPECT_EQ(task.mark(step).begins, table.columns.back()[static_cast<std::size_t>(step)] == 1) << step;
    EXPECT_NEAR(sample(task, step).input[0], 10 - static_cast<Real>(step), 1e-9) << step;
  }
}

TEST(File, RefusesMarksThatMakeNoSense) {
  auto p = file_parameters();
  auto context = marked_context(1);
  p.segments = "trials";
  EXPECT_NE(p.problem(context).find("task.segments: there is no column \"trials\""), std::string::npos);
  p.segments = "counts";
  EXPECT_NE(p.problem(context).find("is 0.5 in sample 5: allowed is 0, and a whole number above 0"), std::string::npos);
  p.segments = "trial";
  EXPECT_EQ(p.problem(context), "");
  p.step_weight = "b";  // 10, 9, ...
  EXPECT_NE(
      p.problem(context).find("task.step_weight: column \"b\" of series.csv is 10 in sample 0: allowed is 0 to 1"),
      std::string::npos)
      << p.problem(context);
}

TEST(File, AllowsARunUpToItsLastSample) {
  auto p = file_parameters();
  // 21 samples, 20 apart: the steps at 0, 1/2, ..., 20 are 41, or 20.5 in time.
  EXPECT_NEAR(p.duration(file_context(0.5, 0, 0)), 20.5, 1e-12);
  EXPECT_EQ(p.problem(file_context(0.5, 41, 41)), "");
  EXPECT_NE(p.problem(file_context(0.5, 42, 41)), "");
  p.start = 3;
  p.horizon = 2;
  EXPECT_NEAR(p.duration(file_context(0.5, 0, 0)), 15.5, 1e-12);
  EXPECT_EQ(p.problem(file_context(0.5, 31, 31)), "");
  const auto problem = p.problem(file_context(0.5, 32, 31));
  for (const char* part : {"16", "15.5", "series.csv"}) EXPECT_NE(problem.find(part), std::string::npos) << problem;
}

TEST(File, NamesTheColumnThatIsMissingAndThoseThereAre) {
  for (const bool in_target : {false, true}) {
    auto p = file_parameters();
    (in_target ? p.target : p.input) = {"a", "missing"};
    const auto problem = p.problem(file_context(1, 10, 5));
    EXPECT_NE(problem.find("missing"), std::string::npos) << problem;
    EXPECT_NE(problem.find(in_target ? "task.target" : "task.input"), std::string::npos) << problem;
    EXPECT_NE(problem.find("a, b, c"), std::string::npos) << problem;
    EXPECT_NE(problem.find("series.csv"), std::string::npos) << problem;
  }
}

TEST(File, KeepsTrainingBeforeTheSplit) {
  auto p = file_parameters();
  p.split = 0.5;
  EXPECT_EQ(p.problem(file_context(1, 20, 10)), "");
  const auto problem = p.problem(file_context(1, 20, 15));
  EXPECT_NE(problem.find("task.split"), std::string::npos) << problem;
}

TEST(Triangle, RisesFromZeroAndTurnsAtTheQuarters) {
  Context context;
  context.dt = 1;
  Triangle task({.period = 8, .amplitude = 2}, context);
  const Values expected{1, 2, 1, 0, -1, -2, -1, 0, 1};
  const Values series = targets(task, 9);
  for (std::size_t k = 0; k < expected.size(); ++k) EXPECT_NEAR(series[k], expected[k], 1e-14) << k;
}

TEST(Memory, GivesEachInputBackAfterItsDelay) {
  Context context;
  Memory task({.interval = 0.5, .delays = 7}, context);
  ASSERT_EQ(task.outputs(), 7);
  const Index hold = 5;  // 0.5 in steps of 0.1
  for (Index step = 0; step < 300; ++step) {
    const Sample now = sample(task, step);
    EXPECT_EQ(now.input, sample(task, step / hold * hold).input);
    for (Index d = 1; d <= 7; ++d) {
      const Index then = step - d * hold;
      EXPECT_EQ(now.target[z(d - 1)], then < 0 ? 0 : sample(task, then).input[0]) << step << " " << d;
    }
  }
}

TEST(Memory, DrawsInputsEvenlyFromMinusOneToOne) {
  Memory task({.interval = 0.1, .delays = 1}, Context{});
  Real sum = 0;
  Real squares = 0;
  for (Index step = 0; step < 20000; ++step) {
    const Real u = sample(task, step).input[0];
    ASSERT_LT(std::abs(u), 1);
    sum += u;
    squares += u * u;
  }
  EXPECT_NEAR(sum / 20000, 0, 0.02);  // five standard errors of sqrt(1/3)
  EXPECT_NEAR(squares / 20000, 1.0 / 3, 0.02);
}

TEST(DelayedXor, AnswersWhetherThePulsesDiffered) {
  Context context;
  context.dt = 1;
  DelayedXor task({.pulse = 2, .gap = 1, .delay = 3, .response = 2, .rest = 4}, context);
  constexpr Index trial = 2 + 1 + 2 + 3 + 2 + 4;
  std::array<int, 4> seen{};
  for (Index k = 0; k < 200; ++k) {
    const auto at = [&](Index step) { return sample(task, k * trial + step); };
    const Real a = at(0).input[0];
    const Real b = at(3).input[0];
    ASSERT_EQ(std::abs(a), 1);
    ASSERT_EQ(std::abs(b), 1);
    ++seen[(a > 0 ? 2U : 0U) + (b > 0 ? 1U : 0U)];
    for (Index step = 0; step < trial; ++step) {
      EXPECT_EQ(at(step).input[0], step < 2 ? a : step == 3 || step == 4 ? b : 0);
      EXPECT_EQ(at(step).target[0], step == 8 || step == 9 ? (a == b ? -1 : 1) : 0);
    }
  }
  for (const int count : seen) EXPECT_GT(count, 25);  // 50 are expected of each pair
}

}  // namespace
}  // namespace bayres::tasks
