// Every key that a configuration can hold, set otherwise: either some number of the run changes, or the key is refused
// by name because it can have no effect, or it stands in a list below with the reason why it may change nothing. And
// none is refused that changes something.

#include <gtest/gtest.h>

#include <bit>
#include <map>

#include "bayres/configuration/components.hpp"
#include "bayres/configuration/configuration.hpp"
#include "bayres/configuration/resolved.hpp"
#include "bayres/evaluation/ensemble.hpp"
#include "bayres/evaluation/evaluation.hpp"
#include "bayres/sections/sections.hpp"
#include "bayres/simulation/simulation.hpp"
#include "bayres/spectra/radius.hpp"

namespace {

using namespace bayres;
using core::Index;
using core::Real;
using Words = std::vector<std::string>;

/// Keys that may change no number of a run, and why they are not refused.
const std::map<std::string, std::string> may_change_nothing{
    {"run.checkpoint_every", "says when checkpoints are written"},
    {"run.keep_checkpoints", "says how many checkpoints are there"},
    {"run.max_walltime", "says when a run stops for a while"},
    {"run.stall_limit", "is a limit, which a sound run does not come to"},
    {"reservoir.storage", "says how J is stored"},
    {"reservoir.weight_type", "may say what auto comes to"},
    {"ensemble.ranks_per_network", "says where networks are computed"},
    {"parallel.balance", "says which rank multiplies a row"},
    {"protocol.divergence_limit", "is a limit, which a sound run does not come to"},
    {"record.every", "says what is recorded"},
    {"record.rates", "says what is recorded"},
    {"record.weights_every", "says what is recorded"},
    {"record.network", "says what is recorded"},
    {"record.spikes", "says what is recorded"},
    {"performance.probe", "measures the machine"},
    {"task.split", "limits training"},
    {"task.header", "says how a text is read"},
    {"task.separator", "says how a text is read"},
    {"task.decimal", "says how a text is read"},
    {"task.missing", "the file lacks nothing"},
    {"free_run.period", "says how a free run is scored"},
    {"free_run.lyapunov_exponent", "says how a free run is scored"},
    {"free_run.valid_error", "says how a free run is scored"},
    {"free_run.held_nrmse", "says how a free run is scored"},
    {"free_run.held_amplitude", "says how a free run is scored"},
    {"free_run.segment", "says how a free run is scored"},
    {"evaluate.starts", "one start is that of evaluate.start"},
    {"evaluate.recovery_threshold", "is a threshold, on the same side of which all errors may lie"},
    {"evaluate.closed_loop", "may say what auto comes to"},
    {"evaluate.trajectories", "may say what auto comes to"},
    {"evaluate.divide", "says who computes what"},
    {"learner.a.v0", "is a factor of the default of likelihood_variance, by which it is divided"},
};

std::shared_ptr<const tasks::Table> digits() {
  auto table = std::make_shared<tasks::Table>();
  table->names = {"u", "y"};
  table->available = table->names;
  table->columns.resize(2);
  table->rows = 400;
  for (int i = 0; i < 400; ++i) {
    table->columns[0].push_back(core::to_number("0." + std::to_string(i * 7919 % 1000)).value());
    table->columns[1].push_back(core::to_number("0." + std::to_string(i * 104729 % 1000)).value());
  }
  return table;
}

/// Other values that a key can have.
Words others(const core::Setting& parameter) {
  const auto given = parameter.default_text();
  Words values;
  if (!parameter.choices.empty()) {
    for (const auto& word : core::split_list(parameter.choices, '|')) {
      if (word != given) values.push_back(word);
    }
  } else if (parameter.is<bool>()) {
    values.push_back(given == "true" ? "false" : "true");
  } else if (parameter.is<Index>()) {
    values = {std::to_string(core::to_index(given).value() + 1)};
  } else if (parameter.is<Real>()) {
    const auto number = core::to_number(given);
    for (const double value : {number && *number != 0 ? *number * 1.3 : 0.3, number ? *number / 2 : 2.0}) {
      if (parameter.bounds.contains(value) && value != number) values.push_back(core::to_text(value));
    }
  } else if (parameter.is<std::vector<Real>>() || parameter.is<std::vector<Index>>()) {
    values = {"2"};
  }
  return values;
}

class IdleKeys : public testing::Test {
 protected:
  void vary(const std::string& section, const core::Settings& settings, const Words& words,
            app::Purpose purpose = app::Purpose::run) {
    const auto before = numbers_of(words, purpose);
    ASSERT_TRUE(before.has_value()) << words.back();
    for (const auto& parameter : settings.table()) {
      const std::string key = section + "." + std::string(parameter.name);
      for (const auto& value : others(parameter)) {
        if (std::ranges::find(words, "--" + key + "=" + value) != words.end()) continue;
        auto changed = words;
        std::erase_if(changed, [&](const std::string& word) { return word.starts_with("--" + key + "="); });
        changed.push_back("--" + key + "=" + value);
        check(key, changed, *before, purpose);
      }
    }
  }

