#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "bayres/measures/measures.hpp"

namespace bayres::sim {
namespace {

/// A trial of steps with these targets and outputs.
void add_trial(Scores& scores, const std::vector<Real>& targets, const std::vector<Real>& outputs, bool whole = true) {
  scores.begin_trial();
  for (std::size_t k = 0; k < targets.size(); ++k) {
    const Real delta = targets[k] - outputs[k];
    scores.add({std::span(&targets[k], 1), std::span(&delta, 1)}, 1);
  }
  if (whole) scores.end_trial();
}

Real value(const Scores& scores, const char* measure) {
  static const auto measures = built_in_measures();
  return (*measures.find(measure))->value(scores, 0);
}

TEST(Right, CountsTheSignsOfMeanOutputs) {
  Scores scores(built_in_measures(), 1);
  EXPECT_TRUE(std::isnan(value(scores, "right")));
  EXPECT_EQ(value(scores, "trials"), 0);
  add_trial(scores, {1, 1, 1}, {-0.5, 0.4, 0.2});  // mean 0.03: right
  add_trial(scores, {-1, -1}, {-0.5, 0.6});        // mean 0.05: wrong
  add_trial(scores, {0, 0, -1}, {5, 5, -0.1});     // only the last step asks: right
  add_trial(scores, {0, 0}, {1, 1});               // nothing is asked
  add_trial(scores, {1, -1}, {1, 1});              // nothing is asked by the mean
  add_trial(scores, {2}, {0});                     // 0 has no sign: wrong
  EXPECT_EQ(value(scores, "trials"), 4);
  EXPECT_EQ(value(scores, "right"), 0.5);
}

TEST(Right, CountsWholeTrialsAlone) {
  Scores scores(built_in_measures(), 1);
  const Real target = 1;
  const Real delta = 3;
  scores.add({std::span(&target, 1), std::span(&delta, 1)}, 1);  // the end of a trial whose beginning was not seen
  scores.end_trial();
  EXPECT_EQ(value(scores, "trials"), 0);
  add_trial(scores, {1}, {1});
  add_trial(scores, {1}, {-1}, false);
  EXPECT_EQ(value(scores, "trials"), 1);
  EXPECT_EQ(value(scores, "right"), 1);
}

TEST(Right, IsNotKnownOfAReadoutThatDiverged) {
  Scores scores(built_in_measures(), 1);
  add_trial(scores, {1}, {1});
  add_trial(scores, {1}, {core::automatic});
  EXPECT_TRUE(std::isnan(value(scores, "right")));
  EXPECT_TRUE(std::isnan(value(scores, "right_low")));
}

TEST(Right, HasTheConfidenceIntervalOfWilson) {
  Scores scores(built_in_measures(), 1);
  for (int k = 0; k < 10; ++k) add_trial(scores, {1}, {k < 7 ? 1.0 : -1.0});
  // The roots of |p - 0.7| = z sqrt(p (1 - p) / 10).
  EXPECT_NEAR(value(scores, "right_low"), 0.396773, 1e-5);
  EXPECT_NEAR(value(scores, "right_high"), 0.892209, 1e-5);
  for (const char* limit : {"right_low", "right_high"}) {
    const Real p = value(scores, limit);
    EXPECT_NEAR(std::abs(p - 0.7), 1.959963984540054 * std::sqrt(p * (1 - p) / 10), 1e-12);
  }
  Scores all(built_in_measures(), 1);
  for (int k = 0; k < 20; ++k) add_trial(all, {-1}, {-2});
  EXPECT_EQ(value(all, "right"), 1);
  EXPECT_LE(value(all, "right_high"), 1 + 1e-15);
  EXPECT_NEAR(value(all, "right_low"), 20 / (20 + 1.959963984540054 * 1.959963984540054), 1e-12);
}

TEST(Answer, HasWeightedMeans) {
  Answer answer;
  EXPECT_TRUE(std::isnan(answer.output()));
  answer.add(2, 2 - 0.5, 2);      // z = 0.5
  answer.add(-1, -1 - 0.2, 0.5);  // z = 0.2
  answer.add(0, 7, 0);
  EXPECT_NEAR(answer.target(), (2 * 2 - 0.5 * 1) / 2.5, 1e-15);
  EXPECT_NEAR(answer.output(), (2 * 0.5 + 0.5 * 0.2) / 2.5, 1e-15);
  EXPECT_EQ(answer.right(), 1);
}

}  // namespace
}  // namespace bayres::sim
