#include "bayres/app/resolved.hpp"

#include <algorithm>

#include "bayres/model/connectivity.hpp"
#include "bayres/sim/schedule.hpp"

namespace bayres::app {
namespace {

/// Collects the keys of one section after the other.
class Collector {
 public:
  explicit Collector(const sim::Configuration& configuration) : configuration_(&configuration) {}

  template <class Owner>
  void operator()(const std::string& section, const Owner& given) {
    (*this)(section, given, given);
  }
  /// `used`: the same with nothing left to be derived.
  template <class Owner>
  void operator()(const std::string& section, const Owner& given, const Owner& used) {
    for (const auto& parameter : Owner::parameters()) {
      ResolvedKey key{section, std::string(parameter.name), core::value_text(given, parameter),
                      core::value_text(used, parameter)};
      if (configuration_->automatic.contains(key.name())) key.value = "auto";
      key.is_default = key.value == core::value_text(Owner{}, parameter);
      keys_.push_back(std::move(key));
    }
  }
  void add(ResolvedKey key) { keys_.push_back(std::move(key)); }
  [[nodiscard]] std::vector<ResolvedKey> keys() && { return std::move(keys_); }

 private:
  const sim::Configuration* configuration_;
  std::vector<ResolvedKey> keys_;
};

/// What its words auto stand for; a network from a file is stored as it is there.
model::ReservoirParameters used_reservoir(const sim::Configuration& c) {
  auto used = c.reservoir;
  if (used.storage == "auto" && used.network.empty()) {
    used.storage = model::stores_sparse(c.reservoir, c.precision()) ? "sparse" : "dense";
  }
  if (used.weight_type == "auto") used.weight_type = core::weight_type_of(core::weight_bytes(c.precision()));
  return used;
}

}  // namespace

std::vector<ResolvedKey> resolved_keys(const sim::Configuration& c, Purpose purpose) {
  Collector collect(c);
  collect("run", c.run);
  collect("ensemble", c.ensemble);
  collect("reservoir", c.reservoir, used_reservoir(c));
  collect("task", c.task);
  std::visit([&](const auto& parameters) { collect("task", parameters); }, c.task_parameters);
  collect("protocol", c.protocol);
  for (const auto& learner : c.learners) {
    const std::string section = "learner." + learner.name;
    rules::Registry::with_type_of(learner.rule, [&]<class Rule>(const typename Rule::Parameters& parameters) {
      collect.add({section, "rule", std::string(Rule::info.name), std::string(Rule::info.name)});
      collect(section, parameters, parameters.resolved(c.reservoir.size));
    });
  }
  collect("record", c.record);
  collect("evaluate", c.evaluate);
  collect("output", c.output);
  collect("performance", c.performance);
  auto keys = std::move(collect).keys();
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

std::vector<std::string> changes_of_the_past(const sim::Configuration& before, const sim::Configuration& after,
                                             core::Index steps_done) {
  sim::Configuration allowed = before;
  allowed.run.checkpoint_every = after.run.checkpoint_every;
  allowed.run.max_walltime = after.run.max_walltime;
  allowed.ensemble.ranks_per_network = after.ensemble.ranks_per_network;
  allowed.evaluate = after.evaluate;
  allowed.output = after.output;
  allowed.performance = after.performance;
  const sim::Schedule old_schedule(before.protocol, before.reservoir.dt);
  const sim::Schedule schedule(after.protocol, after.reservoir.dt);
  const auto* file = std::get_if<tasks::File::Parameters>(&before.task_parameters);
  const bool scaled_by_training = file != nullptr && file->normalise != "none";
  if (steps_done < std::min(old_schedule.train_end(), schedule.train_end()) && !scaled_by_training) {
    allowed.protocol.train = after.protocol.train;
  }
  if (steps_done <= schedule.end()) allowed.protocol.test = after.protocol.test;
  // Where it follows from the test, it may follow anew: weights are scored in the test, or have not been yet.
  if (after.automatic.contains("protocol.evaluate_span")) allowed.protocol.evaluate_span = after.protocol.evaluate_span;
  const auto old_keys = resolved_keys(allowed);
  std::vector<std::string> problems;
  for (const auto& key : resolved_keys(after)) {
    const auto same = [&](const ResolvedKey& old) { return old.name() == key.name() && old.used == key.used; };
    if (std::ranges::any_of(old_keys, same)) continue;
    problems.push_back(key.name() + " = " + key.used +
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
    text += "; " + key.name() + " = " + key.used + ", which was " + (old->used.empty() ? "empty" : old->used);
  }
  return text;
}

namespace {

/// Whether a learner comes from the section of this name: it is called so, or NAME_1, NAME_2, ...
bool comes_from(const std::string& learner, const std::string& section) {
  if (learner == section) return true;
  if (!learner.starts_with(section + "_")) return false;
  return core::to_index(std::string_view(learner).substr(section.size() + 1)).has_value();
}

/// The keys that an entry sets: more than one if it is in a section that lists make several learners of.
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