 private:
  using Numbers = std::vector<std::uint64_t>;

  void check(const std::string& key, const Words& words, const Numbers& before, app::Purpose purpose) {
    std::string all;
    for (const auto& word : words) all += word + " ";
    SCOPED_TRACE(all);
    problems_.clear();
    idle_.clear();
    const auto after = numbers_of(words, purpose);
    if (!problems_.empty()) return;  // it is in conflict with another
    const bool named = std::ranges::any_of(idle_, [&](const auto& text) { return text.find(key + " =") != text.npos; });
    const bool same = after.has_value() && *after == before;
    // More replicas are more networks, be they alike.
    EXPECT_FALSE(named && !same && key != "ensemble.replicas") << "is refused, but has an effect";
    if (same && !named) {
      EXPECT_TRUE(may_change_nothing.contains(key)) << "has no effect, but is not refused";
    }
  }

  /// All numbers of a run or of an evaluation; nothing if it is refused.
  std::optional<Numbers> numbers_of(const Words& words, app::Purpose purpose) {
    auto read = app::read_configuration(app::parse_ini("[run]\nseed = 1\n", "test"), app::parse_overrides(words),
                                        app::built_in_components());
    app::resolve(read, table_);
    problems_ = read.problems;
    if (!problems_.empty()) return std::nullopt;
    auto& c = read.configuration;
    Numbers numbers;
    if (purpose == app::Purpose::evaluation) {
      evaluate(c, numbers);
    } else {
      if (!sim::is_ensemble(c)) simulate(c, numbers);
      for (const auto& member : sim::is_ensemble(c) ? sim::members_of(c, "r.h5") : std::vector<sim::Member>()) {
        simulate(member.configuration, numbers);
      }
    }
    idle_ = app::idle_problems(read.entries, false, c, purpose);
    return numbers;
  }

  static void add(std::span<const Real> values, Numbers& numbers) {
    for (const Real value : values) numbers.push_back(std::bit_cast<std::uint64_t>(value));
  }

  void simulate(const sim::Configuration& c, Numbers& numbers) {
    auto task = c.make_task(app::task_context(c, table_));
    const Index outputs = sim::output_count(task);
    const Index inputs = sim::input_count(task, c.task);
    sim::Simulation simulation(c, comm_, std::move(task), network_of(c, inputs, outputs));
    simulation.run({});
    numbers.push_back(static_cast<std::uint64_t>(simulation.steps_done()));
    add(simulation.input(), numbers);
    add(simulation.target(), numbers);
    add(simulation.own_rates(), numbers);
    for (std::size_t l = 0; l < simulation.learners().size(); ++l) {
      add(simulation.output(l), numbers);
      add(simulation.weights(l), numbers);
      const auto& learner = simulation.learners()[l];
      std::vector<Real> rates(learner.has_learning_rate() ? core::as_size(c.reservoir.size) : 0);
      if (!rates.empty()) learner.learning_rate(rates);
      add(rates, numbers);
      for (const auto& scores : learner.evaluations) {
        for (const auto& score : scores) add(std::array{score.nrmse(), score.mae()}, numbers);
      }
    }
  }

  /// Drawn, or, as from a file, the same whatever the keys that it would be drawn by say.
  model::Network network_of(const sim::Configuration& c, Index inputs, Index outputs) const {
    const core::Partition partition(c.reservoir.size, comm_.size());
    const auto own = partition.neurons_of(comm_.rank());
    const core::Philox random(static_cast<std::uint64_t>(c.run.seed));
    if (c.reservoir.network.empty()) {
      auto reservoir = c.reservoir;
      reservoir.gain = sim::gain_for_radius(*c.connections, reservoir, c.precision(), random, comm_);
      auto network = model::draw_network(reservoir, random, own, inputs, outputs, c.precision());
      if (c.run.replica > 0) {
        network.initial = model::draw_initial(c.reservoir, random.replica(c.run.replica), own);
      }
      return network;
    }
    model::ReservoirParameters file;
    file.size = c.reservoir.size;
    auto network = model::draw_network(file, core::Philox(7), own, inputs, outputs, c.precision());
    network.parameters = c.reservoir;
    if (c.run.replica > 0) {
      network.initial = model::draw_initial(c.reservoir, random.replica(c.run.replica), own);
    }
    return network;
  }

  void evaluate(sim::Configuration& c, Numbers& numbers) {
    auto task = c.make_task(app::task_context(c, table_));
    const Index inputs = sim::input_count(task, c.task);
    const Index outputs = sim::output_count(task);
    problems_ = sim::resolve_evaluation(c, {});
    if (!problems_.empty()) return;
    const sim::EvaluationPlan plan(c, inputs);
    auto network = network_of(c, inputs, outputs);
    std::vector<core::AlignedVector<Real>> weights(c.learners.size());
    for (auto& w : weights) w.assign(core::as_size(outputs * network.own.size()), 0.01);
    const auto made = c.make_task(sim::evaluation_context(c, plan, table_));
    for (auto& scores : sim::evaluate(c, comm_, made, {std::move(network), std::move(weights), {}})) {
      scores.for_each_array([&](const std::vector<Real>& values) { add(values, numbers); });
    }
  }

