#include "bayres/simulation/simulation.hpp"

#include <gtest/gtest.h>

#include "allocations.hpp"
#include "bayres/configuration/components.hpp"
#include "bayres/configuration/configuration.hpp"

namespace {

using namespace bayres;
using core::Index;
using core::Real;

/// Every registered rule with its defaults, and some with parameters that make them different.
std::string learners() {
  std::string text =
      "[learner.drift]\nrule = bayes\ndrift = 1e-5\nprior_decay = 1e-4\n"
      "[learner.branches]\nrule = branch\nbranch_size = 1, 7, 100, 203\nresource_sd = 0.5\n";
  for (const auto& name : app::built_in_components().rules.names()) {
    text += "[learner." + name + "]\nrule = " + name + "\n";
  }
  return text;
}

sim::Configuration configuration(const std::string& extra) {
  const std::string text =
      "[reservoir]\nsize = 203\nnoise = 0.01\nbias_scale = 0.1\n[protocol]\ntrain = 30\ntest = 10\nwashout = 5\n"
      "learn_every = 2\n[task]\nname = sines\n" +
      learners();
  auto read = app::read_configuration(app::parse_ini(text, "test"), app::parse_overrides([&] {
                                        std::vector<std::string> words;
                                        std::istringstream in(extra);
                                        for (std::string word; in >> word;) words.push_back(word);
                                        return words;
                                      }()),
                                      app::built_in_components());
  app::resolve(read, nullptr);
  EXPECT_TRUE(read.problems.empty()) << (read.problems.empty() ? "" : read.problems.front());
  return read.configuration;
}

sim::Simulation make(const sim::Configuration& c, const comm::Communicator& comm) {
  const auto context = app::task_context(c, nullptr);
  const auto task = c.task_parameters->make(context);
  const core::Partition partition(c.reservoir.size, comm.size());
  auto network = model::draw_network(c.reservoir, core::Philox(static_cast<std::uint64_t>(c.run.seed)),
                                     partition.neurons_of(comm.rank()), sim::input_count(task, c.task),
                                     sim::output_count(task), c.precision());
  return {c, comm, task, std::move(network)};
}

class SameBits : public testing::TestWithParam<const char*> {};

TEST_P(SameBits, OnAllRanksAsOnOne) {
  const auto world = comm::Communicator::world();
  const auto self = comm::Communicator::self();
  const auto c = configuration(GetParam());
  auto together = make(c, world);
  auto alone = make(c, self);
  const auto own = together.network().own;
  while (alone.steps_done() < alone.schedule().end()) {
    together.step();
    alone.step();
    for (std::size_t l = 0; l < alone.learners().size(); ++l) {
      for (std::size_t m = 0; m < alone.target().size(); ++m) {
        ASSERT_EQ(together.output(l)[m], alone.output(l)[m])
            << alone.learners()[l].name() << " at step " << alone.steps_done();
      }
    }
  }
  for (std::size_t l = 0; l < alone.learners().size(); ++l) {
    for (Index i = 0; i < own.size(); ++i) {
      ASSERT_EQ(together.weights(l)[static_cast<std::size_t>(i)],
                alone.weights(l)[static_cast<std::size_t>(own.first + i)]);
    }
    EXPECT_EQ(mean_of(together.learners()[l].test, &sim::Score::nrmse),
              mean_of(alone.learners()[l].test, &sim::Score::nrmse));
  }
}

INSTANTIATE_TEST_SUITE_P(Modes, SameBits,
                         testing::Values("--task.drive=target", "--task.drive=target --reservoir.storage=dense",
                                         "--protocol.feedback=teacher", "--protocol.feedback=output",
                                         "--protocol.feedback=output --reservoir.storage=dense",
                                         "--protocol.feedback=output --task.name=lorenz --task.dimensions=3",
                                         "--task.name=narma10 --protocol.evaluate_at=10,20",
                                         "--reservoir.weight_type=float32 --protocol.feedback=teacher",
                                         "--reservoir.weight_type=bfloat16 --protocol.feedback=output",
                                         "--run.precision=single --task.drive=target",
                                         "--run.precision=single --protocol.feedback=output",
                                         "--run.precision=mixed --protocol.feedback=teacher",
                                         "--run.precision=mixed --protocol.feedback=output --reservoir.storage=dense",
                                         "--neuron.model=lif --neuron.delay=0.5..2 --task.drive=target "
                                         "--protocol.learn_every=7"));

TEST(Simulation, AllocatesNothingInAStep) {
  const auto world = comm::Communicator::world();
  // MPI's own buffers are its own affair: one rank shows what the simulation does.
  const auto self = comm::Communicator::self();
  for (const char* mode : {"--task.drive=target", "--protocol.feedback=output", "--protocol.feedback=teacher",
                           "--protocol.feedback=output --run.precision=mixed",
                           "--neuron.model=lif --neuron.delay=0.5 --task.drive=target --protocol.learn_every=7"}) {
    auto simulation = make(configuration(mode), self);
    for (int i = 0; i < 60; ++i) simulation.step();
    const long before = allocations::count();
    for (int i = 0; i < 200; ++i) simulation.step();
    EXPECT_EQ(allocations::count(), before) << mode;
  }
}

TEST(Simulation, LeavesTheTrainingBitsAloneWhenItEvaluates) {
  const auto world = comm::Communicator::world();
  for (const std::string mode : {"--task.drive=target", "--protocol.feedback=output", "--protocol.feedback=teacher"}) {
    auto plain = make(configuration(mode), world);
    auto evaluated = make(configuration(mode + " --protocol.evaluate_at=5,12,35 --protocol.evaluate_span=8"), world);
    plain.run({});
    evaluated.run({});
    for (std::size_t l = 0; l < plain.learners().size(); ++l) {
      ASSERT_TRUE(std::ranges::equal(plain.weights(l), evaluated.weights(l)));
      ASSERT_EQ(plain.output(l)[0], evaluated.output(l)[0]);
      EXPECT_EQ(evaluated.learners()[l].evaluations[1][0].count(), 80);
    }
  }
}

TEST(Simulation, SharesOneTrajectoryAmongLearnersUnlessTheLoopIsClosed) {
  const auto world = comm::Communicator::world();
  // A learner's output does not depend on which others run beside it, in any mode.
  for (const std::string mode : {"--task.drive=target", "--protocol.feedback=output", "--protocol.feedback=teacher"}) {
    auto c = configuration(mode);
    auto many = make(c, world);
    c.learners.erase(c.learners.begin() + 2, c.learners.end());
    auto two = make(c, world);
    while (two.steps_done() < two.schedule().end()) {
      many.step();
      two.step();
      ASSERT_EQ(many.output(1)[0], two.output(1)[0]);
    }
  }
}

TEST(Simulation, HoldsOnlyItsOwnRowsOfTheNetwork) {
  const auto world = comm::Communicator::world();
  const auto self = comm::Communicator::self();
  const auto c = configuration("--reservoir.storage=dense");
  const auto together = make(c, world);
  const auto alone = make(c, self);
  EXPECT_EQ(world.sum(together.network().recurrent.bytes()), alone.network().recurrent.bytes());
  EXPECT_EQ(together.network().recurrent.synapses(), together.network().own.size() * c.reservoir.size);
}

}  // namespace
