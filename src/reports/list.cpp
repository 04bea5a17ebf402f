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
        "bayres list knows rules, tasks, neurons, connections, exchanges, plasticity, measures, sections and keys, not "
        "\"" +
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
      R"("allowed": {}, "derived": {}, "required": {}}})",
      json_text(setting.name), json_text(setting.unit), json_text(setting.help), json_text(setting.type()),
      setting.required ? "null" : json_text(setting.default_text()), bound(setting.bounds.low),
      bound(setting.bounds.high), choices_json(setting.choices), json_text(setting.allowed()),
      json_text(setting.derived), setting.required);
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

/// A key of a configuration, with its section.
struct Key {
  std::string name;
  core::Setting setting;
  std::string choices = {};  ///< allowed words, separated by '|'
  std::string owner = {};    ///< the component that it belongs to; empty: it is always there
};

/// A section whose key `chooser` names a component, of the list `kind`, which has keys of its own.
struct Choice {
  std::string_view section;
  std::string_view chooser;
  std::string kind;
  std::string prefix = {};  ///< of every key of the component
};

const std::vector<Choice>& choices() {
  static const std::vector<Choice> all{
      {"reservoir", "structure", "connections"}, {"neuron", "model", "neurons"},
      {"parallel", "exchange", "exchanges"},     {"task", "name", "tasks"},
      {learner_section, "rule", "rules"},        {learner_section, "recurrent.rule", "plasticity", "recurrent."}};
  return all;
}

std::string names_of(const std::vector<Listed>& all) {
  std::string names;
  for (const auto& one : all) names += (names.empty() ? "" : "|") + std::string(one.info.name);
  return names;
}

void add_keys(const std::string& prefix, const core::Settings& settings, const std::string& owner,
              std::vector<Key>& keys) {
  for (const auto& setting : settings.table()) {
    keys.push_back({prefix + std::string(setting.name), setting, std::string(setting.choices), owner});
  }
}

/// Every key that there is, in the order of sections. A learner is called NAME.
std::vector<Key> all_keys(const sim::Components& components) {
  std::vector<Key> keys;
  for (const auto& section : sections()) {
    add_keys(section.name + ".", section.get({}), "", keys);
    for (const auto& choice : choices()) {
      if (choice.section != section.name) continue;
      const auto kind = listed(choice.kind, components);
      const auto chooser = section.name + "." + std::string(choice.chooser);
      std::ranges::find(keys, chooser, &Key::name)->choices = names_of(kind);
      for (const auto& one : kind) {
        add_keys(section.name + "." + choice.prefix, one.settings, std::string(one.info.name), keys);
      }
    }
    if (section.name != learner_section) continue;
    add_keys(section.name + ".output.", core::Settings(model::EscapeParameters{}), "output = spikes", keys);
  }
  return keys;
}

std::string keys_text(const sim::Components& components) {
  std::string text = "Keys of a configuration, one in a line: key = default; of which component; what it is\n\n";
  for (const auto& key : all_keys(components)) {
    text += fmt::format("{}{}; {}{}; allowed: {}; unit: {}\n", key.name,
                        key.setting.required ? " (required)" : " = " + key.setting.default_text(),
                        key.owner.empty() ? "" : "of " + key.owner + "; ", key.setting.help,
                        key.choices.empty() ? key.setting.allowed() : key.choices, key.setting.unit);
  }
  return text;
}

std::string keys_json(const sim::Components& components) {
  std::string text;
  for (auto& key : all_keys(components)) {
    key.setting.name = key.name;
    key.setting.choices = key.choices;
    text += fmt::format(R"({}  {{"of": {}, {})", text.empty() ? "\n" : ",\n", json_text(key.owner),
                        setting_json(key.setting).substr(1));
  }
  return "[" + text + "\n]\n";
}

}  // namespace

std::string list_text(const std::string& what, const sim::Components& components) {
  if (what == "keys") return keys_text(components);
  std::string text;
  for (const auto& one : listed(what, components)) text += entry_text(one);
  return head_of(what) + text + tail_of(what);
}

std::string list_json(const std::string& what, const sim::Components& components) {
  if (what == "keys") return keys_json(components);
  std::string text;
  for (const auto& one : listed(what, components)) text += (text.empty() ? "\n" : ",\n") + entry_json(one);
  return "[" + text + "\n]\n";
}

}  // namespace bayres::app
