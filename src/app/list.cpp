#include <fmt/format.h>

#include "bayres/app/commands.hpp"
#include "bayres/sim/parameters.hpp"

namespace bayres::app {
namespace {

template <class Owner>
std::string parameter_lines(const std::string& prefix) {
  std::string text;
  const Owner defaults;
  for (const auto& parameter : Owner::parameters()) {
    const auto value = core::value_text(defaults, parameter);
    const bool is_text =
        (parameter.member.template is<std::string>() || parameter.member.template is<std::vector<std::string>>()) &&
        parameter.choices.empty();
    const bool is_switch = parameter.member.template is<bool>();
    const std::string allowed = is_text ? "any text" : is_switch ? "true or false" : core::allowed_text(parameter);
    text += fmt::format("    {}{}{}{}\n        {}; allowed: {}; unit: {}\n", prefix, parameter.name,
                        parameter.required ? " (required)" : " = ", parameter.required ? "" : value, parameter.help,
                        allowed, parameter.unit);
  }
  return text.empty() ? "    no parameters\n" : text;
}

std::string rules_text() {
  std::string text =
      "Learning rules, chosen in a section [learner.NAME] with rule = ...; a list of values makes one "
      "learner per value.\n";
  rules::Registry::for_each([&]<class Rule>() {
    text += fmt::format("\n{}\n    {}\n    locality: {}\n    source: {}\n{}", Rule::info.name, Rule::info.equation,
                        Rule::info.locality, Rule::info.source, parameter_lines<typename Rule::Parameters>(""));
  });
  return text;
}

std::string tasks_text() {
  std::string text =
      "Tasks, chosen in [task] with name = ...\n\nkeys of every task\n" + parameter_lines<sim::TaskParameters>("");
  tasks::Registry::for_each([&]<class Task>() {
    text += fmt::format("\n{}\n    {}\n    source: {}\n{}", Task::info.name, Task::info.equation, Task::info.source,
                        parameter_lines<typename Task::Parameters>(""));
  });
  return text;
}

std::string neurons_text() {
  return "Neurons\n\ntanh\n"
         "    x(t) = x(t-1) + leak (-x(t-1) + J r(t-1) + W_in u(t) + W_fb y(t-1) + b) + noise sqrt(leak) xi(t)\n"
         "    r(t) = tanh(x(t)); leak = dt/tau\n"
         "    source: Sussillo & Abbott 2009, Neuron 63:544-557; Euler's method\n" +
         parameter_lines<model::ReservoirParameters>("reservoir.") + "\nRun, protocol, records and output\n" +
         parameter_lines<sim::RunParameters>("run.") + parameter_lines<sim::EnsembleParameters>("ensemble.") +
         parameter_lines<sim::ProtocolParameters>("protocol.") + parameter_lines<sim::RecordParameters>("record.") +
         parameter_lines<sim::EvaluateParameters>("evaluate.") + parameter_lines<sim::OutputParameters>("output.") +
         parameter_lines<sim::PerformanceParameters>("performance.");
}

}  // namespace

std::string list_text(const std::string& what) {
  if (what == "rules") return rules_text();
  if (what == "tasks") return tasks_text();
  if (what == "neurons") return neurons_text();
  throw core::usage_error("bayres list knows rules, tasks and neurons, not \"" + what + "\"");
}

}  // namespace bayres::app
