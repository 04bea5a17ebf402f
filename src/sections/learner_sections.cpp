#include "bayres/sections/learner_sections.hpp"

#include <algorithm>
#include <set>

#include "bayres/core/quoting.hpp"
#include "bayres/sections/section_reader.hpp"

namespace bayres::app {
namespace {

using core::Index;

constexpr std::size_t most_learners = 100'000;

/// Names of the sections, in order of appearance.
std::vector<std::string> learner_names(const std::vector<Entry>& entries) {
  std::vector<std::string> names;
  for (const auto& entry : entries) {
    if (!entry.section.starts_with("learner.") || entry.section.size() == 8) continue;
    const auto name = entry.section.substr(8);
    if (std::ranges::find(names, name) == names.end()) names.push_back(name);
  }
  return names;
}

constexpr std::size_t longest_name = 100;  // netCDF allows 256 characters

bool valid_name(const std::string& name) {
  return name.size() <= longest_name &&
         std::ranges::all_of(name, [](unsigned char c) { return std::isalnum(c) != 0 || c == '_' || c == '-'; });
}

/// All sections that result from one by choosing one value from every list.
std::vector<std::vector<Entry>> expanded(const std::vector<Entry>& section, const std::string& name,
                                         std::vector<std::string>& problems) {
  std::vector<std::vector<Entry>> all{{}};
  for (const auto& entry : section) {
    auto values = core::list_items(entry.value);
    if (values.empty()) values.emplace_back();
    std::vector<std::vector<Entry>> longer;
    if (all.size() * values.size() > most_learners) {
      problems.push_back(entry.where + ": learner." + name + " would make more than " + std::to_string(most_learners) +
                         " learners: use shorter lists");
      return {};
    }
    for (const auto& chosen : all) {
      for (const auto& value : values) {
        longer.push_back(chosen);
        longer.back().push_back({entry.section, entry.key, value, entry.where});
      }
    }
    all = std::move(longer);
  }
  return all;
}

/// A learner to be read.
struct Variant {
  std::string name;
  std::vector<Entry> entries;
};

constexpr std::string_view select = "_select";

/// Whether KEY_select says that a value of KEY is chosen.
bool selects(const Entry& entry) { return entry.key.ends_with(select) && entry.value != "none"; }

/// Of all values of `key` one is chosen: of which value of another list would not be said.
void report_other_lists(const std::vector<Entry>& section, const std::string& key, const std::string& name,
                        std::vector<std::string>& problems) {
  const auto is_list = [](const Entry& entry) { return core::list_items(entry.value).size() > 1; };
  if (std::ranges::none_of(section, [&](const Entry& e) { return e.key == key && is_list(e); })) return;
  for (const auto& entry : section) {
    if (entry.key == key || !is_list(entry)) continue;
    problems.push_back(entry.where + ": learner." + name + "." + entry.key + " = " + entry.value +
                       " is a second list beside that of " + key +
                       ", of which one value is chosen: give one value of " + entry.key +
                       ", and make a section of its own for each other");
  }
}

/// The learners that a section makes: one for each value of a list, NAME_1, NAME_2, ...; if KEY_select says how one of
/// the values of KEY is chosen, then also NAME_selected, with KEY = auto.
std::vector<Variant> variants_of(const std::vector<Entry>& section, const std::string& name,
                                 std::vector<std::string>& problems) {
  auto combinations = expanded(section, name, problems);
  if (combinations.size() <= 1) {
    std::vector<Variant> one;
    if (!combinations.empty()) one.push_back({name, std::move(combinations.front())});
    return one;
  }
  std::vector<Variant> all;
  const auto selecting = std::ranges::find_if(section, selects);
  const auto key =
      selecting == section.end() ? std::string() : selecting->key.substr(0, selecting->key.size() - select.size());
  report_other_lists(section, key, name, problems);
  const auto is_key = [&](const Entry& entry) { return entry.key == key; };
  auto chooser = combinations.front();
  for (auto& combination : combinations) {
    const auto value = std::ranges::find_if(combination, is_key);
    if (value != combination.end() && value->value != "auto") std::erase_if(combination, selects);
    all.push_back({name + "_" + std::to_string(all.size() + 1), std::move(combination)});
  }
  const auto value = std::ranges::find_if(chooser, is_key);
  if (value == chooser.end()) return all;
  value->value = "auto";
  all.push_back({name + "_selected", std::move(chooser)});
  return all;
}

/// One of each learner for each fold of a cross-validation, unless its section says which it is of.
std::vector<Variant> folded(std::vector<Variant> all, Index folds) {
  const auto is_fold = [](const Entry& entry) { return entry.key == "fold" && entry.value != "0"; };
  if (folds == 0 || all.empty() || std::ranges::any_of(all.front().entries, is_fold)) return all;
  std::vector<Variant> each;
  for (Index fold = 1; fold <= folds; ++fold) {
    const auto number = std::to_string(fold);
    for (auto one : all) {
      one.name += "_fold_" + number;
      std::erase_if(one.entries, [](const Entry& entry) { return entry.key == "fold"; });
      one.entries.push_back({all.front().entries.front().section, "fold", number, "protocol.folds"});
      each.push_back(std::move(one));
    }
  }
  return each;
}

/// The rule for J; nullptr if there is none. Of a word that is not known, the problem is added to `found`.
const plasticity::ChosenRule* rule_for_J(const std::string& section, SectionReader& reader,
                                         const core::Registry<plasticity::Choice>& rules,
                                         std::vector<std::string>& found) {
  const Entry* named = reader.take("recurrent.rule");
  if (named == nullptr || named->value == "none") return nullptr;
  const auto* rule = rules.find(named->value);
  if (rule != nullptr) return rule;
  auto known = rules.names();
  known.insert(known.begin(), "none");
  found.push_back(unknown_word(named->where, section + ".recurrent.rule", named->value, known));
  reader.ignore_rest();
  return nullptr;
}

/// Reads the rule for J, if one is named, and its keys recurrent.KEY.
void read_recurrent(const std::string& section, SectionReader& reader, const core::Registry<plasticity::Choice>& rules,
                    sim::LearnerParameters& learner, std::vector<std::string>& found) {
  const auto* rule = rule_for_J(section, reader, rules, found);
  if (rule == nullptr) return;
  learner.recurrent = *rule;
  reader.read(learner.recurrent->settings, "recurrent.");
}

/// Reads what the output sends, and its keys output.KEY.
void read_output(SectionReader& reader, sim::LearnerParameters& learner) {
  core::Settings kind{sim::OutputKind()};
  reader.read(kind);
  if (kind.as<sim::OutputKind>().output != "spikes") return;
  core::Settings spikes{model::EscapeParameters()};
  reader.read(spikes, "output.");
  learner.spikes = spikes.as<model::EscapeParameters>();
}

/// Reads the file of weights to start from, and the fold.
void read_start(const std::string& section, SectionReader& reader, sim::LearnerParameters& learner,
                std::vector<std::string>& found) {
  core::Settings start(learner.start);
  reader.read(start);
  learner.start = start.as<sim::StartKeys>();
  const bool begins = learner.rule->has_initial_weights() && learner.rule->learns();
  core::Settings fold(learner.folded);
  reader.read(fold);
  learner.folded = fold.as<sim::FoldKey>();
  if (learner.start.weights.empty() || !(begins || learner.rule->is_batch())) return;
  found.push_back(reader.where("weights") + ": " + section + ".weights = " + learner.start.weights +
                  ": rule = " + rule_name(learner) +
                  " begins with weights of its own, or sets them at the end of training: leave the file out");
}

/// The rule for readouts where none is named: none, if J learns from rewards; else nullptr, and a problem is added to
/// `found`.
const rules::AnyParameters* default_rule(const std::string& section, SectionReader& reader,
                                         const sim::Components& components, std::vector<std::string>& found) {
  const auto before = found.size();
  const auto* of_J = rule_for_J(section, reader, components.plasticity, found);
  if (of_J != nullptr && (*of_J)->rewarded()) return components.rules.find("none");
  if (found.size() == before) found.push_back("[" + section + "]: rule is missing: add a line such as rule = bayes");
  return nullptr;
}

/// The rule for readouts; nullptr if there is none, and a problem is added to `found`.
const rules::AnyParameters* rule_for_readouts(const std::string& section, SectionReader& reader,
                                              const sim::Components& components, std::vector<std::string>& found) {
  const Entry* named = reader.take("rule");
  if (named == nullptr) return default_rule(section, reader, components, found);
  const auto* rule = components.rules.find(named->value);
  if (rule == nullptr)
    found.push_back(unknown_word(named->where, section + ".rule", named->value, components.rules.names()));
  return rule;
}

/// Reads the keys of the rules that are named; problems are added to `found`.
void read_rules(const std::string& section, SectionReader& reader, const sim::Components& components, Index neurons,
                sim::LearnerParameters& learner, std::vector<std::string>& found) {
  const auto* rule = rule_for_readouts(section, reader, components, found);
  if (rule == nullptr) return reader.ignore_rest();
  learner.rule = *rule;
  reader.read(learner.rule->settings);
  read_output(reader, learner);
  read_start(section, reader, learner, found);
  read_recurrent(section, reader, components.plasticity, learner, found);
  const auto problem = learner.rule->problem(neurons);
  if (problem.empty()) return;
  found.push_back(reader.where(problem.substr(0, problem.find(' '))) + ": " + section + "." + problem);
}

}  // namespace

bool chooses(const sim::LearnerParameters& learner) {
  const auto& settings = learner.rule->settings;
  return std::ranges::any_of(settings.table(), [&](const core::Setting& setting) {
    return setting.name.ends_with(select) && settings.text(setting) != "none";
  });
}

namespace {

/// Learners that choose among others, but have none to choose from.
void report_lonely(const std::vector<sim::LearnerParameters>& learners, std::vector<std::string>& problems) {
  for (const auto& learner : learners) {
    const auto can_be_chosen = [&](const sim::LearnerParameters& other) {
      return rule_name(other) == rule_name(learner) && !chooses(other) && other.folded.fold == learner.folded.fold;
    };
    if (!chooses(learner) || std::ranges::count_if(learners, can_be_chosen) > 1) continue;
    problems.push_back("[learner." + learner.name +
                       "]: there is nothing to choose from: give a list of values, or other "
                       "learners with rule = " +
                       rule_name(learner));
  }
}

}  // namespace

std::vector<sim::LearnerParameters> read_learners(const std::vector<Entry>& entries, const sim::Components& components,
                                                  const sim::Configuration& c, std::vector<std::string>& problems) {
  std::vector<sim::LearnerParameters> learners;
  for (const auto& name : learner_names(entries)) {
    const std::string section = "learner." + name;
    if (!valid_name(name)) {
      problems.push_back("[" + section + "]: a learner's name may hold only letters, digits, _ and -, at most " +
                         std::to_string(longest_name) + " of them");
      continue;
    }
    std::vector<Entry> own;
    std::ranges::copy_if(entries, std::back_inserter(own), [&](const Entry& e) { return e.section == section; });
    const auto variants = folded(variants_of(own, name, problems), c.protocol.folds);
    // Thousands of combinations would repeat the problems of the first ones.
    constexpr int most_with_problems = 40;
    int with_problems = 0;
    for (std::size_t i = 0; i < variants.size() && with_problems < most_with_problems; ++i) {
      sim::LearnerParameters learner{variants[i].name, {}};
      std::vector<std::string> found;
      SectionReader reader(section, variants[i].entries, found);
      read_rules(section, reader, components, c.reservoir.size, learner, found);
      reader.report_unknown(own);
      // Problems that several combinations share are reported once.
      std::ranges::copy_if(found, std::back_inserter(problems),
                           [&](const auto& problem) { return std::ranges::count(problems, problem) == 0; });
      if (found.empty()) learners.push_back(std::move(learner));
      if (!found.empty()) ++with_problems;
    }
  }
  std::set<std::string> used;
  for (const auto& learner : learners) {
    if (used.insert(learner.name).second) continue;
    problems.push_back("two learners are called " + learner.name + ": rename one of their sections");
  }
  if (problems.empty()) report_lonely(learners, problems);
  if (learners.empty() && problems.empty()) {
    problems.emplace_back("there is no learner: add a section such as [learner.bayes] with rule = bayes");
  }
  return learners;
}

}  // namespace bayres::app
