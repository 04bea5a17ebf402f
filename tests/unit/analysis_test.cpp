#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <complex>
#include <filesystem>
#include <fstream>
#include <limits>
#include <numbers>
#include <numeric>

#include "bayres/core/error.hpp"
#include "bayres/fourier/complex.hpp"
#include "bayres/kernels/elementary.hpp"
#include "bayres/kernels/random.hpp"
#include "parts.hpp"
#include "statistics/matrix_statistics.hpp"
#include "statistics/pairs.hpp"
#include "statistics/rate_statistics.hpp"
#include "statistics/strip_power.hpp"
#include "statistics/windows.hpp"

namespace {

using namespace bayres;
using namespace bayres::analysis;
using core::quantile;
using core::ranked;

constexpr Real infinity = std::numeric_limits<Real>::infinity();
const Real nan_value = std::nan("");

TEST(MatrixStatistics, FindEigenvalues) {
  // A rotation by 90 degrees and growth by 2, and a decay by 0.5.
  const std::vector<Real> matrix{0, -2, 0, 2, 0, 0, 0, 0, -0.5};
  const auto spectrum = spectrum_of(matrix, 3);
  EXPECT_NEAR(spectrum.radius(), 2, 1e-14);
  for (std::size_t k = 0; k < 3; ++k) {
    EXPECT_NEAR(spectrum.real[k], (std::vector<Real>{0, 0, -0.5})[k], 1e-14);
    EXPECT_NEAR(spectrum.imaginary[k], (std::vector<Real>{2, -2, 0})[k], 1e-14);
  }
  EXPECT_TRUE(std::isnan(spectrum_of(std::vector<Real>{1, nan_value, 0, 1}, 2).radius()));
}

TEST(MatrixStatistics, DescribeAChange) {
  constexpr std::size_t n = 40;
  std::vector<Real> before(n * n, 0.5);
  auto after = before;
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < n; ++j) after[i * n + j] += std::sin(static_cast<Real>(i)) * static_cast<Real>(j);
  }
  const auto one = change_of(before, after, n, true);
  EXPECT_EQ(one.rank, 1);
  EXPECT_NEAR(one.effective_rank, 1, 1e-12);
  EXPECT_NEAR(one.relative, one.singular_values[0] / (0.5 * n), 1e-12);
  for (std::size_t i = 0; i < n; ++i) before[i * n + i] = after[i * n + i] + (i < 8 ? 3 : 0);
  for (std::size_t i = 0; i < n * n; ++i) before[i] = i % (n + 1) == 0 ? before[i] : after[i];
  const auto eight = change_of(before, after, n, true);
  EXPECT_EQ(eight.rank, 8);
  EXPECT_NEAR(eight.effective_rank, 8, 1e-12);
  EXPECT_NEAR(eight.singular_values[7], 3, 1e-12);
  const auto none = change_of(before, before, n, true);
  EXPECT_EQ(none.rank, 0);
  EXPECT_EQ(none.relative, 0);
  EXPECT_TRUE(std::isnan(none.effective_rank));
  after[3] = nan_value;
  const auto unknown = change_of(before, after, n, true);
  EXPECT_TRUE(std::isnan(unknown.relative) && std::isnan(unknown.rank) && std::isnan(unknown.singular_values[0]));
}

TEST(FourierTransform, IsItsDefinition) {
  for (const Index size : {4, 8, 16, 32, 64, 128, 256, 512}) {
    std::vector<std::complex<Real>> numbers;
    for (Real t = 0; t < static_cast<Real>(size); ++t) {
      numbers.emplace_back(std::cos(3 * t * t + 1), std::sin(5 * t * t));
    }
    std::vector<std::complex<Real>> expected(numbers.size());
    for (Index f = 0; f < size; ++f) {
      for (Index t = 0; t < size; ++t) {
        const Real angle = -2 * std::numbers::pi * static_cast<Real>(f * t % size) / static_cast<Real>(size);
        expected[static_cast<std::size_t>(f)] += numbers[static_cast<std::size_t>(t)] * std::polar(1.0, angle);
      }
    }
    std::vector<std::complex<Real>> transform(numbers.size());
    core::FourierTransform fourier(size);
    fourier(expected, transform);  // what an earlier call leaves does not matter
    fourier(numbers, transform);
    for (std::size_t f = 0; f < numbers.size(); ++f) EXPECT_LT(std::abs(transform[f] - expected[f]), 1e-12) << size;
  }
}

