#include "section_reader.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "bayres/core/quoting.hpp"
#include "bayres/core/text.hpp"

namespace bayres::app {
namespace {

struct Alias {
  std::string_view word;
  std::string_view key;
};

/// What keys are called elsewhere, and here.
constexpr std::array aliases{
    Alias{"task.file", "task.path"},
    Alias{"task.filename", "task.path"},
    Alias{"task.file_name", "task.path"},
    Alias{"task.data", "task.path"},
    Alias{"task.datafile", "task.path"},
    Alias{"task.data_file", "task.path"},
    Alias{"task.dataset", "task.path"},
    Alias{"task.csv", "task.path"},
    Alias{"task.input_file", "task.path"},
    Alias{"task.inputfile", "task.path"},
    Alias{"task.source", "task.path"},
    Alias{"task.series", "task.path"},
    Alias{"task.inputs", "task.input"},
    Alias{"task.input_columns", "task.input"},
    Alias{"task.features", "task.input"},
    Alias{"task.x", "task.input"},
    Alias{"task.u", "task.input"},
    Alias{"task.targets", "task.target"},
    Alias{"task.target_columns", "task.target"},
    Alias{"task.output", "task.target"},
    Alias{"task.outputs", "task.target"},
    Alias{"task.columns", "task.target"},
    Alias{"task.column", "task.target"},
    Alias{"task.label", "task.target"},
    Alias{"task.labels", "task.target"},
    Alias{"task.y", "task.target"},
    Alias{"task.delimiter", "task.separator"},
    Alias{"task.delim", "task.separator"},
    Alias{"task.sep", "task.separator"},
    Alias{"task.names", "task.header"},
    Alias{"task.normalize", "task.normalise"},
    Alias{"task.normalization", "task.normalise"},
    Alias{"task.standardize", "task.normalise"},
    Alias{"task.zscore", "task.normalise"},
    Alias{"task.dt", "task.sample_interval"},
    Alias{"task.fs", "task.sample_interval"},
    Alias{"task.sampling_rate", "task.sample_interval"},
    Alias{"task.sample_rate", "task.sample_interval"},
    Alias{"task.sampling_interval", "task.sample_interval"},
    Alias{"task.type", "task.name"},
    Alias{"task.task", "task.name"},
    Alias{"reservoir.neurons", "reservoir.size"},
    Alias{"reservoir.n", "reservoir.size"},
    Alias{"reservoir.N", "reservoir.size"},
    Alias{"reservoir.units", "reservoir.size"},
    Alias{"reservoir.n_reservoir", "reservoir.size"},
    Alias{"reservoir.spectral_radius", "reservoir.gain"},
    Alias{"reservoir.sr", "reservoir.gain"},
    Alias{"reservoir.rho", "reservoir.gain"},
    Alias{"reservoir.g", "reservoir.gain"},
    Alias{"reservoir.sparsity", "reservoir.connectivity"},
    Alias{"reservoir.density", "reservoir.connectivity"},
    Alias{"reservoir.p", "reservoir.connectivity"},
    Alias{"reservoir.leak", "reservoir.tau"},
    Alias{"reservoir.leak_rate", "reservoir.tau"},
    Alias{"reservoir.leaking_rate", "reservoir.tau"},
    Alias{"reservoir.lr", "reservoir.tau"},
    Alias{"reservoir.input_scaling", "reservoir.input_scale"},
    Alias{"reservoir.bias", "reservoir.bias_scale"},
    Alias{"reservoir.seed", "run.seed"},
    Alias{"run.random_seed", "run.seed"},
    Alias{"run.random_state", "run.seed"},
    Alias{"protocol.warmup", "protocol.washout"},
    Alias{"protocol.burn_in", "protocol.washout"},
    Alias{"protocol.transient", "protocol.washout"},
    Alias{"protocol.discard", "protocol.washout"},
    Alias{"protocol.training", "protocol.train"},
    Alias{"protocol.testing", "protocol.test"},
};

/// The known key that a word stands for elsewhere, or "". A key of files is known only with task.name = file.
std::string key_of_alias(const std::string& word, const std::vector<std::string>& known) {
  const auto* alias = std::ranges::find(aliases, std::string_view(word), &Alias::word);
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
  if (!near.empty()) text += "; did you mean " + near + "?";
  text += " Known:";
  for (const auto& name : known) text += (name == known.front() ? " " : ", ") + name;
  return text;
}

SectionReader::SectionReader(std::string section, const std::vector<Entry>& entries, std::vector<std::string>& problems)
    : section_(std::move(section)), problems_(&problems) {
  std::ranges::copy_if(entries, std::back_inserter(entries_), [&](const Entry& e) { return e.section == section_; });
}

void SectionReader::read(core::Settings& settings) {
  for (const auto& setting : settings.table()) {
    const std::string name(setting.name);
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
