// Every number that a configuration can hold, at both ends of its range: it is refused with its name, or the first
// steps of the run are done in no time and hold what numbers can.

#include <gtest/gtest.h>

#include <cmath>
#include <ctime>

#include "bayres/configuration/components.hpp"
#include "bayres/configuration/configuration.hpp"
#include "bayres/evaluation/ensemble.hpp"
#include "bayres/evaluation/evaluation.hpp"
#include "bayres/parameters/calibration.hpp"
#include "bayres/prediction/memory.hpp"
#include "bayres/sections/sections.hpp"
#include "bayres/simulation/simulation.hpp"

namespace {

using namespace bayres;
using core::Index;
using core::Real;

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define BAYRES_IS_SANITIZED
#endif
#endif
#ifdef BAYRES_IS_SANITIZED
constexpr double most_seconds = 60;  // which take ten times as long
#else
constexpr double most_seconds = 2;
#endif

/// What every configuration here starts from: one training step, and one that is tested.
const std::vector<std::string> shortest{"--reservoir.size=20", "--protocol.train=0.1", "--protocol.test=0.1"};

std::shared_ptr<const tasks::Table> series() {
  auto table = std::make_shared<tasks::Table>();
  table->names = {"u", "y"};
  table->columns.resize(2);
  table->rows = 400;
  for (int i = 0; i < 400; ++i) {
    table->columns[0].push_back(std::sin(i / 9.0));
    table->columns[1].push_back(std::cos(i / 7.0));
  }
  return table;
}

/// The number as it is written in a configuration.
std::string text_of(const core::Setting& setting, double value) {
  const bool whole = setting.is<Index>() || setting.is<std::vector<Index>>();
  return whole ? std::to_string(static_cast<Index>(value)) : core::to_text(value);
}

class Bounds : public testing::Test {
 protected:
  void TearDown() override { EXPECT_GT(simulated_, 0) << "everything was refused"; }

  /// Both ends of every number in a section, given on top of the words that it needs.
  void take_to_both_ends(const std::string& section, const core::Settings& settings,
                         const std::vector<std::string>& words) {
    for (const auto& parameter : settings.table()) {
      if (!parameter.is_number()) continue;
      const std::string key = section + "." + std::string(parameter.name);
      SCOPED_TRACE(key);
      ASSERT_TRUE(std::isfinite(parameter.bounds.low) && std::isfinite(parameter.bounds.high)) << key << " has no end";
      for (const double end : {parameter.bounds.low, parameter.bounds.high}) {
        auto all = shortest;
        all.insert(all.end(), words.begin(), words.end());
        std::erase_if(all, [&](const std::string& word) { return word.starts_with("--" + key + "="); });
        all.push_back("--" + key + "=" + text_of(parameter, end));
        SCOPED_TRACE(all.back());
        const auto start = std::clock();
        run(all, key);
        const double seconds = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
        EXPECT_LT(seconds, most_seconds);
      }
    }
  }

 private:
  void run(const std::vector<std::string>& words, const std::string& key) {
    auto read = app::read_configuration({"test", {}, {}}, app::parse_overrides(words), app::built_in_components());
    app::resolve(read, table_);
    std::erase_if(read.problems, [](const std::string& problem) { return problem.starts_with("test: is empty"); });
    if (!read.problems.empty()) return expect_named(read.problems, key);
    ++simulated_;
    const auto members = sim::members_of(read.configuration, "r.h5");
    steps(members.back().configuration, key);
  }

  void steps(const sim::Configuration& c, const std::string& key) {
    auto task = c.task_parameters->make(app::task_context(c, table_));
    const Index outputs = sim::output_count(task);
    const Index inputs = sim::input_count(task, c.task);
    try {
      sim::require_memory(sim::needed_by({c, inputs, outputs}, sim::share_of(c, comm_)), c, comm_);
    } catch (const core::Error& error) {
      return expect_named({error.what()}, key);
    }
    sim::Simulation simulation(c, comm_, std::move(task), network_of(c, inputs, outputs));
    for (int k = 0; k < 2 && simulation.steps_done() < simulation.schedule().end(); ++k) simulation.step();
    expect_numbers(simulation.target());
    expect_numbers(simulation.input());
    for (std::size_t l = 0; l < simulation.learners().size(); ++l) {
      if (simulation.learners()[l].active()) expect_numbers(simulation.output(l));
    }
    evaluate(c, inputs, outputs, key);
  }

  model::Network network_of(const sim::Configuration& c, Index inputs, Index outputs) const {
    const core::Partition partition(c.reservoir.size, comm_.size());
    return model::draw_network(c.reservoir, core::Philox(static_cast<std::uint64_t>(c.run.seed)),
                               partition.neurons_of(comm_.rank()), inputs, outputs, c.precision());
  }

