#include <gtest/gtest.h>

#include <cmath>
#include <set>
#include <vector>

#include "bayres/tasks/choice.hpp"
#include "bayres/trials/registry.hpp"

namespace bayres::tasks {
namespace {

using Values = std::vector<Real>;

struct TrialStep {
  Values input;
  Values target;
  Mark mark;
};

template <class T>
TrialStep step_of(T& task, Index step) {
  TrialStep now{Values(static_cast<std::size_t>(task.inputs())), Values(static_cast<std::size_t>(task.outputs())), {}};
  task.sample(step, now.input, now.target);
  now.mark = task.mark(step);
  return now;
}

bool same(const Mark& one, const Mark& other) {
  return one.begins == other.begins && one.kind == other.kind && one.weight == other.weight &&
         one.resets == other.resets;
}

// Two pulses of 2 steps, 1 apart, delay 3, response 2, rest 1: a trial of 11 steps.
DelayedXor::Parameters xor_trials() {
  return {.pulse = 0.2,
          .gap = 0.1,
          .delay = 0.3,
          .response = 0.2,
          .rest = 0.1,
          .channels = 2,
          .reset = true,
          .scored = "response",
          .seed = 5};
}

TEST(DelayedXor, HasTheTrialThatItsEquationSays) {
  DelayedXor task(xor_trials(), {});
  ASSERT_EQ(task.inputs(), 2);
  std::set<Index> kinds;
  for (Index trial = 0; trial < 40; ++trial) {
    const auto first = step_of(task, 11 * trial);
    const Index kind = first.mark.kind;
    kinds.insert(kind);
    const Values a = kind >= 2 ? Values{0, 1} : Values{1, 0};
    const Values b = kind % 2 == 1 ? Values{0, 1} : Values{1, 0};
    for (Index now = 0; now < 11; ++now) {
      const auto s = step_of(task, 11 * trial + now);
      EXPECT_EQ(s.input, now < 2 ? a : now >= 3 && now < 5 ? b : (Values{0, 0})) << "step " << now;
      const bool is_response = now >= 8 && now < 10;
      EXPECT_EQ(s.target[0], is_response ? (a == b ? -1 : 1) : 0) << "step " << now;
      EXPECT_TRUE(same(s.mark, {now == 0, kind, is_response ? 1.0 : 0.0, true})) << "step " << now;
    }
  }
  EXPECT_EQ(kinds, (std::set<Index>{0, 1, 2, 3}));
}

TEST(DelayedXor, DrawsItsTypesEvenly) {
  DelayedXor task(xor_trials(), {});
  std::vector<int> counts(4);
  constexpr int trials = 4000;
  for (Index trial = 0; trial < trials; ++trial) ++counts[static_cast<std::size_t>(task.mark(11 * trial).kind)];
  for (const int count : counts) EXPECT_NEAR(count, trials / 4, 5 * std::sqrt(trials * 3.0 / 16));
}

TEST(DelayedXor, AsAStreamHasNoMarks) {
  auto p = xor_trials();
  p.reset = false;
  p.scored = "all";
  EXPECT_FALSE(p.has_marks());
  DelayedXor stream(p, {});
  p.channels = 1;
  DelayedXor one(p, {});
  DelayedXor trials(xor_trials(), {});
  for (Index step = 0; step < 200; ++step) {
    EXPECT_TRUE(same(stream.mark(step), {}));
    const auto both = step_of(trials, step);
    EXPECT_EQ(step_of(stream, step).target, both.target);
    EXPECT_EQ(step_of(one, step).input[0], both.input[1] - both.input[0]);
  }
}

TEST(DelayedXor, MayRunOnThroughTrialsAndScoreAllSteps) {
  auto p = xor_trials();
  p.reset = false;
  EXPECT_TRUE(same(DelayedXor(p, {}).mark(11), {true, DelayedXor(p, {}).mark(11).kind, 0, false}));
  p.reset = true;
  p.scored = "all";
  for (Index step = 0; step < 30; ++step) EXPECT_EQ(DelayedXor(p, {}).mark(step).weight, 1);
}

TEST(DelayedXor, WantsPartsOfAtLeastOneStep) {
  auto p = xor_trials();
  p.response = 0.04;
  const auto problem = p.problem({.dt = 0.1});
  for (const char* text : {"task.response", "0.04", "reservoir.dt", "0.1"}) {
    EXPECT_NE(problem.find(text), std::string::npos) << problem;
  }
}

TEST(FlipFlop, HoldsTheSignOfTheLastPulseInEachChannel) {
  FlipFlop task({.channels = 3, .interval = 0.7, .pulse = 0.2, .probability = 0.3, .seed = 2}, {});
  ASSERT_EQ(task.inputs(), 3);
  ASSERT_EQ(task.outputs(), 3);
  Values held(3, -1);
  std::vector<int> pulses(3);
  for (Index step = 0; step < 7 * 400; ++step) {
    const auto s = step_of(task, step);
    Index kind = 0;
    for (std::size_t c = 3; c-- > 0;) {
      kind = 3 * kind + (s.input[c] > 0 ? 1 : s.input[c] < 0 ? 2 : 0);
      if (s.input[c] != 0) held[c] = s.input[c];
      pulses[c] += step % 7 == 0 && s.input[c] != 0 ? 1 : 0;
      EXPECT_TRUE(step % 7 < 2 || s.input[c] == 0) << "step " << step;
    }
    EXPECT_EQ(s.target, held) << "step " << step;
    if (step % 7 < 2) {
      EXPECT_EQ(s.mark.kind, kind);
    }
    EXPECT_EQ(s.mark.begins, step % 7 == 0);
    EXPECT_FALSE(s.mark.resets);
    EXPECT_EQ(s.mark.weight, 1);
  }
  for (const int count : pulses) EXPECT_NEAR(count, 120, 5 * std::sqrt(400 * 0.21));
}

TEST(FlipFlop, IsMinusOneWithoutPulses) {
  FlipFlop task({.probability = 0}, {});
  for (const Index step : {0, 5000, 300, 100000}) EXPECT_EQ(step_of(task, step).target, Values{-1});
}

TEST(FlipFlop, IsAPureFunctionOfTheStepAcrossIntervals) {
  const FlipFlop::Parameters p{.channels = 2, .interval = 0.3, .pulse = 0.1, .probability = 0.2};
  FlipFlop ascending(p, {});
  std::vector<Values> expected;
  for (Index step = 0; step < 300; ++step) expected.push_back(step_of(ascending, step).target);
  FlipFlop task(p, {});
  for (Index step = 299; step >= 0; step -= 4)
    EXPECT_EQ(step_of(task, step).target, expected[static_cast<std::size_t>(step)]);
  for (const Index step : {250, 40, 249, 3, 299}) {
    EXPECT_EQ(step_of(task, step).target, expected[static_cast<std::size_t>(step)]);
  }
}

TEST(FlipFlop, WantsAPulseNoLongerThanTheInterval) {
  const auto problem = FlipFlop::Parameters{.interval = 1, .pulse = 2}.problem({});
  EXPECT_NE(problem.find("task.pulse = 2"), std::string::npos);
  EXPECT_NE(problem.find("task.interval = 1"), std::string::npos);
}

TEST(DelayedMatch, HasTheTrialsOfMiconi) {
  DelayedMatch task({.seed = 5}, {.dt = 1, .tau = 30});
  DelayedXor::Parameters p{.pulse = 200,
                           .gap = 200,
                           .delay = 200,
                           .response = 200,
                           .rest = 0,
                           .channels = 2,
                           .reset = true,
                           .scored = "response",
                           .seed = 5};
  DelayedXor other(p, {.dt = 1, .tau = 30});
  std::set<Index> kinds;
  for (Index step = 0; step < 20000; ++step) {
    const auto now = step_of(task, step);
    const auto expected = step_of(other, step);
    const Index within = step % 1000;
    ASSERT_EQ(now.input, expected.input);
    ASSERT_EQ(now.target[0], 0.98 * expected.target[0]);
    ASSERT_EQ(now.target[0] != 0, within >= 800);
    ASSERT_TRUE(same(now.mark, expected.mark));
    if (within >= 200 && (within < 400 || within >= 600)) {
      ASSERT_EQ(now.input, (Values{0, 0}));
    }
    kinds.insert(now.mark.kind);
  }
  EXPECT_EQ(kinds.size(), 4U);
}

TEST(Evidence, AsksForTheSideWithMoreCues) {
  const Evidence::Parameters p{.cues = 7, .cue = 0.2, .gap = 0.1, .delay = 0.5, .response = 0.3, .probability = 0.7};
  Evidence task(p, {});
  constexpr Index length = 7 * 3 + 5 + 3;
  constexpr Index trials = 3000;
  Real more = 0;
  Real right_trials = 0;
  for (Index trial = 0; trial < trials; ++trial) {
    std::array<Real, 2> counts{};
    Real target = 0;
    for (Index now = 0; now < length; ++now) {
      const auto s = step_of(task, trial * length + now);
      const bool is_cue = now < 21 && now % 3 < 2;
      const bool is_response = now >= 26;
      ASSERT_EQ(s.input[0] + s.input[1], is_cue ? 1 : 0);
      ASSERT_EQ(s.input[2], is_response ? 1 : 0);
      ASSERT_EQ(s.mark.weight, is_response ? 1 : 0);
      ASSERT_EQ(s.mark.begins, now == 0);
      ASSERT_TRUE(s.mark.resets);
      ASSERT_EQ(s.target[0] != 0, is_response);
      if (now % 3 == 0) {
        counts[0] += s.input[0];
        counts[1] += s.input[1];
      }
      if (is_response) target = s.target[0];
    }
    ASSERT_EQ(counts[0] + counts[1], 7);
    ASSERT_EQ(target, counts[1] > counts[0] ? 1 : -1);
    ASSERT_EQ(static_cast<Real>(task.mark(trial * length).kind), counts[1]);
    more += std::max(counts[0], counts[1]) / trials;
    right_trials += target > 0 ? 1.0 / trials : 0;
  }
  EXPECT_NEAR(right_trials, 0.5, 5 * std::sqrt(0.25 / trials));
  // The mean of the larger count of 7 cues, of which each is on the favoured side with probability 0.7.
  Real expected = 0;
  for (int k = 0; k <= 7; ++k) {
    const Real ways = std::tgamma(8.0) / (std::tgamma(k + 1.0) * std::tgamma(8.0 - k));
    expected += ways * std::pow(0.7, k) * std::pow(0.3, 7 - k) * std::max(k, 7 - k);
  }
  EXPECT_NEAR(more, expected, 5 * 1.5 / std::sqrt(trials));
}

TEST(Evidence, WantsAnOddNumberOfCues) {
  const auto problem = Evidence::Parameters{.cues = 6}.problem({});
  EXPECT_NE(problem.find("task.cues = 6"), std::string::npos);
  EXPECT_NE((Evidence::Parameters{.cue = 1e14, .gap = 1e14}.problem({})), "");
}

TEST(Pattern, IsASumOfSinesAfterTheCue) {
  Pattern task({.cue = 0.4, .length = 2, .periods = {2, 1}, .amplitudes = {1, 0.5}}, {});
  for (Index step = 0; step < 72; ++step) {
    const Index now = step % 24;
    const Real turns = static_cast<Real>(now - 3) / 20;  // of the first sine, at the end of the step
    const auto s = step_of(task, step);
    EXPECT_EQ(s.input[0], now < 4 ? 1 : 0);
    const Real expected = std::sin(2 * M_PI * turns) + 0.5 * std::sin(4 * M_PI * turns);
    EXPECT_NEAR(s.target[0], now < 4 ? 0 : expected, 1e-14);
    EXPECT_TRUE(same(s.mark, {now == 0, 0, now < 4 ? 0.0 : 1.0, true}));
  }
}

TEST(Pattern, WantsAsManyAmplitudesAsPeriods) {
  EXPECT_NE((Pattern::Parameters{.periods = {1}, .amplitudes = {1, 2}}.problem({})), "");
  EXPECT_NE((Pattern::Parameters{.periods = {}, .amplitudes = {}}.problem({})), "");
  EXPECT_NE((Pattern::Parameters{.length = 1e12}.problem({})), "");
}

TEST(SampleOfTrials, SaysWhereATrialEnds) {
  AnyTask task = core::choose<Choice, DelayedXor>(xor_trials())->make({});
  Values input(2);
  Values target(1);
  for (Index step = 0; step < 40; ++step) EXPECT_EQ(sample(task, false, step, input, target).ends, step % 11 == 10);
}

}  // namespace
}  // namespace bayres::tasks
