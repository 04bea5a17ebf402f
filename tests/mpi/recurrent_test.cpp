// Rules for J: a run that was stopped between two changes of J goes on, on other ranks too, as if it never had been.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <iterator>

#include "bayres/configuration/components.hpp"
#include "bayres/configuration/configuration.hpp"
#include "bayres/core/text.hpp"
#include "bayres/io/hdf5.hpp"
#include "bayres/results/checkpoint.hpp"

namespace {

using namespace bayres;
using core::Index;
using core::Real;

constexpr const char* noisy =
    "[reservoir]\nsize = 200\nconnectivity = 0.3\nnoise = 0.01\n[task]\nname = sines\ndrive = target\n"
    "[protocol]\ntrain = 10\ntest = 2\nfeedback = teacher\nwashout = 1\n";

class Recurrent : public testing::TestWithParam<std::vector<std::string>> {
 protected:
  void SetUp() override {
    folder_ = (std::filesystem::temp_directory_path() / "bayres-recurrent-XXXXXX").string();
    if (world_.is_root()) {
      ASSERT_NE(::mkdtemp(folder_.data()), nullptr);
    }
    world_.broadcast(folder_);
    constexpr std::string_view others = "rules=";
    std::vector<std::string> options;
    for (const auto& key : GetParam()) {
      if (key.starts_with(others)) rules_ = core::split_list(key.substr(others.size()));
    }
    for (const auto& rule : rules_) {
      const std::string section = "--learner." + rule;
      options.insert(options.end(), {section + ".rule=bayes", section + ".recurrent.rule=" + rule});
      for (const auto& key : GetParam()) {
        if (!key.starts_with("--") && !key.starts_with(others)) options.push_back(section + ".recurrent." + key);
      }
    }
    std::ranges::copy_if(GetParam(), std::back_inserter(options),
                         [](const auto& key) { return key.starts_with("--"); });
    auto read = app::read_configuration(app::parse_ini(noisy, "c.ini"), app::parse_overrides(options),
                                        app::built_in_components());
    ASSERT_TRUE(read.problems.empty());
    app::resolve(read, nullptr);
    configuration_ = read.configuration;
  }
  void TearDown() override {
    world_.barrier();
    if (world_.is_root()) std::filesystem::remove_all(folder_);
  }

  [[nodiscard]] sim::Simulation make(const comm::Communicator& comm) const {
    const auto& c = configuration_;
    const auto own = core::Partition(c.reservoir.size, comm.size()).neurons_of(comm.rank());
    const core::Philox random(1);
    return {c, comm, c.task_parameters->make(app::task_context(c, nullptr)),
            model::draw_network(c.reservoir, random, own, 1, 1, c.precision(),
                                c.connections->draw(c.reservoir, c.precision(), random, own))};
  }
  [[nodiscard]] std::string save(sim::Simulation& simulation, const std::string& name) const {
    const std::string path = folder_ + "/" + name;
    sim::write_checkpoint(path, simulation,
                          {.configuration = "",
                           .result = "",
                           .parts = {},
                           .steps_done = simulation.steps_done(),
                           .run_id = "",
                           .history = ""},
                          {});
    return path;
  }
  /// J of every learner, and what else it has learned, as saved.
  [[nodiscard]] std::vector<Real> saved_J(const std::string& path) const {
    const auto file = io::Hdf5File::open(path);
    std::vector<Real> all;
    for (const auto& rule : rules_) {
      for (const char* name : {"/J", "/W_in", "/W_fb"}) {
        const auto array = "/state/learners/" + rule + name;
        if (!file.has(array)) continue;
        const auto set = file.open_object(array);
        const io::Slab whole{std::vector<Index>(set.shape().size()), set.shape()};
        std::vector<Real> weights(core::as_size(whole.size()));
        set.read(whole, weights);
        all.insert(all.end(), weights.begin(), weights.end());
      }
    }
    return all;
  }

  comm::Communicator world_ = comm::Communicator::world();
  sim::Configuration configuration_;
  std::vector<std::string> rules_{"delta", "bayes", "adagrad", "delta-decay"};
  std::string folder_;
};

TEST_P(Recurrent, GoesOnAsIfNeverStopped) {
  auto whole = make(world_);
  const auto before = saved_J(save(whole, "begin"));
  whole.run({});
  auto first = make(world_);
  for (int step = 0; step < 57; ++step) first.step();  // in a response, after a step that changed nothing
  const auto cut = save(first, "cut");
  auto second = make(world_);
  sim::restore(cut, sim::read_checkpoint(cut, world_), second);
  second.run({});
  const auto J = saved_J(save(whole, "whole"));
  EXPECT_EQ(saved_J(save(second, "second")), J);
  EXPECT_NE(saved_J(cut), J);
  EXPECT_NE(before, J);
  if (!world_.is_root()) return;
  const auto self = comm::Communicator::self();
  auto alone = make(self);
  sim::restore(cut, sim::read_checkpoint(cut, self), alone);
  alone.run({});
  EXPECT_EQ(saved_J(save(alone, "alone")), J);
}

INSTANTIATE_TEST_SUITE_P(
    Rules, Recurrent,
    testing::Values(std::vector<std::string>{}, std::vector<std::string>{"apply_every=16"},
                    std::vector<std::string>{"apply_every=16", "sum_type=float32", "feedback=random"},
                    std::vector<std::string>{"apply_every=16", "weights=J+W_in+W_fb", "--task.training_noise=0.05"},
                    std::vector<std::string>{"weights=J+W_in+W_fb", "--protocol.feedback=output"},
                    std::vector<std::string>{"apply_every=16", "--task.name=delayed-xor", "--task.drive=none",
                                             "--task.pulse=0.5", "--task.gap=0.5", "--task.delay=1",
                                             "--task.response=1", "--task.rest=0", "--task.reset=true",
                                             "--task.scored=response"},
                    std::vector<std::string>{"rules=miconi, node-perturbation", "warm_up=1", "--protocol.train=40",
                                             "--task.name=delayed-xor", "--task.drive=none", "--task.pulse=0.5",
                                             "--task.gap=0.5", "--task.delay=1", "--task.response=1", "--task.rest=0",
                                             "--task.reset=true", "--task.scored=response"}));

}  // namespace
