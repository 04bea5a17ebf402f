#include "calibration_file.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "bayres/configuration/section_reader.hpp"
#include "bayres/job/job.hpp"

namespace bayres::app {

std::string calibration_ini(const sim::Calibration& c) {
  std::string text = "# Parameters of the performance model, measured by bayres calibrate.\n";
  std::string section;
  for (const auto& [name, value] : c.values()) {
    const auto dot = name.rfind('.');
    if (name.substr(0, dot) != section) text += "\n[" + (section = name.substr(0, dot)) + "]\n";
    const auto& rate = *sim::rate_named(name);
    text += fmt::format("{} = {}  # {}: {}\n", rate.name, core::write_value(value), rate.unit, rate.help);
  }
  return text;
}

sim::Calibration read_calibration(const std::string& text, const std::string& path) {
  const auto read = parse_ini(text, path);
  auto problems = read.problems;
  std::vector<std::string> known;
  for (const auto& rate : sim::every_rate()) known.push_back(rate.section + "." + std::string(rate.setting.name));
  sim::Calibration c;
  for (const auto& entry : read.entries) {
    const auto* setting = sim::rate_named(entry.name());
    if (setting == nullptr) {
      problems.push_back(unknown_word(entry.where, "rate", entry.name(), known));
      continue;
    }
    auto value = setting->initial;
    if (const auto problem = core::read_value(entry.value, *setting, value)) {
      problems.push_back(entry.where + ": " + entry.name() + " = " + *problem);
    } else {
      c.set(entry.name(), value);
    }
  }
  require_none(problems, "the calibration");
  const auto sizes = c.get<std::vector<core::Real>>("memory.bytes");
  if (sizes.empty()) problems.push_back(path + ": memory.bytes is missing: run bayres calibrate again");
  for (const char* rates : {"memory.alone", "memory.together"}) {
    if (c.get<std::vector<core::Real>>(rates).size() == sizes.size()) continue;
    problems.push_back(fmt::format("{}: memory.bytes and {} are lists of different lengths", path, rates));
  }
  if (!std::ranges::is_sorted(sizes, std::less_equal<>())) problems.push_back(path + ": memory.bytes must ascend");
  require_none(problems, "the calibration");
  return c;
}

}  // namespace bayres::app
