#include "bayres/app/idle_keys.hpp"

#include <algorithm>

#include "bayres/sim/ensemble.hpp"

namespace bayres::app {
namespace {

using Configuration = sim::Configuration;

bool has_network(const Configuration& c) { return !c.reservoir.network.empty(); }
bool has_whole_network(const Configuration& c) { return has_network(c) && !c.J_alone; }

bool has_no_input(const Configuration& c) {
  return c.task.drive != "target" && c.task_parameters->own_input() == tasks::Input::none;
}

/// Whether states are disturbed by draws that depend on seed and replica.
bool is_noisy(const Configuration& c) {
  const auto& e = c.evaluate;
  return c.reservoir.noise > 0 || e.noise > 0 || e.input_noise > 0 || e.pulse_size > 0;
}

/// Whether x(0) is drawn, here or in an evaluation.
bool draws_initial_states(const Configuration& c) {
  if (c.reservoir.initial_scale == 0) return false;
  return !has_whole_network(c) || c.run.replica > 0 || c.ensemble.replicas > 1 || c.evaluate.initial_states > 0;
}

bool seed_is_idle(const Configuration& c) {
  return has_whole_network(c) && !is_noisy(c) && !draws_initial_states(c) &&
         std::ranges::none_of(c.learners, [](const auto& learner) { return learner.rule->draws(); });
}

/// Whether all replicas of a network would be the same.
bool replicas_are_alike(const Configuration& c) { return c.reservoir.initial_scale == 0 && !is_noisy(c); }

/// Keys that have no effect under a condition.
struct Row {
  bool (*applies)(const Configuration&);
  std::vector<const char*> keys;
  const char* reason;
  const char* advice;
};

const std::vector<Row>& rows_of_runs() {
  static const std::vector<Row> rows{
      {has_network,
       {"reservoir.gain", "reservoir.connectivity"},
       "with reservoir.network, whose file holds J",
       "scale J in the file"},
      {has_whole_network,
       {"reservoir.input_scale", "reservoir.bias_scale", "reservoir.feedback_scale"},
       "with reservoir.network, whose file holds W_in, W_fb and bias",
       "scale them in the file, or leave them out of it to have them drawn"},
      {[](const Configuration& c) { return has_whole_network(c) && !draws_initial_states(c); },
       {"reservoir.initial_scale"},
       "with reservoir.network, whose file holds x(0)",
       "change x0 in the file; run.replica or ensemble.replicas draw it anew"},
      {[](const Configuration& c) { return c.ensemble.seeds.empty() && seed_is_idle(c); },
       {"run.seed"},
       "with reservoir.network, since nothing is drawn",
       "with reservoir.noise, run.replica or ensemble.replicas it has one"},
      {[](const Configuration& c) { return !c.ensemble.seeds.empty() && seed_is_idle(c); },
       {"ensemble.seeds"},
       "with reservoir.network, since nothing is drawn",
       "with reservoir.noise or ensemble.replicas they have one"},
      {[](const Configuration& c) { return !c.ensemble.seeds.empty(); },
       {"run.seed"},
       "with ensemble.seeds",
       "give the seeds there"},
      {sim::is_ensemble,
       {"run.replica"},
       "with section [ensemble], which numbers its replicas from 0",
       "give their number there"},
      {replicas_are_alike,
       {"run.replica", "ensemble.replicas"},
       "with reservoir.initial_scale = 0 and without noise, since all replicas are alike",
       "set reservoir.noise or reservoir.initial_scale"},
      {[](const Configuration& c) { return !sim::is_ensemble(c); },
       {"ensemble.ranks_per_network"},
       "without an ensemble",
       "set ensemble.seeds or ensemble.replicas"},
      {[](const Configuration& c) { return c.reservoir.gain == 0 && !has_network(c); },
       {"reservoir.connectivity"},
       "with reservoir.gain = 0, which leaves no recurrent weights",
       "set reservoir.gain"},
      {has_no_input, {"reservoir.input_scale"}, "without an input", "set task.drive = target, or a task with an input"},
      {[](const Configuration& c) { return c.protocol.feedback == "none"; },
       {"reservoir.feedback_scale"},
       "with protocol.feedback = none",
       "set protocol.feedback = teacher or output"},
      {[](const Configuration& c) { return c.protocol.evaluate_at.empty() && c.protocol.test > 0; },
       {"protocol.evaluate_span"},
       "without protocol.evaluate_at",
       "say there when to evaluate"},
  };
  return rows;
}

const std::vector<Row>& rows_of_evaluations() {
  static const std::vector<Row> rows{
      {[](const Configuration& c) { return c.evaluate.pulse_size == 0; },
       {"evaluate.pulse_time", "evaluate.recovery_threshold"},
       "without a pulse",
       "set evaluate.pulse_size"},
      {[](const Configuration& c) {
         return c.evaluate.initial_states == 0 || (c.reservoir.initial_scale == 0 && c.evaluate.noise == 0 &&
                                                   c.evaluate.input_noise == 0 && c.evaluate.pulse_size == 0);
       },
       {"evaluate.seed"},
       "where no initial states or noise are drawn with it",
       "set evaluate.initial_states; else the streams of the run go on"},
  };
  return rows;
}

void add(const std::vector<Row>& rows, const Configuration& c, std::vector<IdleKey>& found) {
  for (const auto& row : rows) {
    if (!row.applies(c)) continue;
    for (const auto* key : row.keys) {
      if (std::ranges::find(found, key, &IdleKey::name) != found.end()) continue;  // one reason is enough
      found.push_back({key, std::string("no effect ") + row.reason, row.advice});
    }
  }
}

/// Keys of rules, where what was auto is auto.
void add_learners(const Configuration& c, std::vector<IdleKey>& found) {
  for (const auto& learner : c.learners) {
    const std::string section = "learner." + learner.name + ".";
    auto rule = learner.rule;
    for (const auto& setting : rule->settings.table()) {
      if (c.automatic.contains(section + std::string(setting.name))) (void)rule->settings.assign(setting, "auto");
    }
    for (const auto& idle : rule->idle()) {
      found.push_back(
          {section + std::string(idle.name), "no effect " + std::string(idle.reason), std::string(idle.advice)});
    }
  }
}

}  // namespace

std::vector<IdleKey> idle_keys(const Configuration& c, Purpose purpose) {
  std::vector<IdleKey> found;
  add(rows_of_runs(), c, found);
  add_learners(c, found);
  if (purpose == Purpose::evaluation) add(rows_of_evaluations(), c, found);
  return found;
}

}  // namespace bayres::app
