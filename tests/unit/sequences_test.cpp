#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <set>
#include <vector>

#include "bayres/measures/measures.hpp"
#include "bayres/tasks/file.hpp"

namespace bayres {
namespace {

using core::Index;
using core::Real;
using tasks::Context;
using tasks::File;
using tasks::Recording;
using tasks::SequenceOrder;

/// Sequences of 2, 3, 1 and 4 samples, of classes 7, 5, 7, 5.
Context context_of_sequences(Index folds = 0) {
  auto table = std::make_shared<tasks::Table>();
  table->names = {"x", "id", "label"};
  table->columns = {{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, {1, 1, 2, 2, 2, 3, 4, 4, 4, 4}, {7, 7, 5, 5, 5, 7, 5, 5, 5, 5}};
  table->rows = 10;
  Context context;
  context.dt = 1;
  context.table = table;
  context.folds = folds;
  return context;
}

Recording recording() {
  Recording p;
  p.path = "f.csv";
  p.input = {"x"};
  p.target = {"label"};
  p.target_is = "class";
  p.sequence = "id";
  p.split = 0.5;
  return p;
}

/// The inputs of all steps of a run that is as long as the file allows, and the targets and marks beside them.
struct Played {
  std::vector<Real> inputs;
  std::vector<Real> targets;  // step by step
  std::vector<tasks::Mark> marks;
};
Played played(const Recording& p, Context context) {
  const auto order = p.order(context);
  context.steps = order->steps();
  context.train_end = order->learned_steps();
  EXPECT_EQ(p.problem(context), "");
  File file(p, context);
  Played all;
  std::vector<Real> input(1);
  std::vector<Real> target(core::as_size(file.outputs()));
  for (Index step = 0; step < context.steps; ++step) {
    file.sample(step, input, target);
    all.inputs.push_back(input[0]);
    all.targets.insert(all.targets.end(), target.begin(), target.end());
    all.marks.push_back(file.mark(step));
  }
  return all;
}

TEST(Sequences, AreThoseOfTheFileByDefault) {
  const auto all = played(recording(), context_of_sequences());
  EXPECT_EQ(all.inputs, (std::vector<Real>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}));
  EXPECT_EQ(recording().split_time(context_of_sequences()), 5);  // the first two of four
  EXPECT_EQ(recording().duration(context_of_sequences()), 10);
}

TEST(Sequences, HaveAnOutputForEachClass) {
  EXPECT_EQ(recording().classes_of(*context_of_sequences().table), (std::vector<Real>{5, 7}));
  const auto all = played(recording(), context_of_sequences());
  EXPECT_EQ(all.targets, (std::vector<Real>{0, 1, 0, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 1, 0, 1, 0, 1, 0}));
  EXPECT_EQ(all.marks[0].kind, 1);
  EXPECT_EQ(all.marks[2].kind, 0);
}

TEST(Sequences, BeginAndEnd) {
  const auto all = played(recording(), context_of_sequences());
  const std::vector<bool> begins{true, false, true, false, false, true, true, false, false, false};
  const std::vector<bool> ends{false, true, false, false, true, true, false, false, false, true};
  for (std::size_t k = 0; k < begins.size(); ++k) {
    EXPECT_EQ(all.marks[k].begins, begins[k]) << k;
    EXPECT_EQ(all.marks[k].ends, ends[k]) << k;
    EXPECT_EQ(all.marks[k].weight, 1) << k;
  }
}

TEST(Sequences, DoNotCountAPastBeforeThem) {
  auto p = recording();
  p.target = {"x"};
  p.target_is = "values";
  p.horizon = -1;
  p.passes = 2;
  const auto all = played(p, context_of_sequences());
  for (std::size_t k = 0; k < all.marks.size(); ++k) {
    EXPECT_EQ(all.marks[k].weight, all.marks[k].begins ? 0 : 1) << k;
    if (all.marks[k].begins) continue;
    EXPECT_EQ(all.targets[k], all.inputs[k] - 1);
  }
}

TEST(Sequences, AreLearnedFromInSeveralPasses) {
  auto p = recording();
  p.passes = 2;
  const auto all = played(p, context_of_sequences());
  EXPECT_EQ(all.inputs, (std::vector<Real>{0, 1, 2, 3, 4, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9}));
}

TEST(Sequences, AreShuffledAnewInEachPass) {
  auto p = recording();
  p.split = 1;
  p.passes = 20;
  p.shuffle = 3;
  const auto all = played(p, context_of_sequences());
  std::set<std::vector<Real>> orders;
  for (std::size_t pass = 0; pass < 20; ++pass) {
    std::vector<Real> one(all.inputs.begin() + static_cast<long>(10 * pass),
                          all.inputs.begin() + static_cast<long>(10 * pass + 10));
    orders.insert(one);
    std::ranges::sort(one);
    EXPECT_EQ(one, (std::vector<Real>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}));
  }
  EXPECT_GT(orders.size(), 5);
  p.shuffle = 4;
  EXPECT_NE(played(p, context_of_sequences()).inputs, all.inputs);
}

TEST(Sequences, OfACrossValidationAreAllLearnedFromAndTestedOn) {
  const auto all = played(recording(), context_of_sequences(2));
  EXPECT_EQ(all.inputs, (std::vector<Real>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9}));
  std::vector<Index> folds;  // of sequences of classes 7, 5, 7, 5: each class is in both folds
  for (const auto& mark : all.marks) {
    if (mark.begins) folds.push_back(mark.fold);
  }
  EXPECT_EQ(folds, (std::vector<Index>{1, 1, 2, 2, 1, 1, 2, 2}));
}

