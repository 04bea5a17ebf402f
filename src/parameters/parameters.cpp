#include "bayres/parameters/parameters.hpp"

#include <algorithm>

namespace bayres::sim {

std::string rule_name(const LearnerParameters& learner) { return std::string(learner.rule->info.name); }

void Configuration::settle(const char* key, Real& value, Real derived) {
  if (!core::is_automatic(value)) return;
  value = derived;
  automatic.insert(key);
}

bool Configuration::learns_J() const {
  return std::ranges::any_of(learners, [](const auto& learner) { return bool(learner.recurrent); });
}

bool Configuration::learns_projections() const {
  return std::ranges::any_of(
      learners, [](const auto& learner) { return learner.recurrent && learner.recurrent->learns_projections(); });
}

bool Configuration::lacks_weights_to_learn() const {
  return learns_J() && (!reservoir.network.empty() || connections->density(reservoir) < 1);
}

plasticity::Synapses Configuration::recurrent() const {
  const Real expected = connections->density(reservoir) * core::as_real(reservoir.size);
  return {.neurons = reservoir.size,
          .inputs = recurrent_inputs > 0 ? recurrent_inputs : expected,
          .projected = projected_inputs,
          .leak = reservoir.dt / reservoir.tau,
          .learn_every = protocol.learn_every,
          .dt = reservoir.dt};
}

bool Configuration::records_network() const { return record.network == "auto" ? learns_J() : record.network == "true"; }

bool Configuration::records_network_of(const LearnerParameters& learner) const {
  return learner.recurrent && records_network();
}

tasks::AnyTask Configuration::make_task(const tasks::Context& context) const {
  return tasks::scaled(task_parameters->make(context), scales);
}

core::Precision Configuration::precision() const { return core::precision_named(run.precision, reservoir.weight_type); }

}  // namespace bayres::sim
