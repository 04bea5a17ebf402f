#include "bayres/sections/section_reader.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "bayres/core/quoting.hpp"
#include "bayres/core/text.hpp"

namespace bayres::app {
namespace {

/// Names of a key in other programs: words of a section, separated by blanks.
struct Alias {
  std::string_view key;
  std::string_view section;
  std::string_view words;
};

constexpr auto aliases = std::to_array<Alias>({
    {"task.path", "task",
     "file filename file_name data datafile data_file dataset csv input_file inputfile source series"},
    {"task.input", "task", "inputs input_columns features x u"},
    {"task.target", "task", "targets target_columns output outputs columns column label labels y"},
    {"task.separator", "task", "delimiter delim sep"},
    {"task.header", "task", "names"},
    {"task.normalise", "task", "normalize normalization standardize zscore"},
    {"task.sample_interval", "task", "dt fs sampling_rate sample_rate sampling_interval"},
    {"task.name", "task", "type task"},
    {"reservoir.size", "reservoir", "neurons n N units n_reservoir"},
    {"reservoir.gain", "reservoir", "g"},
    {"reservoir.spectral_radius", "reservoir", "sr rho"},
    {"reservoir.connectivity", "reservoir", "sparsity density p"},
    {"reservoir.tau", "reservoir", "leak leak_rate leaking_rate lr"},
    {"reservoir.input_scale", "reservoir", "input_scaling"},
    {"reservoir.bias_scale", "reservoir", "bias"},
    {"run.seed", "reservoir", "seed"},
    {"run.seed", "run", "random_seed random_state"},
    {"protocol.washout", "protocol", "warmup burn_in transient discard"},
    {"protocol.train", "protocol", "training"},
    {"protocol.test", "protocol", "testing"},
});

/// The key for which a word is used in other programs, or "". A key of files is known only with task.name = file.
std::string key_of_alias(const std::string& word, const std::vector<std::string>& known) {
  const auto dot = word.find('.');
  if (dot == std::string::npos) return {};
  const auto stands_for = [&](const Alias& alias) {
    return word.substr(0, dot) == alias.section &&
           std::ranges::count(core::split_list(alias.words, ' '), word.substr(dot + 1)) > 0;
  };
  const auto* alias = std::ranges::find_if(aliases, stands_for);
  if (alias == aliases.end()) return {};
  std::string key(alias->key);
  const auto same_section = [&](const std::string& name) {
    return name.substr(0, name.find('.')) == key.substr(0, key.find('.'));
  };
  if (std::ranges::find(known, key) != known.end()) return key;
  if (std::ranges::none_of(known, same_section)) return key;
  return key == "task.path" ? key + " (of task.name = file)" : std::string();
}

}  // namespace

std::string unknown_word(const std::string& where, const std::string& what, const std::string& word,
                         const std::vector<std::string>& known) {
  std::string text = where + ": " + what + " " + word + " is not known";
  auto near = key_of_alias(word, known);
  if (near.empty()) near = core::nearest(word, known);
  text += near.empty() ? "." : "; did you mean " + near + "?";
  return text + " Known: " + core::joined(known);
}

SectionReader::SectionReader(std::string section, const std::vector<Entry>& entries, std::vector<std::string>& problems)
    : section_(std::move(section)), problems_(&problems) {
  std::ranges::copy_if(entries, std::back_inserter(entries_), [&](const Entry& e) { return e.section == section_; });
}

void SectionReader::read(core::Settings& settings, const std::string& prefix) {
  for (const auto& setting : settings.table()) {
    const std::string name = prefix + std::string(setting.name);
    const Entry* entry = take(name);
    if (entry == nullptr) {
      if (!setting.required) continue;
      problems_->push_back(section_ + "." + name + " is missing: it is the " + std::string(setting.help));
      continue;
    }
    const bool as_it_is = entry->literal && setting.is<std::string>() && setting.is_text();
    const auto text = as_it_is ? core::in_quotes(entry->value) : entry->value;
    if (const auto problem = settings.assign(setting, text)) {
      problems_->push_back(entry->where + ": " + section_ + "." + name + " = " + *problem);
    }
  }
}

const Entry* SectionReader::take(const std::string& name) {
  known_.push_back(name);
  taken_.insert(name);
  return find(name);
}

std::string SectionReader::where(const std::string& name) const {
  const Entry* entry = find(name);
  return entry == nullptr ? "[" + section_ + "]" : entry->where;
}

void SectionReader::ignore_rest() {
  for (const auto& entry : entries_) taken_.insert(entry.key);
}

void SectionReader::report_unknown(const std::vector<Entry>& original) {
  std::vector<std::string> names;
  for (const auto& key : known_) names.push_back(section_ + "." + key);
  for (const auto& entry : original) {
    if (taken_.contains(entry.key)) continue;
    problems_->push_back(unknown_word(entry.where, "key", entry.name(), names) + " (value \"" + entry.value + "\")");
  }
}

const Entry* SectionReader::find(const std::string& key) const {
  const auto found = std::ranges::find(entries_, key, &Entry::key);
  return found == entries_.end() ? nullptr : &*found;
}

void read_section(const std::string& name, const std::vector<Entry>& entries, std::vector<std::string>& problems,
                  core::Settings& settings) {
  SectionReader reader(name, entries, problems);
  reader.read(settings);
  reader.report_unknown();
}

}  // namespace bayres::app
