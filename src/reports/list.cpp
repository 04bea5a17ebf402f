#include "bayres/reports/list.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "bayres/measures/free_run_scores.hpp"
#include "bayres/sections/sections.hpp"

namespace bayres::app {
namespace {

/// A component or a section as it is listed.
struct Listed {
  core::Info info;
  core::Settings settings;
  std::optional<bool> larger_is_better = {};  ///< of measures
};

template <class Kind>
std::vector<Listed> all_of(const core::Registry<Kind>& components) {
  std::vector<Listed> all;
  for (const auto& one : components) all.push_back({one->info, one->settings});
  return all;
}

std::vector<Listed> listed(const std::string& what, const sim::Components& components) {
  if (what == "rules") return all_of(components.rules);
  if (what == "plasticity") return all_of(components.plasticity);
  if (what == "tasks") return all_of(components.tasks);
  if (what == "neurons") return all_of(components.neurons);
  if (what == "connections") return all_of(components.connections);
  if (what == "exchanges") return all_of(components.exchanges);
  if (what == "measures") {
    std::vector<Listed> all;
    for (const auto& one : components.measures) all.push_back({one->info, one->settings, one->larger_is_better()});
    for (const auto& score : sim::all_free_run_scores()) {
      all.push_back({score.info, core::Settings(core::NoParameters{}), score.larger_is_better});
    }
    return all;
  }
  if (what != "sections") {
    throw core::usage_error(
        "bayres list knows rules, tasks, neurons, connections, exchanges, plasticity, measures and sections, not \"" +
        what + "\"");
  }
  std::vector<Listed> all;
  for (const auto& section : sections()) {
    all.push_back({{.name = section.name, .equation = section.help, .source = {}}, section.get({})});
  }
  return all;
}

std::string parameter_lines(const core::Settings& settings, const std::string& prefix = "") {
  std::string text;
  for (const auto& setting : settings.table()) {
    text += fmt::format("    {}{}{}{}\n        {}; allowed: {}; unit: {}\n", prefix, setting.name,
                        setting.required ? " (required)" : " = ", setting.required ? "" : setting.default_text(),
                        setting.help, setting.allowed(), setting.unit);
  }
  return text.empty() ? "    no parameters\n" : text;
}

std::string entry_text(const Listed& one) {
  std::string text = fmt::format("\n{}\n    {}\n", one.info.name, one.info.equation);
  if (!one.info.locality.empty()) text += fmt::format("    locality: {}\n", one.info.locality);
  if (!one.info.source.empty()) text += fmt::format("    source: {}\n", one.info.source);
  return text + parameter_lines(one.settings);
}

/// Text before and after the entries of a list.
/// \{
std::string head_of(const std::string& what) {
  if (what == "rules") {
    return "Learning rules, chosen in a section [learner.NAME] with rule = ...; a list of values makes one learner per "
           "value.\n";
  }
  if (what == "plasticity")
    return "Rules for J, chosen in a section [learner.NAME] with recurrent.rule = ...; none: J stays as it is\n";
  if (what == "tasks") {
    return "Tasks, chosen in [task] with name = ...\n\nkeys of every task\n" +
           parameter_lines(core::Settings(sim::TaskParameters{}));
  }
  if (what == "exchanges") return "Exchanges, chosen in [parallel] with exchange = ...\n";
  if (what == "connections") return "Connections, chosen in [reservoir] with structure = ...\n";
  if (what == "measures") {
    return "Measures of the error delta: attributes train_NAME and test_NAME of each learner, arrays of evaluations; "
           "and, from aligned_nrmse on, scores of a free run, by the keys of section [free_run]\n";
  }
  return what == "neurons" ? "Neurons, chosen in [neuron] with model = ...\n" : "Sections of a configuration\n";
}

std::string tail_of(const std::string& what) {
  if (what != "neurons") return {};
  std::string text = "\nReservoir, run, protocol, records and output\n";
  for (const auto& section : sections()) {
    const bool elsewhere = section.name == "task" || section.name == learner_section;
    if (!elsewhere) text += parameter_lines(section.get({}), section.name + ".");
  }
  return text;
}
/// \}

std::string json_text(std::string_view text) {
  std::string all = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') all += '\\';
    all += c == '\n' ? std::string("\\n") : std::string(1, c);
  }
  return all + '"';
}

std::string choices_json(std::string_view choices) {
  auto words = core::split_list(choices, '|');
  for (auto& word : words) word = json_text(word);
  return "[" + core::joined(words) + "]";
}

std::string setting_json(const core::Setting& setting) {
  const auto bound = [&](double value) { return setting.is_number() ? core::to_text(value) : std::string("null"); };
  return fmt::format(
      R"({{"name": {}, "unit": {}, "help": {}, "type": {}, "default": {}, "low": {}, "high": {}, "choices": {}, )"
      R"("derived": {}, "required": {}}})",
      json_text(setting.name), json_text(setting.unit), json_text(setting.help), json_text(setting.type()),
      setting.required ? "null" : json_text(setting.default_text()), bound(setting.bounds.low),
      bound(setting.bounds.high), choices_json(setting.choices), json_text(setting.derived), setting.required);
}

std::string entry_json(const Listed& one) {
  std::string parameters;
  for (const auto& setting : one.settings.table()) {
    parameters += (parameters.empty() ? "\n    " : ",\n    ") + setting_json(setting);
  }
  const std::string better =
      one.larger_is_better ? fmt::format(R"("larger_is_better": {}, )", *one.larger_is_better) : "";
  return fmt::format(R"(  {{"name": {}, "equation": {}, "locality": {}, "source": {}, {}"parameters": [{}]}})",
                     json_text(one.info.name), json_text(one.info.equation), json_text(one.info.locality),
                     json_text(one.info.source), better, parameters);
}

}  // namespace

std::string list_text(const std::string& what, const sim::Components& components) {
  std::string text;
  for (const auto& one : listed(what, components)) text += entry_text(one);
  return head_of(what) + text + tail_of(what);
}

std::string list_json(const std::string& what, const sim::Components& components) {
  std::string text;
  for (const auto& one : listed(what, components)) text += (text.empty() ? "\n" : ",\n") + entry_json(one);
  return "[" + text + "\n]\n";
}

}  // namespace bayres::app
