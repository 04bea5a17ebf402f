#include "bayres/parameters/schedule.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace bayres::sim {
namespace {

ProtocolParameters protocol(Real washout, Real train, Real test) {
  ProtocolParameters p;
  p.washout = washout;
  p.train = train;
  p.test = test;
  p.evaluate_span = test;
  return p;
}

TEST(Schedule, HasTheNearestWholeNumberOfStepsInEachPhase) {
  // 0.3 / 0.1 and 0.7 / 0.1 are just below 3 and 7 in binary.
  const Schedule schedule(protocol(0.3, 0.7, 1.26), 0.1);
  EXPECT_EQ(schedule.washout_end(), 3);
  EXPECT_EQ(schedule.train_end(), 10);
  EXPECT_EQ(schedule.end(), 23);
}

TEST(Schedule, PutsEveryStepInItsPhase) {
  const Schedule schedule(protocol(2, 3, 1), 1);
  for (const Index step : {0, 1}) EXPECT_EQ(schedule.phase(step), Phase::washout);
  for (const Index step : {2, 3, 4}) EXPECT_EQ(schedule.phase(step), Phase::train);
  EXPECT_EQ(schedule.phase(5), Phase::test);
}

TEST(Schedule, StartsWithTrainingWhenThereIsNoWashout) {
  const Schedule schedule(protocol(0, 2, 0), 1);
  EXPECT_EQ(schedule.phase(0), Phase::train);
  EXPECT_EQ(schedule.end(), 2);
}

TEST(Schedule, LearnsOnEverySoManiethStepFromTheFirstTrainingStep) {
  auto p = protocol(5, 7, 10);
  p.learn_every = 3;
  const Schedule schedule(p, 1);
  std::vector<Index> learned;
  for (Index step = 0; step < schedule.end(); ++step) {
    if (schedule.learns(step)) learned.push_back(step);
  }
  EXPECT_EQ(learned, (std::vector<Index>{5, 8, 11}));
}

TEST(Schedule, LearnsOnAllTrainingStepsByDefault) {
  const Schedule schedule(protocol(1, 2, 1), 0.5);
  std::vector<Index> learned;
  for (Index step = 0; step < schedule.end(); ++step) {
    if (schedule.learns(step)) learned.push_back(step);
  }
  EXPECT_EQ(learned, (std::vector<Index>{2, 3, 4, 5}));
}

TEST(Schedule, GivesEvaluationsInSteps) {
  auto p = protocol(0, 10, 5);
  p.evaluate_at = {0, 2.5, 10};
  p.evaluate_span = 3;
  const Schedule schedule(p, 0.5);
  EXPECT_EQ(schedule.evaluations(), (std::vector<Index>{0, 5, 20}));
  EXPECT_EQ(schedule.evaluation_span(), 6);
}

TEST(Schedule, IsEmptyByDefault) {
  const Schedule schedule;
  EXPECT_EQ(schedule.end(), 0);
  EXPECT_FALSE(schedule.learns(0));
  EXPECT_TRUE(schedule.evaluations().empty());
}

}  // namespace
}  // namespace bayres::sim
