#include "bayres/app/memory_capacity.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "bayres/configuration/configuration.hpp"
#include "bayres/core/text.hpp"
#include "bayres/io/hdf5.hpp"
#include "bayres/reports/report.hpp"
#include "bayres/sections/sections.hpp"

namespace bayres::app {
namespace {

/// Of one network, or of an ensemble.
std::string numbers_text(const std::vector<double>& numbers) {
  if (numbers.size() == 1) return fmt::format("{:.4g}", numbers.front());
  return std::string(core::trimmed(quartiles_text(numbers)));
}

}  // namespace

Entries memory_task_of(const Entries& ini, const Entries& overrides, const sim::Components& components) {
  constexpr std::array kept{"run", "reservoir", "neuron", "intrinsic_plasticity", "parallel", "readout", "ensemble"};
  constexpr core::Index most_delays = 10'000;
  constexpr core::Index steps_for_each = 10;
  constexpr core::Index shortest = 2'000;
  Entries entries{ini.path, {}, ini.problems};
  // Of reservoirs side by side: one that hears all, as the task has one input.
  const auto is_of_groups = [](const Entry& entry) {
    return entry.section == "parallel" && !is_renewable(entry.section, entry.key);
  };
  std::ranges::copy_if(ini.entries, std::back_inserter(entries.entries), [&](const Entry& entry) {
    return std::ranges::find(kept, entry.section) != kept.end() && !is_of_groups(entry);
  });
  const auto given = read_configuration(entries, overrides, components).configuration;
  const auto& reservoir = given.reservoir;
  core::Index delays = std::min(2 * reservoir.size, most_delays);
  for (const auto& entry : overrides.entries) {
    if (entry.name() == "task.delays") delays = core::to_index(entry.value).value_or(delays);
  }
  const core::Index train = std::max(steps_for_each * std::max(delays, 2 * reservoir.size), shortest);
  const core::Index test = std::max(steps_for_each * delays, shortest);
  const auto set = [&](const char* section, const char* key, const std::string& value) {
    entries.entries.push_back({section, key, value, "bayres memory-capacity"});
  };
  const auto time = [&](core::Index steps) { return core::to_text(core::as_real(steps) * reservoir.dt); };
  set("task", "name", "memory");
  set("task", "interval", time(1));
  set("task", "delays", std::to_string(delays));
  const bool adapts = given.intrinsic.is_on() && !core::is_automatic(given.intrinsic.duration);
  set("protocol", "washout",
      core::to_text(core::as_real(delays) * reservoir.dt + (adapts ? given.intrinsic.duration : 0)));
  set("protocol", "train", time(train));
  set("protocol", "test", time(test));
  set("learner.ridge", "rule", "ridge");
  set("learner.ridge", "lambda", "1e-6");
  set("record", "every", std::to_string(delays + train + test));
  const auto protocol = read_configuration(entries, overrides, components).configuration.protocol;
  set("protocol", "evaluate_at", core::to_text(protocol.washout + protocol.train));
  return entries;
}

std::string memory_capacity_text(const std::string& result) {
  const auto file = io::Hdf5File::open(result);
  const auto entries = parse_stored(file.root().text("config"), result).entries;
  const auto value_of = [&](const char* name) {
    const auto found = std::ranges::find(entries, name, &Entry::name);
    return found == entries.end() ? std::string() : found->value;
  };
  const double delays = core::to_number(value_of("task.delays")).value_or(0);
  std::string text = fmt::format(
      "\nMemory capacity: sum over {} delays (in steps) of the squared correlation of output and delayed input, test\n",
      delays);
  for (const auto& entry : entries) {
    if (!entry.section.starts_with("learner.") || entry.key != "rule") continue;
    const std::string name = entry.section.substr(entry.section.find('.') + 1);
    const auto learner = file.open_object("/learners/" + name);
    auto r2 = learner.numbers("test_r2");
    for (double& value : r2) value *= delays;
    text += fmt::format("  {}: {} of {} neurons; the sum of r2 is {}\n", name,
                        numbers_text(learner.numbers("test_capacity")), value_of("reservoir.size"), numbers_text(r2));
  }
  return text + "Of each delay: learners/NAME/evaluation/squared_correlation in " + result + "\n";
}

std::string memory_capacity_help() {
  return "bayres memory-capacity CONFIG [--section.key=value ...] [options of bayres run]\n\n"
         "The memory capacity of the reservoir of CONFIG: the sum over delays of the squared correlation of a delayed\n"
         "input, uniform in [-1, 1] and new in every step, and the output that ridge regression has fitted to it, in "
         "a\n"
         "test (Jaeger 2001). Of CONFIG count [run], [reservoir], [neuron], [parallel], [readout] and [ensemble]. Set\n"
         "--task.delays=K (by default twice the number of neurons), --learner.ridge.lambda=L (1e-6),\n"
         "--protocol.train=T, --protocol.test=T (ten steps for each delay). The result is CONFIG-memory.h5, or that "
         "of\n"
         "-o FILE. Chance adds 1 to the capacity for every as many delays as the test has steps.\n";
}

}  // namespace bayres::app
