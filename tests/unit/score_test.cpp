#include "bayres/measures/measures.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <functional>
#include <vector>

namespace bayres::sim {
namespace {

TEST(Score, MeasuresTheErrorAsWorkedByHand) {
  Score score;
  // Targets 1, 2, 3, 6: mean 3, variance (4 + 1 + 0 + 9) / 4 = 3.5. Squared errors 1, 4, 0, 9: mean 3.5.
  score.add(1, 1);
  score.add(2, -2);
  score.add(3, 0);
  score.add(6, 3);
  EXPECT_EQ(score.count(), 4);
  EXPECT_NEAR(score.mae(), 1.5, 1e-15);
  EXPECT_NEAR(score.mse(), 3.5, 1e-15);
  EXPECT_NEAR(score.nrmse(), 1, 1e-15);
  EXPECT_NEAR(score.r2(), 0, 1e-15);
}

TEST(Score, IsPerfectWithoutError) {
  Score score;
  for (int i = 0; i < 10; ++i) score.add(i, 0);
  EXPECT_EQ(score.mae(), 0);
  EXPECT_EQ(score.mse(), 0);
  EXPECT_EQ(score.nrmse(), 0);
  EXPECT_EQ(score.r2(), 1);
}

TEST(Score, GivesAReadoutOfTheMeanAnNrmseOfOne) {
  Score score;
  const std::vector<Real> targets{0.3, -2, 5, 1.7, 0.1};
  const Real mean = 1.02;
  for (const Real target : targets) score.add(target, target - mean);
  EXPECT_NEAR(score.nrmse(), 1, 1e-14);
  EXPECT_NEAR(score.r2(), 0, 1e-14);
}

TEST(Score, KeepsThePrecisionOfTheVarianceFarFromZero) {
  Score score;
  for (int i = 0; i < 1000; ++i) score.add(1e8 + (i % 2), 0.05);
  EXPECT_NEAR(score.nrmse(), 0.1, 1e-9);  // 0.05 / sqrt(1/4)
  EXPECT_NEAR(score.r2(), 0.99, 1e-9);
}

TEST(Score, IsNanWhenNothingWasAdded) {
  const Score score;
  EXPECT_EQ(score.count(), 0);
  for (const Real value : {score.mae(), score.mse(), score.nrmse(), score.r2()}) EXPECT_TRUE(std::isnan(value));
}

TEST(Score, HasNoFiniteNrmseForAConstantTarget) {
  Score wrong;
  Score right;
  for (int i = 0; i < 3; ++i) {
    wrong.add(2, 0.1);
    right.add(2, 0);
  }
  EXPECT_FALSE(std::isfinite(wrong.nrmse()));
  EXPECT_FALSE(std::isfinite(right.nrmse()));
  EXPECT_NEAR(wrong.mae(), 0.1, 1e-15);
}

TEST(Score, CountsAStepAsOftenAsItsWeightSays) {
  Score weighted;
  Score repeated;
  const std::array<std::array<Real, 3>, 4> steps{{{1, 0.5, 2}, {-2, 0.3, 1}, {0.7, -1, 3}, {5, 2, 0}}};
  for (const auto& [target, delta, weight] : steps) {
    if (weight > 0) weighted.add(target, delta, weight);
    for (int k = 0; k < static_cast<int>(weight); ++k) repeated.add(target, delta);
  }
  EXPECT_EQ(weighted.count(), 6);
  for (const auto measure : {&Score::mae, &Score::mse, &Score::nrmse, &Score::r2, &Score::target_variance}) {
    EXPECT_NEAR((weighted.*measure)(), (repeated.*measure)(), 1e-14);
  }
}

TEST(Scores, GiveEveryMeasureOfEachReadoutAndItsMean) {
  auto measures = built_in_measures();
  measures.remove(std::mem_fn(&MeasureChoice::of_trials));
  measures.remove(std::mem_fn(&MeasureChoice::of_classes));
  measures.remove(std::mem_fn(&MeasureChoice::of_spikes));
  Scores scores(measures, 2);
  scores.add({std::array<Real, 2>{1, 3}, std::array<Real, 2>{1, -4}}, 1);
  scores.add({std::array<Real, 2>{3, 5}, std::array<Real, 2>{-1, 0}}, 1);
  const std::vector<std::pair<std::string, std::vector<Real>>> expected{
      {"mae", {1, 2}},
      {"mse", {1, 8}},
      {"nrmse", {1, std::sqrt(8.0)}},
      {"r2", {0, -7}},
      // Squared errors 1, 16 and 1, 0, variances 1, 1; targets from 1 to 5 in all.
      {"nrmse_joint", {std::sqrt(4.5), std::sqrt(4.5)}},
      {"nrmse_range", {0.5, std::sqrt(8.0) / 2}},
      {"nrmse_range_joint", {std::sqrt(4.5) / 4, std::sqrt(4.5) / 4}},
      {"squared_correlation", {1, 1}},
      {"capacity", {2, 2}}};
  ASSERT_EQ(measures.size(), expected.size());
  for (const auto& [name, values] : expected) {
    const auto& measure = **measures.find(name);
    EXPECT_EQ(values_of(scores, measure), values) << name;
    EXPECT_EQ(mean_of(scores, measure), (values[0] + values[1]) / 2) << name;
  }
}

Real value_of(const Scores& scores, const Measures& measures, const char* name) {
  return (*measures.find(name))->value(scores, 0);
}

TEST(SquaredCorrelation, ForgivesScaleAndOffset) {
  const auto measures = built_in_measures();
  Scores scores(measures, 1);
  Scores noisy(measures, 1);
  const std::vector<Real> targets{1, 2, 4, 7, 3};
  const std::vector<Real> noise{1, -1, 1, -1, 0};  // mean 0; covariance with the targets -4 / 5
  for (std::size_t k = 0; k < targets.size(); ++k) {
    const Real z = 5 - 3 * targets[k];
    scores.add({std::array{targets[k]}, std::array{targets[k] - z}}, 1);
    noisy.add({std::array{targets[k]}, std::array{targets[k] - z - noise[k]}}, 1);
  }
  EXPECT_NEAR(value_of(scores, measures, "squared_correlation"), 1, 1e-14);
  EXPECT_LT(value_of(scores, measures, "r2"), 0);
  // In sums: of squares of the targets 21.2, of z 9 * 21.2 + 4 + 6 * 4; of products -3 * 21.2 - 4.
  EXPECT_NEAR(value_of(noisy, measures, "squared_correlation"), 67.6 * 67.6 / (21.2 * 218.8), 1e-14);
}

TEST(SquaredCorrelation, OfAConstantOutputIsNothing) {
  const auto measures = built_in_measures();
  Scores scores(measures, 1);
  for (const Real target : {1.0, 2.0, 4.0}) scores.add({std::array{target}, std::array{target - 3}}, 1);
  EXPECT_EQ(value_of(scores, measures, "squared_correlation"), 0);
  EXPECT_TRUE(std::isnan(value_of(Scores(measures, 1), measures, "nrmse_range")));
}

/// Weights count as repeated steps, and a step of weight 0 does not.
TEST(Scores, OfOtherDefinitionsCountWeights) {
  const auto measures = built_in_measures();
  Scores weighted(measures, 2);
  Scores repeated(measures, 2);
  const std::array<std::array<Real, 3>, 3> steps{{{1, 0.5, 2}, {-2, 0.3, 1}, {0.7, -1, 3}}};
  for (const auto& [target, delta, weight] : steps) {
    const std::array<Real, 2> targets{target, 2 * target * target};
    const std::array<Real, 2> deltas{delta, -delta};
    weighted.add({targets, deltas}, weight);
    for (int k = 0; k < static_cast<int>(weight); ++k) repeated.add({targets, deltas}, 1);
  }
  for (const char* name : {"nrmse_joint", "nrmse_range", "nrmse_range_joint", "squared_correlation"}) {
    const auto& measure = **measures.find(name);
    const auto found = values_of(weighted, measure);
    const auto expected = values_of(repeated, measure);
    for (std::size_t m = 0; m < 2; ++m) EXPECT_NEAR(found[m], expected[m], 1e-14) << name;
  }
}

}  // namespace
}  // namespace bayres::sim
