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
      {"mae", {1, 2}}, {"mse", {1, 8}}, {"nrmse", {1, std::sqrt(8.0)}}, {"r2", {0, -7}}};
  ASSERT_EQ(measures.size(), expected.size());
  for (const auto& [name, values] : expected) {
    const auto& measure = **measures.find(name);
    EXPECT_EQ(values_of(scores, measure), values) << name;
    EXPECT_EQ(mean_of(scores, measure), (values[0] + values[1]) / 2) << name;
  }
}

}  // namespace
}  // namespace bayres::sim