  comm::Communicator comm_ = comm::Communicator::world();
  std::shared_ptr<const tasks::Table> table_ = digits();
  Words problems_;
  Words idle_;
};

const Words base{"--reservoir.size=20", "--protocol.train=3", "--protocol.test=1", "--learner.a.rule=bayes"};

Words with(const Words& more, Words words = base) {
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

/// What is there in a run decides what has an effect.
const std::vector<Words> situations{
    with({"--task.drive=target", "--reservoir.noise=0.01", "--protocol.evaluate_at=1"}),
    with({}),
    with({"--protocol.feedback=teacher", "--protocol.evaluate_at=1", "--reservoir.gain=0"}),
    with({"--task.drive=target", "--reservoir.network=n.h5"}),
    with({"--task.drive=target", "--reservoir.network=n.h5", "--run.replica=2"}),
    with({"--protocol.feedback=output", "--reservoir.network=n.h5", "--reservoir.noise=0.01"}),
    with({"--reservoir.network=n.h5", "--learner.b.rule=dale"}),
    with({"--reservoir.network=n.h5", "--ensemble.replicas=2"}),
    with({"--ensemble.seeds=3, 4", "--reservoir.initial_scale=0", "--task.drive=target"}),
    with({"--ensemble.seeds=3, 4", "--reservoir.noise=0.01", "--reservoir.initial_scale=0"}),
};

TEST_F(IdleKeys, OfSectionsAreRefusedAndNoOthers) {
  for (const auto& words : situations) {
    for (const auto& section : app::sections()) {
      const bool elsewhere = section.name == "evaluate" || section.name == "task";
      if (!elsewhere && section.name != app::learner_section) vary(section.name, section.get({}), words);
    }
  }
}

TEST_F(IdleKeys, OfTasksAreRefusedAndNoOthers) {
  for (const auto& task : app::built_in_components().tasks) {
    const std::string name(task->info.name);
    Words words = with({"--task.name=" + name},
                       {"--reservoir.size=20", "--protocol.train=60", "--protocol.test=5", "--learner.a.rule=bayes"});
    if (name == "file") {
      words = with({"--task.name=file", "--task.path=x", "--task.input=u", "--task.target=y"});
    }
    if (name == "spike-pattern") words.insert(words.end(), {"--task.period=20", "--task.margin=1"});
    if (name == "spike-teacher") {
      words = with({"--task.name=spike-teacher", "--task.firing_rate=0.5"},
                   {"--neuron.model=poisson", "--reservoir.size=20", "--protocol.washout=1", "--protocol.train=600",
                    "--protocol.test=5", "--learner.a.rule=bayes"});
    }
    if (name == "flip-flop") words.emplace_back("--task.interval=3");  // many pulses
    vary("task", task->settings, words);
    vary("task", core::Settings(sim::TaskParameters{}), words);
  }
}

TEST_F(IdleKeys, OfRulesAreRefusedAndNoOthers) {
  for (const auto& rule : app::built_in_components().rules) {
    Words words{"--reservoir.size=20", "--protocol.train=3", "--protocol.test=1", "--task.drive=target"};
    words.push_back("--learner.a.rule=" + std::string(rule->info.name));
    for (const auto& setting : rule->settings.table()) {
      if (setting.name == "branch_size") words.emplace_back("--learner.a.branch_size=4");
      if (setting.required) words.push_back("--learner.a." + std::string(setting.name) + "=1");
    }
    vary("learner.a", rule->settings, words);
    if (rule->info.name == "branch") vary("learner.a", rule->settings, with({"--learner.a.kappa=3"}, words));
  }
}

TEST_F(IdleKeys, OfEvaluationsAreRefusedAndNoOthers) {
  const auto run = with({"--task.drive=target", "--evaluate.span=2", "--protocol.evaluate_at=1"});
  for (const auto& more : {Words{}, Words{"--evaluate.initial_states=2"}, Words{"--evaluate.noise=0.1"},
                           Words{"--evaluate.initial_states=2", "--evaluate.pulse_size=0.5", "--evaluate.window=0.2"},
                           Words{"--reservoir.initial_scale=0", "--evaluate.initial_states=1"}}) {
    vary("evaluate", core::Settings(sim::EvaluateParameters{}), with(more, run), app::Purpose::evaluation);
  }
}

TEST_F(IdleKeys, SetToTheirDefaultAreNotRefused) {
  const auto words = with({"--reservoir.network=n.h5", "--reservoir.gain=1.5", "--run.seed=1"});
  const auto read = app::read_configuration({"test", {}, {}}, app::parse_overrides(words), app::built_in_components());
  EXPECT_TRUE(app::idle_problems(read.entries, false, read.configuration, app::Purpose::run).empty());
}

}  // namespace
