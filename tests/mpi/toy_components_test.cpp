// The exchangeable parts of a newcomer, each a header in this folder and a line here: the program reads, lists, runs,
// records, stores and resumes them, and knows what memory they need.

#include <gtest/gtest.h>

#include <functional>

#include <algorithm>

#include "bayres/app/commands.hpp"
#include "bayres/configuration/configuration.hpp"
#include "bayres/prediction/memory.hpp"
#include "bayres/reports/list.hpp"
#include "bayres/results/checkpoint.hpp"
#include "toys.hpp"

namespace {

using namespace bayres;
using core::Index;
using core::Real;
using toys::ini;
using toys::Toys;

TEST_F(Toys, AreReadWithTheirKeys) {
  const auto entries = app::parse_ini(ini, "toys.ini");
  const auto read = app::read_configuration(entries, {}, components_);
  EXPECT_TRUE(read.problems.empty());
  const auto wrong = app::parse_overrides({"--learner.toy.eat=1", "--task.hold=-1"});
  const auto problems = app::read_configuration(entries, wrong, components_).problems;
  ASSERT_EQ(problems.size(), 2U);
  EXPECT_NE(problems[0].find("task.hold = \"-1\" is out of range"), std::string::npos) << problems[0];
  EXPECT_NE(problems[1].find("did you mean learner.toy.eta?"), std::string::npos) << problems[1];
  EXPECT_NE(app::read_configuration(entries, {}, app::built_in_components()).problems.size(), 0U);
}

TEST_F(Toys, AreListed) {
  for (const auto& text : {app::list_text("rules", components_), app::list_json("rules", components_)}) {
    for (const char* part : {"toy-rule", "w_i += eta delta r_i / s_i", "claimed per synapse"}) {
      EXPECT_NE(text.find(part), std::string::npos) << part;
    }
  }
  EXPECT_NE(app::list_text("exchanges", components_).find("toy-exchange\n    every message is"), std::string::npos);
  EXPECT_NE(app::list_text("neurons", components_).find("toy-neurons\n    x += dt/tau"), std::string::npos);
  EXPECT_NE(app::list_text("connections", components_).find("toy-connections\n    J r_i"), std::string::npos);
  EXPECT_NE(app::list_text("measures", components_).find("toy-measure\n    mean |delta|^3"), std::string::npos);
  EXPECT_NE(app::list_text("plasticity", components_).find("toy-plasticity\n    J_ij += eta"), std::string::npos);
  EXPECT_NE(app::list_text("tasks", components_).find("toy-task\n    z* = 1 and -1 in turns"), std::string::npos);
}

TEST_F(Toys, SayWhatMemoryTheyNeed) {
  constexpr Index spare = 100'000;
  auto read = app::read_configuration(app::parse_ini(ini, "toys.ini"), {}, components_);
  app::resolve(read, nullptr);
  auto& c = read.configuration;
  const auto share = sim::share_of(c, comm_);
  const Index before = sim::run_bytes({c, 1, 1}, share);
  auto& settings = c.learners[0].rule->settings;
  ASSERT_EQ(settings.assign(*settings.find("spare"), std::to_string(spare)), std::nullopt);
  const Index with_rule = sim::run_bytes({c, 1, 1}, share);
  EXPECT_GE(with_rule - before, spare * share.own.size());
  auto& of_exchange = c.exchange->settings;
  ASSERT_EQ(of_exchange.assign(*of_exchange.find("spare"), std::to_string(spare)), std::nullopt);
  const Index numbers = 2 * comm_.size() + core::Partition(150, 1).blocks() * std::ssize(c.learners) + 150;
  const Index messages = comm_.size() > 1 ? numbers * Index{sizeof(Real)} : 0;
  const Index with_exchange = sim::run_bytes({c, 1, 1}, share);
  EXPECT_EQ(with_exchange - with_rule, spare * messages);
  c.measures = sim::built_in_measures();
  c.measures.remove(std::mem_fn(&sim::MeasureChoice::of_spikes));
  c.measures.remove(std::mem_fn(&sim::MeasureChoice::of_classes));
  EXPECT_GE(with_exchange - sim::run_bytes({c, 1, 1}, share), 2 * Index{sizeof(toys::Measure)});
}

TEST_F(Toys, RunAndAreRecorded) {
  ASSERT_EQ(bayres("run", "toys.ini",
                   {"-o", folder_ + "/whole.h5", "--protocol.test=10", "--record.rates=0, 149", "--record.network=true",
                    "--quiet"}),
            0);
  ASSERT_EQ(bayres("run", "toys.ini", {"-o", folder_ + "/parts.h5", "--quiet"}), 0);
  ASSERT_EQ(bayres("resume", "parts.h5.checkpoint", {"--protocol.test=10", "--quiet"}), 0);
  ASSERT_EQ(bayres("run", "toys.ini",
                   {"-o", folder_ + "/gathered.h5", "--parallel.exchange=all-gather", "--protocol.test=10", "--quiet"}),
            0);
  if (!comm_.is_root()) return;
  for (const char* path : {"/target", "/learners/toy/output"}) {
    EXPECT_EQ(values("parts.h5", path), values("whole.h5", path)) << path;
    EXPECT_EQ(values("gathered.h5", path), values("whole.h5", path)) << path;
  }
  const auto target = values("whole.h5", "/target");
  EXPECT_EQ(std::ranges::count(target, 1) + std::ranges::count(target, -1), 200);
  EXPECT_GT(std::ranges::max(values("whole.h5", "/learners/toy/output")), 0.1) << "nothing was learned";
  EXPECT_EQ(values("whole.h5", "/network/J_data"), std::vector<Real>(450, 0.5));
  EXPECT_LE(std::ranges::max(values("whole.h5", "/rates")), 1);
  EXPECT_TRUE(
      io::Hdf5File::open(folder_ + "/whole.h5").open_object("/rates").text("long_name").starts_with("rate r = clip"));
  const auto learner = io::Hdf5File::open(folder_ + "/whole.h5").open_object("/learners/toy");
  EXPECT_EQ(learner.text("rule"), "toy-rule");
  EXPECT_EQ(learner.number("eta"), 0.2);
}

TEST_F(Toys, AreMeasured) {
  const std::vector<std::string> all{"--protocol.train=9", "--protocol.evaluate_at=0, 3, 9",
                                     "--protocol.evaluate_span=2"};
  const auto with = [&](std::vector<std::string> options) {
    options.insert(options.end(), all.begin(), all.end());
    return options;
  };
  ASSERT_EQ(bayres("run", "toys.ini", with({"-o", folder_ + "/measured.h5", "--quiet"})), 0);
  ASSERT_EQ(bayres("run", "toys.ini", with({"-o", folder_ + "/cut.h5", "--protocol.test=2", "--quiet"})), 0);
  ASSERT_EQ(bayres("resume", "cut.h5.checkpoint", {"--protocol.test=5", "--quiet"}), 0);
  ASSERT_EQ(bayres("run", "toys.ini", with({"-o", folder_ + "/two.h5", "--ensemble.seeds=1, 2", "--quiet"})), 0);
  ASSERT_EQ(bayres("evaluate", "measured.h5",
                   {"-o", folder_ + "/e.h5", "--evaluate.start=14", "--evaluate.span=2", "--evaluate.initial_states=3",
                    "--evaluate.trajectories=true"}),
            0);
  if (!comm_.is_root()) return;
  const auto cubes = [](const std::vector<Real>& target, const std::vector<Real>& output, std::size_t first,
                        std::size_t count) {
    Real sum = 0;
    for (std::size_t k = first; k < first + count; ++k) sum += std::pow(std::abs(target[k] - output[k]), 3);
    return sum / static_cast<Real>(count);
  };
  const auto target = values("measured.h5", "/target");
  const auto output = values("measured.h5", "/learners/toy/output");
  const std::string array = "/learners/toy/evaluation/toy-measure";
  const auto frozen = values("measured.h5", array);
  for (const char* file : {"measured.h5", "cut.h5", "two.h5"}) {
    const auto learner = io::Hdf5File::open(folder_ + "/" + file).open_object("/learners/toy");
    EXPECT_NEAR(learner.numbers("train_toy-measure")[0], cubes(target, output, 0, 90), 1e-12) << file;
    EXPECT_NEAR(learner.numbers("test_toy-measure")[0], cubes(target, output, 90, 50), 1e-12) << file;
    EXPECT_EQ(values(file, array)[1], frozen[1]) << file;
  }
  ASSERT_EQ(frozen.size(), 3U);
  EXPECT_EQ(frozen[0], 1) << "without weights the error is that of the target, 1 or -1";
  EXPECT_NEAR(frozen[2], cubes(target, output, 90, 20), 1e-12);
  EXPECT_EQ(values("two.h5", array).size(), 6U);
  const auto conditions = values("e.h5", "/learners/toy/toy-measure");
  const auto outputs = values("e.h5", "/learners/toy/output");
  auto targets = values("e.h5", "/target");
  for (int k = 0; k < 2; ++k) targets.insert(targets.end(), targets.begin(), targets.begin() + 20);
  ASSERT_EQ(conditions.size(), 3U);
  for (std::size_t k = 0; k < 3; ++k) EXPECT_NEAR(conditions[k], cubes(targets, outputs, 20 * k, 20), 1e-12);
}

TEST_F(Toys, HaveSegmentsWhereStatesReturn) {
  const std::vector<std::string> options{"--task.trial=20", "--task.drive=none", "--record.state=0, 149",
                                         "--learner.other.rule=bayes", "--quiet"};
  const auto with = [&](std::vector<std::string> more) {
    more.insert(more.end(), options.begin(), options.end());
    return more;
  };
  ASSERT_EQ(bayres("run", "toys.ini", with({"-o", folder_ + "/trials.h5"})), 0);
  ASSERT_EQ(bayres("run", "toys.ini", with({"-o", folder_ + "/cut.h5", "--protocol.test=3.5"})), 0);
  ASSERT_EQ(bayres("resume", "cut.h5.checkpoint", {"--protocol.test=5", "--quiet"}), 0);
  if (!comm_.is_root()) return;
  const auto state = values("trials.h5", "/state");
  const auto segment = values("trials.h5", "/segment");
  const auto kind = values("trials.h5", "/segment_kind");
  const auto weight = values("trials.h5", "/step_weight");
  ASSERT_EQ(state.size(), 300U);
  for (std::size_t step = 0; step < 150; ++step) {
    EXPECT_EQ(state[2 * step], state[2 * (step % 20)]) << "without input, all trials are alike: step " << step;
    EXPECT_EQ(segment[step], step / 20);
    EXPECT_EQ(kind[step], step / 20 % 2);
    EXPECT_EQ(weight[step], step % 20 < 10 ? 0 : 1);
  }
  const auto target = values("trials.h5", "/target");
  for (const char* name : {"toy", "other"}) {
    const std::string path = std::string("/learners/") + name;
    const auto output = values("trials.h5", path + "/output");
    Real sum = 0;
    for (std::size_t step = 0; step < 100; ++step) sum += weight[step] * std::abs(target[step] - output[step]);
    const auto file = io::Hdf5File::open(folder_ + "/trials.h5");
    EXPECT_NEAR(file.open_object(path).number("train_mae"), sum / 50, 1e-14);
    EXPECT_TRUE(std::all_of(output.begin(), output.begin() + 10, [](Real z) { return z == 0; })) << "nothing learned";
    EXPECT_NE(output[19], 0);
    EXPECT_EQ(values("cut.h5", path + "/output"), output);
  }
  EXPECT_EQ(values("cut.h5", "/segment"), segment);
}

/// A learner of J beside one that leaves J alone.
const std::vector<std::string> plastic{"--learner.toy.recurrent.rule=toy-plasticity", "--learner.toy.recurrent.eta=0.3",
                                       "--learner.other.rule=bayes"};

TEST_F(Toys, LearnJ) {
  const auto with = [&](std::vector<std::string> options) {
    options.insert(options.end(), plastic.begin(), plastic.end());
    options.insert(options.end(), {"--protocol.evaluate_at=0, 5", "--protocol.evaluate_span=2", "--quiet"});
    return options;
  };
  ASSERT_EQ(bayres("run", "toys.ini", with({"-o", folder_ + "/J.h5"})), 0);
  ASSERT_EQ(bayres("run", "toys.ini", with({"-o", folder_ + "/cut.h5", "--protocol.test=2"})), 0);
  ASSERT_EQ(bayres("resume", "cut.h5.checkpoint", {"--protocol.test=5", "--quiet"}), 0);
  ASSERT_EQ(bayres("run", "toys.ini", {"-o", folder_ + "/fixed.h5", "--quiet"}), 0);
  ASSERT_EQ(bayres("run", "toys.ini", with({"-o", folder_ + "/no.h5", "--run.precision=mixed"})), 2);
  if (!comm_.is_root()) return;
  auto alone = with({"bayres", "run", folder_ + "/toys.ini", "-o", folder_ + "/alone.h5"});
  ASSERT_EQ(app::main_command(alone, components_, comm::Communicator::self()), 0);
  for (const char* path : {"/learners/toy/output", "/learners/toy/evaluation/nrmse", "/learners/other/output"}) {
    EXPECT_EQ(values("cut.h5", path), values("J.h5", path)) << path;
    EXPECT_EQ(values("alone.h5", path), values("J.h5", path)) << path;
  }
  EXPECT_NE(values("J.h5", "/learners/toy/output"), values("fixed.h5", "/learners/toy/output"));
  const auto learner = io::Hdf5File::open(folder_ + "/J.h5").open_object("/learners/toy");
  EXPECT_EQ(learner.text("recurrent.rule"), "toy-plasticity");
  EXPECT_EQ(learner.number("recurrent.eta"), 0.3);
}

TEST_F(Toys, SayWhatMemoryALearnedJNeeds) {
  const auto bytes = [&](const std::vector<std::string>& options) {
    auto read = app::read_configuration(app::parse_ini(ini, "toys.ini"), app::parse_overrides(options), components_);
    EXPECT_TRUE(read.problems.empty());
    app::resolve(read, nullptr);
    return sim::run_bytes({read.configuration, 1, 1}, sim::share_of(read.configuration, comm_));
  };
  const Index rows = core::Partition(150, comm_.size()).neurons_of(comm_.rank()).size();
  const Index of_rule = rows * 3 * Index{sizeof(Real)};
  EXPECT_GE(bytes(plastic) - bytes({"--learner.other.rule=bayes"}), 2 * 150 * Index{sizeof(Real)} + of_rule);
}

TEST_F(Toys, AreRefusedIfTheyDoNotBringWhatIsNeeded) {
  EXPECT_EQ(bayres("run", "toys.ini", {"-o", folder_ + "/deaf.h5", "--parallel.deaf=1", "--quiet"}), 2);
  EXPECT_FALSE(std::filesystem::exists(folder_ + "/deaf.h5"));
}

TEST_F(Toys, GoOnAsIfTheyHadNeverBeenStopped) {
  auto read = app::read_configuration(app::parse_ini(ini, "toys.ini"), app::parse_overrides(plastic), components_);
  app::resolve(read, nullptr);
  const auto& c = read.configuration;
  const auto make = [&] {
    const auto own = core::Partition(c.reservoir.size, comm_.size()).neurons_of(comm_.rank());
    const core::Philox random(1);
    return sim::Simulation(c, comm_, c.task_parameters->make(app::task_context(c, nullptr)),
                           model::draw_network(c.reservoir, random, own, 1, 1, c.precision(),
                                               c.connections->draw(c.reservoir, c.precision(), random, own)));
  };
  auto whole = make();
  whole.run({});
  auto first = make();
  for (int step = 0; step < 60; ++step) first.step();
  const std::string path = folder_ + "/c.checkpoint";
  sim::write_checkpoint(
      path, first, {.configuration = "", .result = "", .parts = {}, .steps_done = 60, .run_id = "", .history = ""}, {});
  auto second = make();
  sim::restore(path, sim::read_checkpoint(path, comm_), second);
  second.run({});
  EXPECT_TRUE(std::ranges::equal(second.weights(0), whole.weights(0)));
  EXPECT_TRUE(std::ranges::equal(second.state(0), whole.state(0)));
  EXPECT_EQ(std::ssize(whole.state(0)), 2 * whole.network().own.size());
  const auto& toy = **c.measures.find("toy-measure");
  EXPECT_EQ(sim::mean_of(second.learners()[0].train, toy), sim::mean_of(whole.learners()[0].train, toy));
}

}  // namespace