TEST(Sequences, DoNotAskForWhatIsBeyondTheirEnd) {
  auto p = recording();
  p.target_is = "values";
  p.target = {"x"};
  p.passes = 2;
  p.horizon = 2;
  const auto all = played(p, context_of_sequences());
  const std::vector<Real> weights{0, 0, 1, 0, 0};
  for (std::size_t k = 0; k < weights.size(); ++k) EXPECT_EQ(all.marks[k].weight, weights[k]) << k;
  EXPECT_EQ(all.targets[2], 4);  // x two samples later
}

TEST(Sequences, SayWhatIsWrongWithThem) {
  const auto problem = [](auto change) {
    auto p = recording();
    auto context = context_of_sequences();
    context.steps = 10;
    context.train_end = 5;
    change(p, context);
    return p.problem(context);
  };
  using C = Context;
  EXPECT_EQ(problem([](Recording&, C&) {}), "");
  EXPECT_NE(problem([](Recording& p, C&) { p.segments = "label"; }).find("leave one of them out"), std::string::npos);
  EXPECT_NE(problem([](Recording& p, C&) { p.sequence.clear(); }).find("name a column with task.sequence"),
            std::string::npos);
  EXPECT_NE(problem([](Recording& p, C&) { p.start = 1; }).find("task.start = 1"), std::string::npos);
  EXPECT_NE(problem([](Recording& p, C&) { p.target = {"label", "x"}; }).find("allowed is one"), std::string::npos);
  EXPECT_NE(problem([](Recording&, C& c) { c.train_end = 4; }).find("leave protocol.train out"), std::string::npos);
  EXPECT_NE(problem([](Recording& p, C&) {
              p.classes = {5, 6};
            }).find("none of task.classes = 5, 6"),
            std::string::npos);
  EXPECT_NE(problem([](Recording& p, C&) { p.target = {"x"}; }).find("changes in sample 1, within"), std::string::npos);
  EXPECT_NE(problem([](Recording& p, C&) { p.passes = 1'000'000'0; }).find("more than 1e7 sequences"),
            std::string::npos);
  EXPECT_NE(problem([](Recording&, C& c) { c.folds = 5; }).find("protocol.folds = 5 is more than the 4"),
            std::string::npos);
}

using sim::Scores;

/// A sequence of class `kind` of three, with these outputs (step after step).
void add_sequence(Scores& scores, std::size_t kind, const std::vector<std::vector<Real>>& outputs, bool whole = true) {
  std::vector<Real> target(3);
  target[kind] = 1;
  scores.begin_trial();
  for (const auto& z : outputs) {
    std::vector<Real> delta;
    for (std::size_t m = 0; m < 3; ++m) delta.push_back(target[m] - z[m]);
    scores.add({target, delta}, 1);
  }
  if (whole) scores.end_trial();
}

Real value(const Scores& scores, const char* measure, std::size_t readout = 0) {
  static const auto measures = sim::built_in_measures();
  return (*measures.find(measure))->value(scores, readout);
}

TEST(Accuracy, IsOfTheLargestMeanOutput) {
  Scores scores(sim::built_in_measures(), 3);
  EXPECT_TRUE(std::isnan(value(scores, "accuracy")));
  add_sequence(scores, 0, {{1, 0, 0}, {0, 0.5, 0}});       // mean: right; at the end: wrong
  add_sequence(scores, 1, {{0.9, 0, 0}, {0, 0.5, 0}});     // wrong; right
  add_sequence(scores, 2, {{0, 0, 0.1}});                  // right
  add_sequence(scores, 2, {{0, 0, 9}, {0, 0, 9}}, false);  // cut
  add_sequence(scores, 1, {{0.2, 0.2, 0.1}});              // a tie is no answer: wrong
  EXPECT_EQ(value(scores, "sequences"), 4);
  EXPECT_EQ(value(scores, "accuracy"), 0.5);
  EXPECT_EQ(value(scores, "accuracy", 2), 0.5);  // it is of all outputs
  EXPECT_EQ(value(scores, "accuracy_at_end"), 0.5);
  EXPECT_NEAR(value(scores, "accuracy_low"), 0.1500, 1e-4);  // Wilson's interval of 2 of 4
  EXPECT_NEAR(value(scores, "accuracy_high"), 0.8500, 1e-4);
}

TEST(Accuracy, IsNotKnownOfReadoutsThatDiverged) {
  Scores scores(sim::built_in_measures(), 3);
  add_sequence(scores, 0, {{1, 0, 0}});
  add_sequence(scores, 0, {{1, core::automatic, 0}});
  EXPECT_TRUE(std::isnan(value(scores, "accuracy")));
}

TEST(Accuracy, GoesOnFromItsNumbers) {
  Scores scores(sim::built_in_measures(), 3);
  add_sequence(scores, 1, {{0, 1, 0}});
  add_sequence(scores, 1, {{0, 1, 0}}, false);
  std::vector<Real> numbers;
  for (auto& sums : scores.accumulators()) sums->visit_state([&](Real& number) { numbers.push_back(number); });
  Scores other(sim::built_in_measures(), 3);
  std::size_t next = 0;
  for (auto& sums : other.accumulators()) sums->visit_state([&](Real& number) { number = numbers[next++]; });
  other.end_trial();
  EXPECT_EQ(value(other, "sequences"), 2);
  EXPECT_EQ(value(other, "accuracy"), 1);
}

}  // namespace
}  // namespace bayres
