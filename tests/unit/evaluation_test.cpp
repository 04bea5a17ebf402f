#include "bayres/evaluation/evaluation.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace bayres::sim {
namespace {

constexpr Index in_cache = 250;  // neurons whose dense J takes 0.5 MB
constexpr Index too_large = 2000;

Workload forecasts(Index neurons, Index starts) {
  Workload w;
  w.outputs = 16;
  w.c.reservoir.size = neurons;
  w.c.reservoir.connectivity = 1;
  w.c.reservoir.storage = "dense";
  w.c.evaluate.start = 10;
  w.c.evaluate.span = 5;
  w.c.evaluate.spacing = 7;
  w.c.evaluate.starts = starts;
  w.c.free_run.period = 0;
  w.c.free_run.lyapunov_exponent = 0;
  return w;
}

Workload forecasts_of_groups(Index neurons, Index starts, Index groups, bool shared) {
  auto w = forecasts(neurons, starts);
  w.c.parallel.groups = groups;
  w.c.parallel.shared = shared;
  return w;
}

TEST(EvaluationParts, AreOfReplicasWhereJStaysInTheCache) {
  EXPECT_EQ(evaluation_parts(forecasts(in_cache, 20), 1), 1);
  EXPECT_EQ(evaluation_parts(forecasts(in_cache, 20), 3), 3);
  EXPECT_EQ(evaluation_parts(forecasts(in_cache, 2), 3), 2);
  EXPECT_EQ(evaluation_parts(forecasts(in_cache, 0), 3), 1);
  EXPECT_EQ(evaluation_parts(forecasts(too_large, 20), 3), 1);
}

TEST(EvaluationParts, CountTheJOfEveryGroupThatHasItsOwn) {
  EXPECT_EQ(evaluation_parts(forecasts_of_groups(in_cache, 20, 2, false), 2), 2);
  EXPECT_EQ(evaluation_parts(forecasts_of_groups(in_cache, 20, 4, false), 2), 1);
  EXPECT_EQ(evaluation_parts(forecasts_of_groups(in_cache, 20, 4, true), 2), 2);
}

TEST(EvaluationParts, AreOfReplicasWhereGroupsShareJAndReplicasKeepAllRanksBusy) {
  EXPECT_EQ(evaluation_parts(forecasts_of_groups(too_large, 20, 4, true), 4), 4);
  EXPECT_EQ(evaluation_parts(forecasts_of_groups(too_large, 20, 4, false), 4), 1);
  EXPECT_EQ(evaluation_parts(forecasts_of_groups(too_large, 20, 4, true), 5),
            1);  // ranks divide the neurons of a group
  EXPECT_EQ(evaluation_parts(forecasts_of_groups(too_large, 3, 4, true), 2), 2);
  EXPECT_EQ(evaluation_parts(forecasts_of_groups(too_large, 5, 4, true), 4), 1);
  EXPECT_EQ(evaluation_parts(forecasts_of_groups(too_large, 2, 4, true), 4), 1);
}

TEST(EvaluationParts, AreThoseThatTheUserWants) {
  auto w = forecasts(too_large, 20);
  w.c.evaluate.divide = "replicas";
  EXPECT_EQ(evaluation_parts(w, 3), 3);
  w = forecasts(in_cache, 20);
  w.c.evaluate.divide = "neurons";
  EXPECT_EQ(evaluation_parts(w, 3), 1);
}

TEST(EvaluationPlan, OfSomeStartsBeginsAtTheFirstOfThem) {
  const EvaluationPlan whole(forecasts(in_cache, 20).c, 0);
  const auto part = whole.of({4, 9});
  EXPECT_EQ(part.replicas, 5);
  EXPECT_EQ(part.starts(), 5);
  for (Index k = 0; k < part.replicas; ++k) EXPECT_EQ(part.start_of(k), whole.start_of(4 + k));
  EXPECT_EQ(whole.of({19, 20}).start_of(0), whole.start_of(19));
}

TEST(EvaluationPlan, OfSomeInitialStatesKnowsTheirNumbers) {
  auto w = forecasts(in_cache, 0);
  w.c.evaluate.initial_states = 6;
  const EvaluationPlan whole(w.c, 0);
  EXPECT_EQ(whole.of({2, 5}).first, 2);
  EXPECT_EQ(whole.of({2, 5}).replicas, 3);
  EXPECT_EQ(whole.of({2, 5}).start_of(1), whole.start_of(0));
}

TEST(ConditionScores, ChangeNoNumberThatIsAddedToThem) {
  const EvaluationPlan plan(forecasts(in_cache, 2).c, 0);
  ConditionScores nothing(plan, 16, built_in_measures());
  Index count = 0;
  nothing.for_each_array([&](const std::vector<Real>& values) {
    for (const Real value : values) EXPECT_TRUE(std::signbit(value + -0.0));
    count += std::ssize(values);
  });
  EXPECT_GT(count, 0);
}

}  // namespace
}  // namespace bayres::sim
