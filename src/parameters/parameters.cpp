#include "bayres/parameters/parameters.hpp"

#include <algorithm>
#include <iterator>

namespace bayres::sim {

std::string rule_name(const LearnerParameters& learner) { return std::string(learner.rule->info.name); }

void Configuration::settle(const char* key, Real& value, Real derived) {
  if (!core::is_automatic(value)) return;
  value = derived;
  automatic.insert(key);
}

std::vector<core::Quantity> Configuration::state_variables() const {
  const auto own = neurons->variables();
  std::vector<core::Quantity> all(own.begin(), own.end());
  if (intrinsic.is_on()) std::ranges::copy(model::AdaptingNeurons::variables, std::back_inserter(all));
  return all;
}

model::IntrinsicParameters Configuration::used_intrinsic() const {
  auto used = intrinsic;
  const bool exponential = neurons->rates_become() == model::RateDistribution::exponential;
  if (core::is_automatic(used.duration)) used.duration = protocol.washout;
  if (core::is_automatic(used.mean)) used.mean = exponential ? 0.2 : 0;
  return used;
}

Index Configuration::adaptation_steps() const {
  return intrinsic.is_on() ? tasks::steps_of(used_intrinsic().duration, reservoir.dt) : 0;
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

void RateMeasurement::add(Real sum_of_step, bool counts) noexcept {
  largest_sum = std::max(largest_sum, sum_of_step);
  if (!counts) return;
  sum += sum_of_step;
  ++steps;
}

rules::RateScale Configuration::rate_scale(const LearnerParameters& learner) const {
  if (!reservoir.spiking) return reservoir.size * (groups().shared ? groups().count : 1);
  const auto& m = rates_measured;
  if (m.steps == 0) return {reservoir.size, core::automatic, core::automatic};
  if (m.largest_sum == 0) return reservoir.size;  // silent: anything above 0 will do
  // The sum is larger at other times; twice the largest has kept every correction below the error.
  const rules::RateScale scale(reservoir.size, 2 * m.largest_sum, m.sum / core::as_real(m.steps * reservoir.size));
  return learner.sends_spikes() ? scale.for_spikes() : scale;
}

bool Configuration::outputs_spike() const { return std::ranges::any_of(learners, &LearnerParameters::sends_spikes); }

plasticity::Synapses Configuration::recurrent() const {
  const Real expected = connections->density(reservoir) * core::as_real(reservoir.size);
  return {.neurons = reservoir.size,
          .inputs = recurrent_inputs > 0 ? recurrent_inputs : expected,
          .projected = projected_inputs,
          .leak = reservoir.dt / reservoir.unit_of_time(),
          .learn_every = protocol.learn_every,
          .dt = reservoir.dt};
}

// States are ahead of the step that is looked at: they are not recorded, and segments do not begin anew.
Index Configuration::steps_together() const {
  constexpr Index most = 16;  // so that messages stay small
  if (!reservoir.spiking || protocol.feedback != "none" || !record.quantities.empty()) return 1;
  if (task_parameters && task_parameters->has_marks()) return 1;
  return std::min(neurons->shortest_delay(reservoir.dt), most);
}

core::Philox Configuration::random() const {
  return core::Philox(static_cast<std::uint64_t>(run.seed)).replica(run.replica);
}

std::optional<core::Settings> Configuration::independent_trains() const {
  if (neurons->is_driven()) return std::nullopt;
  return neurons->settings;
}

bool Configuration::records_network() const { return record.network == "auto" ? learns_J() : record.network == "true"; }

bool Configuration::records_network_of(const LearnerParameters& learner) const {
  return learner.recurrent && records_network();
}

std::optional<std::vector<Index>> Configuration::spikes_recorded() const {
  if (record.spikes == "true" || record.spikes == "false") return std::vector<Index>();
  core::SettingValue value = std::vector<Index>();
  const core::Setting setting{.bounds = core::between(0, 2147483647), .initial = value};
  if (core::read_value(record.spikes, setting, value)) return std::nullopt;
  auto numbers = std::get<std::vector<Index>>(value);
  if (numbers.empty()) return std::nullopt;
  std::ranges::sort(numbers);
  numbers.erase(std::unique(numbers.begin(), numbers.end()), numbers.end());
  return numbers;
}

tasks::AnyTask Configuration::make_task(const tasks::Context& context) const {
  return tasks::scaled(task_parameters->make(context), scales);
}

core::Precision Configuration::precision() const {
  const bool narrow =
      reservoir.spiking && reservoir.weight_type == "auto";  // reading weights is all that delivery does
  return core::precision_named(run.precision, narrow ? "float32" : reservoir.weight_type);
}

Index output_count(const tasks::AnyTask& task) { return task->outputs(); }

Real Configuration::training_noise_of_input() const {
  return core::value_or(protocol.input_noise, task.training_noise);
}

Real Configuration::training_noise_of_feedback() const {
  if (protocol.feedback == "none") return 0;
  return core::value_or(protocol.feedback_noise, protocol.feedback == "teacher" ? task.training_noise : 0);
}

std::string Configuration::input_problem(const tasks::Context& context) const {
  const auto given = std::ssize(reservoir.input_scale);
  if (given == 1 && !groups().any()) return {};
  const auto made = task_parameters->make(context);
  const Index inputs = input_count(made, task);
  auto problem = groups().problem(inputs, output_count(made));
  if (!problem.empty()) return problem;
  const Index heard = groups().heard(inputs);
  if (given == 1 || given == heard) return {};
  return "reservoir.input_scale has " + std::to_string(given) + " values, but " +
         (groups().any() ? "a group hears " : "the task has ") + std::to_string(heard) +
         " inputs: give one number for all of them, or one for each";
}

bool driven_by_target(const tasks::AnyTask& task, const TaskParameters& parameters) {
  return parameters.drive == "target" && task->inputs() == 0;
}

Index input_count(const tasks::AnyTask& task, const TaskParameters& parameters) {
  return driven_by_target(task, parameters) ? output_count(task) : task->inputs();
}

}  // namespace bayres::sim