  void evaluate(sim::Configuration c, Index inputs, Index outputs, const std::string& key) {
    if (!key.starts_with("evaluate.")) return;
    const auto problems = sim::resolve_evaluation(c, {});
    if (!problems.empty()) return expect_named(problems, key);
    const sim::EvaluationPlan plan(c, inputs);
    const auto task = c.task_parameters->make(sim::evaluation_context(c, plan, table_));
    auto network = network_of(c, inputs, outputs);
    std::vector<core::AlignedVector<Real>> weights(c.learners.size());
    for (auto& w : weights) w.assign(core::as_size(outputs * network.own.size()), 0.01);
    const auto scores = sim::evaluate(c, comm_, task, {std::move(network), std::move(weights), {}});
    expect_numbers(scores.front().measures.at("mae"));  // of one step there is no variance
  }

  static void expect_named(const std::vector<std::string>& problems, const std::string& key) {
    for (const auto& problem : problems) {
      if (problem.find(key) != std::string::npos) return;
    }
    ADD_FAILURE() << "refused without its name: " << problems.front();
  }

  static void expect_numbers(std::span<const Real> values) {
    for (const Real value : values) EXPECT_TRUE(std::isfinite(value)) << value;
  }

  int simulated_ = 0;
  comm::Communicator comm_ = comm::Communicator::world();
  std::shared_ptr<const tasks::Table> table_ = series();
};

const std::vector<std::string> any_learner{"--learner.a.rule=bayes", "--task.drive=target"};

TEST_F(Bounds, OfSectionsCanBeComputed) {
  auto words = any_learner;
  words.insert(words.end(), {"--reservoir.noise=0.01", "--reservoir.bias_scale=0.1", "--learner.NAME.rule=bayes"});
  for (const auto& section : app::sections()) {
    if (section.name != "evaluate") take_to_both_ends(section.name, section.get({}), words);
  }
}

TEST_F(Bounds, OfClosedLoopsCanBeComputed) {
  auto words = any_learner;
  words.emplace_back("--protocol.feedback=output");
  take_to_both_ends("reservoir", core::Settings(model::ReservoirParameters{}), words);
}

TEST_F(Bounds, OfEvaluationsCanBeComputed) {
  auto words = any_learner;
  words.insert(words.end(), {"--evaluate.span=0.1", "--evaluate.pulse_size=0.1"});
  take_to_both_ends("evaluate", core::Settings(sim::EvaluateParameters{}), words);
}

TEST_F(Bounds, OfEveryTaskCanBeComputed) {
  for (const auto& task : app::built_in_components().tasks) {
    const std::string name(task->info.name);
    std::vector<std::string> words{"--learner.a.rule=bayes", "--task.name=" + name};
    if (name == "sines") words.insert(words.end(), {"--task.periods=60", "--task.amplitudes=1"});
    if (name == "file") words.insert(words.end(), {"--task.path=x", "--task.input=u", "--task.target=y"});
    if (name == "spike-teacher") words.insert(words.end(), {"--neuron.model=poisson", "--learner.a.kappa=1"});
    take_to_both_ends("task", task->settings, words);
  }
}

TEST_F(Bounds, OfEveryRuleCanBeComputed) {
  for (const auto& rule : app::built_in_components().rules) {
    std::vector<std::string> words{"--learner.a.rule=" + std::string(rule->info.name), "--task.drive=target"};
    for (const auto& setting : rule->settings.table()) {
      if (setting.required) words.push_back("--learner.a." + std::string(setting.name) + "=1");
    }
    take_to_both_ends("learner.a", rule->settings, words);
  }
}

TEST_F(Bounds, OfEveryRuleForRecurrentSynapsesCanBeComputed) {
  for (const auto& rule : app::built_in_components().plasticity) {
    if (rule->rewarded()) {
      take_to_both_ends("learner.a.recurrent", rule->settings,
                        {"--task.name=flip-flop", "--learner.a.recurrent.rule=" + std::string(rule->info.name)});
      continue;
    }
    for (const char* type : {"float64", "float32"}) {
      take_to_both_ends("learner.a.recurrent", rule->settings,
                        {"--learner.a.rule=bayes", "--task.drive=target",
                         "--learner.a.recurrent.rule=" + std::string(rule->info.name),
                         "--learner.a.recurrent.sum_type=" + std::string(type)});
    }
  }
}

TEST(BoundsOfCalibrations, AreFinite) {
  for (const auto& rate : sim::every_rate()) {
    if (!rate.is_number()) continue;
    EXPECT_TRUE(std::isfinite(rate.bounds.low) && std::isfinite(rate.bounds.high)) << rate.name;
  }
}

}  // namespace
