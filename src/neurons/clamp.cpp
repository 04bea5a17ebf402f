#include "bayres/neurons/clamp.hpp"

#include <algorithm>
#include <optional>

#include "bayres/core/parameter.hpp"
#include "bayres/core/text.hpp"

namespace bayres::model {
namespace {

/// A word as NEURON:RATE.
std::optional<HeldRate> held_rate(std::string_view word) {
  const auto colon = word.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const auto neuron = core::to_index(word.substr(0, colon));
  const auto rate = core::to_number(word.substr(colon + 1));
  if (!neuron || !rate || !core::any_number.contains(*rate)) return std::nullopt;
  return HeldRate{*neuron, *rate};
}

}  // namespace

std::vector<std::string> clamp_problems(const std::vector<std::string>& clamp, Index neurons) {
  std::vector<std::string> problems;
  std::vector<Index> seen;
  for (const auto& word : clamp) {
    const auto held = held_rate(word);
    if (!held) {
      problems.push_back("reservoir.clamp: \"" + word + "\" is not NEURON:RATE with a rate " + core::any_number.text() +
                         ": write such as 3:0.5");
    } else if (held->neuron < 0 || held->neuron >= neurons) {
      problems.push_back("reservoir.clamp: " + word + ": there is no neuron " + std::to_string(held->neuron) +
                         ": allowed is 0 to " + std::to_string(neurons - 1));
    } else if (std::ranges::count(seen, held->neuron) > 0) {
      problems.push_back("reservoir.clamp: neuron " + std::to_string(held->neuron) + " comes twice: give it one rate");
    } else {
      seen.push_back(held->neuron);
    }
  }
  return problems;
}

std::vector<HeldRate> held_rates(const std::vector<std::string>& clamp, core::Range own, core::Precision precision) {
  std::vector<HeldRate> all;
  for (const auto& word : clamp) {
    auto held = held_rate(word);
    if (!held || !own.contains(held->neuron)) continue;
    round_rates(precision, std::span<Real>(&held->rate, 1));
    all.push_back(*held);
  }
  return all;
}

}  // namespace bayres::model
