#include "bayres/measures/free_run.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <complex>
#include <functional>
#include <map>
#include <numbers>
#include <random>
#include <string>

#include "bayres/core/aligned.hpp"
#include "bayres/kernels/elementary.hpp"
#include "bayres/kernels/random.hpp"
#include "bayres/measures/free_run_scores.hpp"
#include "bayres/measures/target_statistics.hpp"
#include "state_visit.hpp"

namespace bayres::sim {
namespace {

using Signal = std::function<Real(Real)>;  // of the time

Real turns(Real x) { return 2 * std::numbers::pi * x; }
Real sine(Real t) { return std::sin(turns(t / 60)); }
/// Of period 120 with harmonics, as the task `sines`.
Real four_sines(Real t) {
  return std::sin(turns(t / 120)) + std::sin(turns(t / 60)) / 2 + std::sin(turns(t / 40)) / 6 +
         std::sin(turns(t / 30)) / 3;
}
/// Of period 60 with corners.
Real triangle(Real t) { return 1 - 4 * std::abs(t / 60 - std::floor(t / 60) - 0.5); }

FreeRunPlan plan_of(Real period, Real dt, Index steps, Real exponent = 0, Index segment = 256) {
  FreeRunParameters p;
  p.period = period;
  p.lyapunov_exponent = exponent;
  p.segment = segment;
  return {p, dt, steps};
}

/// Runs of these outputs with one target.
FreeRuns scored(const FreeRunPlan& plan, const Signal& target, const std::vector<Signal>& outputs,
                TargetScale scale = {0, std::sqrt(0.5)}) {
  FreeRuns runs(plan, {scale}, std::ssize(outputs));
  for (Index step = 0; step < plan.steps; ++step) {
    const Real t = static_cast<Real>(step + 1) * plan.dt;
    Real z = 0;
    runs.add(std::vector<Real>{target(t)}, [&](Index run) {
      z = outputs[core::as_size(run)](t);
      return std::span<const Real>(&z, 1);
    });
  }
  return runs;
}

std::map<std::string, std::vector<Real>> state_of(FreeRuns& runs) {
  std::map<std::string, std::vector<Real>> state;
  core::CallingVisitor save([&](const core::StateArray& array, std::span<Real> values) {
    state[array.name].assign(values.begin(), values.end());
  });
  runs.visit_state(save, true);
  return state;
}

void copy_state(FreeRuns& from, FreeRuns& to) {
  const auto state = state_of(from);
  core::CallingVisitor load([&](const core::StateArray& array, std::span<Real> values) {
    ASSERT_EQ(state.at(array.name).size(), values.size()) << array.name;
    std::ranges::copy(state.at(array.name), values.begin());
  });
  to.visit_state(load, true);
}

TEST(FreeRun, FindsAShiftAndNothingElse) {
  for (const auto& [period, signal] : {std::pair<Real, Signal>{60, sine}, {120, four_sines}, {60, triangle}}) {
    for (const Real late : {0.0, 0.03, 0.05, 7.0, -13.37, 29.9}) {
      for (const Real dt : {0.1, 0.5}) {  // 600 to 1200 steps, which are summed in parts, and fewer, which are not
        const auto runs = scored(plan_of(period, dt, 4 * std::llround(period / dt)), signal,
                                 {[&](Real t) { return signal(t - late) + 0.0; }});
        for (const Real lag : runs.lag(0)) EXPECT_NEAR(lag, late, 5e-3 * dt) << period;
        // What is left is the interpolation's, most at the corners of the triangle.
        const Real left = signal(30) > 0.9 ? 2e-3 : 3e-5;
        for (const Real error : runs.aligned_nrmse(0)) EXPECT_LT(error, left) << period << " " << late << " " << dt;
        for (const Real ratio : runs.amplitude_ratio(0)) EXPECT_NEAR(ratio, 1, 5e-4);
        EXPECT_NEAR(runs.period_error(0), 0, 1e-9);
        EXPECT_EQ(runs.held(0), 1);
        EXPECT_EQ(runs.windows_held(0), 4);
      }
    }
  }
}

TEST(FreeRun, SaysTheAmplitude) {
  const auto plan = plan_of(60, 0.1, 1800);
  for (const Real factor : {0.5, 0.8, 1.2, 2.0}) {
    const auto runs = scored(plan, sine, {[&](Real t) { return factor * sine(t - 11) + 0.125; }});
    for (const Real ratio : runs.amplitude_ratio(0)) EXPECT_NEAR(ratio, factor, 1e-9);
    // The error is that of size and mean: (1 - factor)^2 and 0.125^2 / var.
    const Real expected = std::sqrt((1 - factor) * (1 - factor) + 0.125 * 0.125 * 2);
    for (const Real error : runs.aligned_nrmse(0)) EXPECT_NEAR(error, expected, 1e-6);
    EXPECT_EQ(runs.held(0), factor == 0.8 || factor == 1.2 ? 1 : 0) << factor;
  }
}

TEST(FreeRun, SaysThePeriodOfADetunedOutput) {
  const auto plan = plan_of(60, 0.1, 12000);
  for (const Real error : {-0.02, -0.001, 0.0001, 0.01, 0.1}) {
    const auto runs = scored(plan, sine, {[&](Real t) { return sine(t / (1 + error) - 20); }});
    EXPECT_NEAR(runs.period_error(0), error, 0.02 * std::abs(error));
    EXPECT_NEAR(runs.phase_drift(0), turns(std::abs(error / (1 + error))), 0.02 * turns(std::abs(error)));
  }
}

TEST(FreeRun, HoldsOnlyWhatIsHeldInEveryPeriod) {
  const auto plan = plan_of(60, 0.5, 1200);
  const Signal stops = [](Real t) { return t <= 420 ? sine(t) : 0.2; };
  const auto runs = scored(plan, sine, {sine, stops, [](Real) { return 0.0; }});
  EXPECT_EQ(runs.held(0), 1);
  EXPECT_EQ(runs.held(1), 0);
  EXPECT_EQ(runs.windows_held(1), 7);
  EXPECT_TRUE(std::isnan(runs.lag(1)[8]));  // a constant has no phase
  EXPECT_EQ(runs.amplitude_ratio(1)[8], 0);
  EXPECT_EQ(runs.windows_held(2), 0);
  EXPECT_NEAR(runs.aligned_nrmse(2)[3], 1, 1e-9);
  EXPECT_TRUE(std::isnan(runs.period_error(2)));
}

TEST(FreeRun, AlignsAllOutputsByOneLag) {
  const auto plan = plan_of(60, 0.1, 1200);
  FreeRuns runs(plan, {{0, 1}, {0, 1}, {5, 0}}, 1);
  for (Index step = 0; step < plan.steps; ++step) {
    const Real t = static_cast<Real>(step) * plan.dt;
    const std::vector<Real> z{sine(t - 9), 3 * sine(t - 14), 7};  // 9 late, and 9 late and half as large again
    runs.add(std::vector<Real>{sine(t), 2 * sine(t - 5), 5}, [&](Index) { return std::span<const Real>(z); });
  }
  EXPECT_NEAR(runs.lag(0)[1], 9, 1e-4);
  EXPECT_NEAR(runs.aligned_nrmse(0)[1], std::sqrt(0.5 * 0.5 / 2), 1e-6);
  EXPECT_NEAR(runs.amplitude_ratio(0)[1], std::sqrt((1 + 1.5 * 1.5) / 2), 1e-9);
}

TEST(FreeRun, SaysWhenATrajectoryLeaves) {
  const auto plan = plan_of(0, 0.02, 5000, 0.906);
  const Real sd = std::sqrt(0.5);
  // 1000 steps of no error, then just below the threshold, and above it from step number 1234 on.
  const auto leaving = [&](Real t) {
    const auto step = std::llround(t / 0.02) - 1;
    return sine(t) + (step < 1000 ? 0 : step < 1234 ? 0.39 * sd : 0.41 * sd);
  };
  const auto runs = scored(plan, sine, {leaving, sine, [](Real) { return std::nan(""); }}, {0, sd});
  EXPECT_NEAR(runs.valid_time(0), 1234 * 0.02, 1e-12);
  EXPECT_NEAR(runs.valid_lyapunov_times(0), 1234 * 0.02 * 0.906, 1e-12);
  EXPECT_NEAR(runs.valid_time(1), 100, 1e-12);  // never, within the run
  EXPECT_EQ(runs.valid_time(2), 0);             // diverged
  EXPECT_TRUE(std::isnan(runs.spectrum_distance(2)));
  EXPECT_TRUE(std::isnan(runs.histogram_distance(2)));
  EXPECT_LT(runs.spectrum_distance(1), 1e-7);  // of a run beside one that has diverged
}

TEST(FreeRun, CountsOutputsByTheirOwnSizeAndLeavesOutMissingTargets) {
  const auto plan = plan_of(0, 1, 10);
  FreeRuns runs(plan, {{0, 2}, {0, 10}, {0, 0}}, 1);
  // Errors 1 and 5 make e = 0.5 > 0.4; with the first target missing e = 0.3.
  const std::vector<Real> z{1, 3, 99};
  for (Index step = 0; step < 10; ++step) {
    const std::vector<Real> target{step < 6 ? std::nan("") : 0.0, step < 8 ? 0.0 : -2.0, 0.0};
    runs.add(target, [&](Index) { return std::span<const Real>(z); });
  }
  EXPECT_EQ(runs.valid_time(0), 6);  // sqrt((0.25 + 0.09) / 2) = 0.41 from step 6 on
}

TEST(FreeRun, DistancesAreThoseOfTheirDefinition) {
  std::mt19937_64 random(1);
  std::normal_distribution<Real> normal;
  const auto plan = plan_of(0, 1, 256 * 400);
  // A sine whose period divides the segment has three frequencies in a Hann window, with 1/6, 4/6 and 1/6 of its power;
  // white noise has the same power at each of 127, and half as much at the last.
  const Signal tone = [](Real t) { return std::sqrt(2.0) * std::sin(turns(t / 16 + 0.01)); };
  const auto runs = scored(plan, tone, {[&](Real) { return normal(random); }, tone, [](Real) { return 0.25; }}, {0, 1});
  const Real common = (2 * std::sqrt(1.0 / 6) + std::sqrt(4.0 / 6)) / std::sqrt(127.5);
  EXPECT_NEAR(runs.spectrum_distance(0), std::sqrt(1 - common), 2e-3);
  EXPECT_LT(runs.spectrum_distance(1), 1e-7);
  EXPECT_LT(runs.histogram_distance(1), 1e-7);
  EXPECT_EQ(runs.spectrum_distance(2), 1);
  // The tone has 16 values; by hand, the probabilities of normal numbers in their bins.
  Real overlap = 0;
  const auto below = [](Real x) { return std::erfc(-x / std::sqrt(2.0)) / 2; };
  std::map<Real, Real> bins;
  for (int k = 0; k < 16; ++k) bins[std::floor(5 * std::sqrt(2.0) * std::sin(turns(k / 16.0 + 0.01)))] += 1.0 / 16;
  for (const auto& [bin, share] : bins) overlap += std::sqrt(share * (below((bin + 1) / 5) - below(bin / 5)));
  EXPECT_NEAR(runs.histogram_distance(0), std::sqrt(1 - overlap), 5e-3);
}

TEST(FreeRun, GoesOnFromItsState) {
  const auto plan = plan_of(60, 0.5, 1500, 0.1, 128);
  const auto output = [](Real t) {
    return std::vector<Real>{1.1 * sine(t / 1.01) + (t > 600 ? 0.4 : 0), 0.9 * sine(t)};
  };
  const auto add = [&](FreeRuns& runs, Index from, Index to) {
    for (Index step = from; step < to; ++step) {
      const Real t = static_cast<Real>(step) * plan.dt;
      const auto z = output(t);
      runs.add(std::vector<Real>{sine(t)}, [&](Index run) { return std::span(z).subspan(core::as_size(run), 1); });
    }
  };
  FreeRuns whole(plan, {{0, 0.7}}, 2);
  add(whole, 0, plan.steps);
  for (const Index stop : {Index{1}, Index{63}, Index{64}, Index{128}, Index{500}, Index{1201}, plan.steps}) {
    FreeRuns before(plan_of(60, 0.5, std::max<Index>(stop, 1300), 0.1, 128), {{0, 0.7}}, 2);  // was to be shorter
    add(before, 0, stop);
    FreeRuns after(plan, {{0, 0.7}}, 2);
    after.go_to(stop);
    copy_state(before, after);
    add(after, stop, plan.steps);
    for (const auto& score : free_run_scores(plan)) {
      for (Index run = 0; run < 2; ++run)
        EXPECT_EQ(score.values(after, run), score.values(whole, run)) << score.info.name;
    }
  }
}

/// Fifteen rows, target and two runs of five outputs; numbers that follow from row and step.
Real number_of(Index row, Index step) {
  return core::Philox(1).normal(core::Stream::resample, step, row) + static_cast<Real>(row);
}
void add_numbers(FreeRuns& runs, Index steps) {
  constexpr Index outputs = 5;
  const auto row_of = [](Index series, Index step) {
    std::vector<Real> row;
    for (Index m = 0; m < outputs; ++m) row.push_back(number_of(series * outputs + m, step));
    return row;
  };
  std::vector<Real> z;
  for (Index step = 0; step < steps; ++step) {
    runs.add(row_of(0, step), [&](Index run) {
      z = row_of(1 + run, step);
      return std::span<const Real>(z);
    });
  }
}

/// Checkpoints of earlier versions have them so.
TEST(FreeRun, KeepsStepsOfASegmentOutputByOutput) {
  constexpr Index segment = 64;
  constexpr Index steps = 40;
  FreeRuns runs(plan_of(0, 1, 1000, 0, segment), std::vector<TargetScale>(5), 2);
  add_numbers(runs, steps);
  const auto kept = state_of(runs).at("segment");
  ASSERT_EQ(std::ssize(kept), 15 * segment);
  for (Index row = 0; row < 15; ++row) {
    for (Index t = 0; t < segment; ++t) {
      ASSERT_EQ(kept[core::as_size(row * segment + t)], t < steps ? number_of(row, t) : 0) << row << " " << t;
    }
  }
}

TEST(FreeRun, HasTheBitsOfEachOutputsTransforms) {
  constexpr Index segment = 64;
  FreeRuns runs(plan_of(0, 1, 1000, 0, segment), std::vector<TargetScale>(5), 2);
  add_numbers(runs, 3 * segment / 2);  // two segments, which overlap by half
  const auto power = state_of(runs).at("power");
  core::FourierTransform fourier(segment);
  for (Index row = 0; row < 15; ++row) {
    std::vector<Real> expected(segment / 2 + 1);
    for (const Index first : {Index{0}, segment / 2}) {
      Real mean = 0;
      for (Index t = 0; t < segment; ++t) mean += number_of(row, first + t);
      mean /= segment;
      std::vector<std::complex<Real>> signal;
      for (Index t = 0; t < segment; ++t) {
        const Real window = (1 - core::cosine_of_turns(static_cast<Real>(t) / segment)) / 2;
        signal.emplace_back((number_of(row, first + t) - mean) * window);
      }
      std::vector<std::complex<Real>> transform(segment);
      fourier(signal, transform);
      for (std::size_t f = 0; f < expected.size(); ++f) expected[f] += std::norm(transform[f]);
    }
    const auto found = core::row_of(power, row, segment / 2 + 1);
    EXPECT_TRUE(std::ranges::equal(found, expected)) << row;
  }
}

TEST(TargetStatistics, HaveTheSizeOfTheLargestTarget) {
  TargetStatistics statistics(3);
  EXPECT_EQ(statistics.size(), 1);
  statistics.add(std::vector<Real>{0.5, 0.25, std::nan("")});
  EXPECT_EQ(statistics.size(), 1);  // at least
  statistics.add(std::vector<Real>{7, -3, std::nan("")});
  EXPECT_NEAR(statistics.size(), std::sqrt((0.25 + 49) / 2), 1e-14);
  statistics.add(std::vector<Real>{std::nan(""), -3, 2});
  EXPECT_NEAR(statistics.size(), std::sqrt((0.25 + 49) / 2), 1e-14);
  EXPECT_EQ(statistics.count(0), 2);
  EXPECT_EQ(statistics.mean(0), 3.75);
  EXPECT_EQ(statistics.sd(0), 3.25);
  EXPECT_EQ(statistics.sd(2), 0);  // a constant
}

TEST(FreeRun, HasScoresOfPeriodsOnlyOfPeriods) {
  const auto names = [](const FreeRunPlan& plan) {
    std::vector<std::string_view> all;
    for (const auto& score : free_run_scores(plan)) all.push_back(score.info.name);
    return all;
  };
  using Names = std::vector<std::string_view>;
  EXPECT_EQ(names(plan_of(0, 0.1, 100)), (Names{"valid_time", "spectrum_distance", "histogram_distance"}));
  EXPECT_EQ(names(plan_of(60, 0.1, 599)), names(plan_of(0, 0.1, 100)));
  EXPECT_EQ(names(plan_of(60, 0.1, 600)).size(), 8U);
  EXPECT_EQ(names(plan_of(60, 0.1, 1200, 0.1)).size(), all_free_run_scores().size());
}

TEST(FreeRun, SaysWhatPeriodsAreAllowed) {
  EXPECT_TRUE(problems_of(plan_of(60, 0.1, 600), "protocol.test").empty());
  EXPECT_TRUE(problems_of(plan_of(0, 0.1, 600), "protocol.test").empty());
  EXPECT_EQ(
      problems_of(plan_of(61, 0.1, 600), "protocol.test").at(0),
      "free_run.period = 61 is longer than the free run, protocol.test = 60: allowed is 0 (no period), or 0.4 to 60");
  EXPECT_EQ(problems_of(plan_of(0.3, 0.1, 600), "protocol.test").at(0),
            "free_run.period = 0.3 is less than 4 steps of reservoir.dt = 0.1: allowed is 0 (no period), or 0.4 to 60");
  EXPECT_EQ(problems_of(plan_of(1e15, 0.1, 600), "evaluate.span").size(), 1U);
  EXPECT_EQ(problems_of(plan_of(0, 0.1, 600, 0, 100), "protocol.test").at(0),
            "free_run.segment = 100 is no power of 2: allowed are 16, 32, 64, ..., 65536");
}

}  // namespace
}  // namespace bayres::sim