TEST(StripPower, HasTheBitsOfTransformsOfPairsOfColumns) {
  constexpr std::size_t width = core::kernels::strip_width;
  for (const Index size : {4, 8, 256, 512}) {
    std::vector<Real> strip(static_cast<std::size_t>(size) * width);
    core::Philox(1).fill_uniforms(core::Stream::resample, size, 0, strip);
    StripPower powers(size);
    std::vector<Real> power(static_cast<std::size_t>(size / 2 + 1), 0.5);
    auto expected = power;
    powers.add(strip.data(), power);
    std::vector<std::complex<Real>> transform(static_cast<std::size_t>(size));
    for (std::size_t c = 0; c < width; c += 2) {
      std::vector<std::complex<Real>> pair;
      std::complex<Real> sum = 0;
      for (std::size_t at = c; at < strip.size(); at += width) sum += pair.emplace_back(strip[at], strip[at + 1]);
      for (std::size_t t = 0; t < pair.size(); ++t) {
        pair[t] = (pair[t] - sum / static_cast<Real>(size)) * powers.window()[t];
      }
      core::FourierTransform{size}(pair, transform);
      for (std::size_t f = 0; f < expected.size(); ++f) {
        expected[f] += (std::norm(transform[f]) + std::norm(transform[(pair.size() - f) % pair.size()])) / 2;
      }
    }
    EXPECT_EQ(power, expected) << size;
  }
}

TEST(Quantile, LiesOnStraightLinesBetweenValues) {
  const std::vector<Real> values{1, 2, 4, 8};
  EXPECT_EQ(quantile(values, 0), 1);
  EXPECT_EQ(quantile(values, 0.5), 3);
  EXPECT_EQ(quantile(values, 0.75), 5);
  EXPECT_EQ(quantile(values, 1), 8);
  EXPECT_EQ(quantile(std::vector<Real>{7}, 0.3), 7);
}

TEST(Windows, FindThePeriodOfATarget) {
  const auto sine = [](Real period, bool with_gap) {
    std::vector<Real> values;
    for (Real t = 0; t < 1000; ++t) {
      const Real turns = t / period;
      values.push_back(with_gap && t > 300 && t < 330 ? nan_value : core::sine_of_turns(turns - std::floor(turns)));
      values.push_back(1);  // an output that never varies
    }
    return values;
  };
  EXPECT_NEAR(*period_of(sine(80, false), 2), 80, 0.3);
  EXPECT_NEAR(*period_of(sine(33.4, true), 2), 33.4, 0.3);
  EXPECT_FALSE(period_of(sine(700, false), 2));  // not two of them
  EXPECT_FALSE(period_of(std::vector<Real>(50, 2), 1));
  EXPECT_FALSE(period_of(std::vector<Real>(50, nan_value), 1));
  EXPECT_FALSE(period_of(std::vector<Real>{1, -1, 1, -1}, 1));  // too few
  std::vector<Real> noise(1000);
  core::Philox(1).fill_uniforms(core::Stream::resample, 0, 0, noise);
  EXPECT_FALSE(period_of(noise, 1));
}

TEST(Windows, AreWholePeriodsOrEqual) {
  EXPECT_EQ(window_edges({10, 110}, 4, {}), (std::vector<Index>{10, 35, 60, 85, 110}));
  EXPECT_EQ(window_edges({10, 12}, 4, {}), (std::vector<Index>{10, 11, 12}));
  EXPECT_EQ(window_edges({10, 10}, 4, {}), (std::vector<Index>{10}));
  EXPECT_EQ(window_edges({10, 10}, 4, 3), (std::vector<Index>{10}));
  EXPECT_EQ(window_edges({10, 110}, 50, 30), (std::vector<Index>{10, 50, 80, 110}));  // the first is longer
  EXPECT_EQ(window_edges({10, 110}, 2, 20.0000001),
            (std::vector<Index>{10, 110}));  // two windows of 3 periods do not fit
  EXPECT_EQ(window_edges({0, 100}, 50, 12.5), (std::vector<Index>{0, 12, 25, 37, 50, 62, 75, 87, 100}));
}

TEST(Movement, IsOfTheWeightsThatExist) {
  const std::vector<Real> qs{0, 0.5, 1};
  EXPECT_EQ(movement_of(std::vector<Real>{1, 0, -1, 0}, std::vector<Real>{2, 0, -1, 0.5}, qs),
            (std::vector<Real>{-1, 0.5, 2, 0, 0.5, 1}));
  for (const auto& now : {std::vector<Real>{0, 0}, {core::automatic, 1}}) {
    const auto found = movement_of(std::vector<Real>{0, 0}, now, qs);
    EXPECT_EQ(found.size(), 6U);
    EXPECT_TRUE(std::ranges::all_of(found, [](Real value) { return std::isnan(value); }));
  }
}

