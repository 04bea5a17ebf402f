#include "section_reader.hpp"

#include <algorithm>
#include <array>
#include <string_view>

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

}  // namespace bayres::app
