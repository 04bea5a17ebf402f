#include <fmt/format.h>

#include "bayres/app/commands.hpp"
#include "bayres/app/sections.hpp"

namespace bayres::app {
namespace {

std::string parameter_lines(const core::Settings& settings, const std::string& prefix = "") {
  std::string text;
  for (const auto& setting : settings.table()) {
    text += fmt::format("    {}{}{}{}\n        {}; allowed: {}; unit: {}\n", prefix, setting.name,
                        setting.required ? " (required)" : " = ", setting.required ? "" : setting.default_text(),
                        setting.help, setting.allowed(), setting.unit);
  }
  return text.empty() ? "    no parameters\n" : text;
}

std::string rules_text() {
  std::string text =
      "Learning rules, chosen in a section [learner.NAME] with rule = ...; a list of values makes one "
      "learner per value.\n";
  rules::Registry::for_each([&]<class Rule>() {
    text += fmt::format("\n{}\n    {}\n    locality: {}\n    source: {}\n{}", Rule::info.name, Rule::info.equation,
                        Rule::info.locality, Rule::info.source,
                        parameter_lines(core::Settings(typename Rule::Parameters{})));
  });
  return text;
}

std::string tasks_text() {
  std::string text = "Tasks, chosen in [task] with name = ...\n\nkeys of every task\n" +
                     parameter_lines(core::Settings(sim::TaskParameters{}));
  tasks::Registry::for_each([&]<class Task>() {
    text += fmt::format("\n{}\n    {}\n    source: {}\n{}", Task::info.name, Task::info.equation, Task::info.source,
                        parameter_lines(core::Settings(typename Task::Parameters{})));
  });
  return text;
}

std::string neurons_text() {
  std::string reservoir;
  std::string others;
  for (const auto& section : sections()) {
    if (section.name == "task" || section.name == learner_section) continue;  // which have lists of their own
    (section.name == "reservoir" ? reservoir : others) += parameter_lines(section.get({}), section.name + ".");
  }
  return "Neurons\n\ntanh\n"
         "    x(t) = x(t-1) + leak (-x(t-1) + J r(t-1) + W_in u(t) + W_fb y(t-1) + b) + noise sqrt(leak) xi(t)\n"
         "    r(t) = tanh(x(t)); leak = dt/tau\n"
         "    source: Sussillo & Abbott 2009, Neuron 63:544-557; Euler's method\n" +
         reservoir + "\nRun, protocol, records and output\n" + others;
}

}  // namespace

std::string list_text(const std::string& what) {
  if (what == "rules") return rules_text();
  if (what == "tasks") return tasks_text();
  if (what == "neurons") return neurons_text();
  throw core::usage_error("bayres list knows rules, tasks and neurons, not \"" + what + "\"");
}

}  // namespace bayres::app