TEST(Quantile, CountsWhatIsNoNumberAsInfinite) {
  const auto values = ranked(std::vector<Real>{nan_value, 1, 2});
  EXPECT_EQ(quantile(values, 0.5), 2);
  EXPECT_EQ(quantile(values, 0.75), infinity);
  EXPECT_EQ(quantile(ranked(std::vector<Real>{nan_value, infinity}), 0.3), infinity);
}

TEST(Bootstrap, OfEqualValuesHasNoWidth) {
  const std::vector<Real> same(5, 3);
  const auto interval = median_interval(same, {200, 1});
  EXPECT_EQ(interval.low, 3);
  EXPECT_EQ(interval.high, 3);
  // Paired samples in a fixed ratio keep it in every sample that is drawn; others do not.
  const std::vector<Real> a{1, 2, 3, 4, 5};
  const std::vector<Real> b{2, 4, 6, 8, 10};
  EXPECT_EQ(compare_pairs(a, b, {200, 1}).limits.high, 0.5);
  EXPECT_GT(ratio_interval(a, b, {200, 1}).high, 0.5);
}

TEST(Bootstrap, OfFewValuesIsNone) {
  EXPECT_TRUE(std::isnan(median_interval(std::vector<Real>(4, 3), {200, 1}).low));
  EXPECT_TRUE(std::isnan(ratio_interval(std::vector<Real>(4, 3), std::vector<Real>(9, 3), {200, 1}).high));
  EXPECT_TRUE(std::isnan(ratio_of_medians(std::vector<Real>{nan_value}, std::vector<Real>{infinity})));
}

TEST(Bootstrap, CoversTheMedianAsOftenAsItSays) {
  constexpr int repeats = 400;
  const core::Philox random(5);
  int covered = 0;
  for (Index repeat = 0; repeat < repeats; ++repeat) {
    std::vector<Real> values(8);
    random.fill_normals(core::Stream::resample, repeat, 0, values);
    for (auto& value : values) value = std::exp(value);
    const auto limits = median_interval(values, {300, 1});
    covered += limits.low <= 1 && 1 <= limits.high ? 1 : 0;
  }
  EXPECT_GT(covered, 0.87 * repeats);
  EXPECT_LT(covered, 0.98 * repeats);
}

TEST(NormalBelow, IsTheDistributionFunction) {
  for (const Real z : {-7.5, -2.0, -0.3, 0.0, 0.1, 1.0, 1.959963984540054, 5.0}) {
    EXPECT_NEAR(normal_below(z), std::erfc(-z / std::numbers::sqrt2) / 2, 1e-15) << z;
  }
  EXPECT_EQ(normal_below(infinity), 1);
  EXPECT_EQ(normal_below(-infinity), 0);
}

TEST(SignedRanks, AreExact) {
  const std::vector<Real> a{1, 2, 3, 4, 5, 6};
  EXPECT_EQ(signed_ranks_p(a, std::vector<Real>{2, 4, 6, 8, 10, 12}), 2 / 64.0);  // six equal ratios
  EXPECT_EQ(signed_ranks_p(a, a), 1);
  EXPECT_TRUE(std::isnan(signed_ranks_p({}, {})));
  // Ratios 2, 3 and, the other way round, infinite: ranks 1 and 2 against 3.
  EXPECT_EQ(signed_ranks_p(std::vector<Real>{1, 1, nan_value}, std::vector<Real>{2, 3, 1}), 1);
  // Ranks 1.5, 1.5 and 3; those of one sign add up to 1.5: sums are 0 1.5 1.5 3 3 4.5 4.5 6.
  EXPECT_EQ(signed_ranks_p(std::vector<Real>{2, 1, 3}, std::vector<Real>{1, 2, 9}), 0.75);
}

TEST(SignedRanks, OfManyPairsAreNormal) {
  std::vector<Real> a(60, 1);
  std::vector<Real> b;
  for (Index k = 0; k < 60; ++k)
    b.push_back(k % 3 == 0 ? 0.5 + 0.001 * static_cast<Real>(k) : 2 + static_cast<Real>(k));
  const Real p = signed_ranks_p(a, b);
  EXPECT_GT(p, 0);
  EXPECT_LT(p, 1e-4);
}

