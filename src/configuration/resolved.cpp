#include "bayres/configuration/resolved.hpp"

#include <algorithm>

#include "bayres/core/text.hpp"
#include "bayres/parameters/schedule.hpp"
#include "bayres/sections/sections.hpp"

namespace bayres::app {

std::vector<ResolvedKey> resolved_keys(const sim::Configuration& c, Purpose purpose) {
  std::vector<ResolvedKey> keys;
  for (const auto& part : parts_of(c)) {
    for (const auto& setting : part.given.table()) {
      ResolvedKey key{part.section, part.prefix + std::string(setting.name), part.given.text(setting),
                      part.used.text(setting)};
      if (c.automatic.contains(key.name())) key.value = "auto";
      key.is_default = key.value == setting.default_text();
      keys.push_back(std::move(key));
    }
    if (part.section != "record") continue;
    for (const auto& [name, neurons, every] : c.record.quantities) {
      const auto add = [&keys](const std::string& key, const std::string& value) {
        keys.push_back({"record", key, value, value});
      };
      if (!neurons.empty()) add(name, core::write_value(neurons));
      if (every > 0) add(name + ".every", core::write_value(every));
    }
  }
  for (const auto& idle : idle_keys(c, purpose)) {
    const auto key = std::ranges::find(keys, idle.name, &ResolvedKey::name);
    if (key != keys.end()) key->idle = idle.reason;
  }
  return keys;
}

std::string resolved_ini(const sim::Configuration& c, Purpose purpose) {
  std::string text;
  std::string section;
  for (const auto& key : resolved_keys(c, purpose)) {
    if (key.section != section) {
      section = key.section;
      text += (text.empty() ? "[" : "\n[") + section + "]\n";
    }
    text += (key.idle.empty() ? "" : "# ") + key.key + " = " + key.value;
    if (key.value != key.used) text += "  # " + key.used;
    text += key.idle.empty() ? "\n" : "   (" + key.idle + ")\n";
  }
  return text;
}

namespace {

std::string was(const ResolvedKey& old) { return old.used.empty() ? "empty" : old.used; }

}  // namespace

std::vector<std::string> changes_of_the_past(const sim::Configuration& before, const sim::Configuration& after,
                                             core::Index steps_done) {
  const sim::Schedule old_schedule(before.protocol, before.reservoir.dt);
  const sim::Schedule schedule(after.protocol, after.reservoir.dt);
  const bool scaled_by_training = before.task.normalise != "none";
  const bool still_trains = steps_done < std::min(old_schedule.train_end(), schedule.train_end());
  const auto is_ahead = [&](const std::string& name) {
    if (name == "protocol.train") return still_trains && !scaled_by_training;
    if (name == "protocol.test") return steps_done <= schedule.end();
    // If derived from the test it may change: weights are scored in the test, or have not been scored yet. What a free
    // run is scored by follows from the task, and earlier versions did not say it.
    const bool is_derived = name == "protocol.evaluate_span" || name.starts_with("free_run.");
    return is_derived && after.automatic.contains(name);
  };
  const auto old_keys = resolved_keys(before);
  const auto keys = resolved_keys(after);
  std::vector<std::string> problems;
  for (const auto& old : old_keys) {
    if (is_renewable(old.section, old.key) || std::ranges::count(keys, old.name(), &ResolvedKey::name) > 0) continue;
    problems.push_back(old.name() + ", which was " + was(old) +
                       ", is not there any more: a resumed run cannot leave it out");
  }
  for (const auto& key : keys) {
    const auto old = std::ranges::find(old_keys, key.name(), &ResolvedKey::name);
    const bool is_new = old == old_keys.end();
    if (is_renewable(key.section, key.key) || is_ahead(key.name()) || (!is_new && old->used == key.used)) continue;
    problems.push_back(key.name() + " = " + key.used + ", which was " + (is_new ? "not there" : was(*old)) +
                       ": a resumed run cannot change this, since it would change what has been computed");
  }
  return problems;
}

std::string changed_keys(const sim::Configuration& before, const sim::Configuration& after) {
  const auto old_keys = resolved_keys(before);
  std::string text;
  for (const auto& key : resolved_keys(after)) {
    const auto old = std::ranges::find(old_keys, key.name(), &ResolvedKey::name);
    if (old == old_keys.end() || old->used == key.used) continue;
    text += "; " + key.name() + " = " + key.used + ", which was " + was(*old);
  }
  return text;
}

namespace {

/// Whether a learner comes from the section of this name: its name is the same, or NAME_1, NAME_2, ..., NAME_selected,
/// each perhaps with _fold_1, ... behind it.
bool comes_from(std::string learner, const std::string& section) {
  constexpr std::string_view fold = "_fold_";
  const auto end = learner.rfind(fold);
  const bool is_of_fold =
      end != std::string::npos && learner.size() > section.size() && core::to_index(learner.substr(end + fold.size()));
  if (is_of_fold) learner.resize(end);
  if (learner == section || learner == section + "_selected") return true;
  if (!learner.starts_with(section + "_")) return false;
  return core::to_index(std::string_view(learner).substr(section.size() + 1)).has_value();
}

/// The keys that an entry sets: more than one if lists in its section make several learners.
std::vector<const ResolvedKey*> keys_of(const Entry& entry, const std::vector<ResolvedKey>& keys) {
  std::vector<const ResolvedKey*> found;
  for (const auto& key : keys) {
    if (key.key == entry.key && comes_from(key.section, entry.section)) found.push_back(&key);
  }
  return found;
}

}  // namespace

std::vector<std::string> idle_problems(const std::vector<Entry>& entries, bool command_line_alone,
                                       const sim::Configuration& configuration, Purpose purpose) {
  const auto keys = resolved_keys(configuration, purpose);
  const auto idle = idle_keys(configuration, purpose);
  std::vector<std::string> problems;
  for (const auto& entry : entries) {
    if (command_line_alone && !entry.literal) continue;
    const auto set = keys_of(entry, keys);
    const auto acts = [](const ResolvedKey* key) { return key->idle.empty(); };
    const auto is_default = [](const ResolvedKey* key) { return key->is_default; };
    if (set.empty() || std::ranges::any_of(set, acts) || std::ranges::all_of(set, is_default)) continue;
    const auto& why = *std::ranges::find(idle, set.front()->name(), &IdleKey::name);
    problems.push_back(entry.where + ": " + entry.name() + " = " + entry.value + " has " + why.reason +
                       ": remove it (" + why.advice + ")");
  }
  return problems;
}

}  // namespace bayres::app