TEST(Pairs, AreCountedByHand) {
  const std::vector<Real> a{1, 2, 4, 3, nan_value, 5, nan_value};
  const std::vector<Real> b{2, 4, 2, 3, 1, infinity, infinity};
  const auto found = compare_pairs(a, b, {200, 1});
  EXPECT_EQ(found.networks, 7);
  EXPECT_EQ(found.better, 3);
  EXPECT_EQ(found.ties, 2);
  EXPECT_EQ(found.worse, 2);
  EXPECT_EQ(found.ratio, 0.75);
  EXPECT_TRUE(std::isnan(compare_pairs(std::vector<Real>{nan_value}, std::vector<Real>{nan_value}, {200, 1}).ratio));
}

TEST(Holm, IsByHand) {
  const auto found = holm(std::vector<Real>{0.03, 0.01, nan_value, 0.5, 0.02});
  const std::vector<Real> expected{0.06, 0.04, nan_value, 0.5, 0.06};
  for (std::size_t k = 0; k < found.size(); ++k) {
    EXPECT_EQ(std::isnan(found[k]), std::isnan(expected[k]));
    if (k != 2) {
      EXPECT_DOUBLE_EQ(found[k], expected[k]);
    }
  }
}

TEST(TimeToCriterion, IsWhenTheErrorStaysBelow) {
  const std::vector<Real> times{10, 20, 30, 40};
  EXPECT_EQ(time_to_criterion(times, std::vector<Real>{0.1, 0.9, 0.4, 0.5}, 0.5, 5), 25);
  EXPECT_EQ(time_to_criterion(times, std::vector<Real>{0.5, 0.5, 0.4, 0.1}, 0.5, 0), 10);
  EXPECT_EQ(time_to_criterion(times, std::vector<Real>{0.1, 0.1, 0.1, nan_value}, 0.5, 0), infinity);
  EXPECT_EQ(time_to_criterion({}, {}, 0.5, 0), infinity);
}

TEST(EfoldingTime, LiesBetweenLags) {
  const Real level = std::exp(Real{-1});
  EXPECT_DOUBLE_EQ(efolding_time(std::vector<Real>{1, 2 * level, 0}, 0.5), 0.75);
  EXPECT_EQ(efolding_time(std::vector<Real>{1, 0.9}, 1), infinity);
  EXPECT_TRUE(std::isnan(efolding_time(std::vector<Real>{nan_value, nan_value}, 1)));
}

TEST(EvenlySpaced, AreAllOrSome) {
  EXPECT_EQ(evenly_spaced(3, 5), (std::vector<Index>{0, 1, 2}));
  EXPECT_EQ(evenly_spaced(10, 4), (std::vector<Index>{0, 2, 5, 7}));
}

TEST(Rates, ThatNeedMoreMemoryThanIsAllowedAreRefusedBeforeAnythingIsRead) {
  auto options = parse_options({"file.h5", "--memory=192", "--neurons=20000"});
  Condition condition;
  condition.networks = {{"file.h5"}};
  condition.recorded.resize(5000);
  std::iota(condition.recorded.begin(), condition.recorded.end(), Index{0});
  condition.train = {0, 1000};
  condition.test = {1000, 1000};
  try {
    require_rates_possible(condition, options, 2);
    FAIL();
  } catch (const core::Error& error) {
    EXPECT_EQ(error.code(), core::ExitCode::usage);
    EXPECT_NE(std::string(error.what()).find("--memory="), std::string::npos);
  }
  options.most_neurons = 500;
  EXPECT_NO_THROW(require_rates_possible(condition, options, 2));
}

TEST(Tables, QuoteTextsAndNameColumns) {
  Summary summary;
  summary.scales.push_back({"/a/x", {1, 2.5}, "1", "x"});
  summary.arrays.push_back({"/a/first", {"/a/x"}, "1", "", {3, nan_value}, "t", {{"label", "p, \"q\""}}});
  summary.arrays.push_back({"/a/second", {"/a/x"}, "1", "", {infinity, 4}, "t", {{"label", "p, \"q\""}}});
  const auto folder = std::filesystem::temp_directory_path() / "bayres-tables-test";
  std::filesystem::create_directories(folder);
  write_tables(summary, folder.string());
  std::ifstream file(folder / "t.csv");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  EXPECT_EQ(text, "label,x,first,second\n\"p, \"\"q\"\"\",1,3,inf\n\"p, \"\"q\"\"\",2.5,nan,4\n");
  std::filesystem::remove_all(folder);
}

}  // namespace
