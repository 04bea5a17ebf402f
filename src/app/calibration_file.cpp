#include "calibration_file.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "bayres/configuration/section_reader.hpp"
#include "bayres/job/job.hpp"

namespace bayres::app {
namespace {

using core::Real;

/// Sizes and what was measured at each of them.
void check_curve(const sim::Calibration& c, const std::string& section, const std::vector<std::string>& rates,
                 const std::string& path, std::vector<std::string>& problems) {
  const auto sizes = c.list(section + ".bytes");
  for (const auto& rate : rates) {
    if (c.list(section + "." + rate).size() == sizes.size()) continue;
    problems.push_back(fmt::format("{}: {}.bytes and {} are lists of different lengths", path, section, rate));
  }
  if (!std::ranges::is_sorted(sizes, std::less_equal<>())) {
    problems.push_back(path + ": " + section + ".bytes must ascend");
  }
}

/// Sections of the table: those that stand for several are these in the calibration.
std::vector<std::string> sections_of(const sim::Calibration& c) {
  std::vector<std::string> sections;
  const auto add = [&](const std::string& section) {
    if (std::ranges::find(sections, section) == sections.end()) sections.push_back(section);
  };
  for (const auto& rate : sim::every_rate()) {
    if (rate.section.back() != '*') add(rate.section);
  }
  for (const auto& [name, value] : c.values()) add(name.substr(0, name.rfind('.')));
  return sections;
}

}  // namespace

std::string calibration_ini(const sim::Calibration& c) {
  std::string text = "# Parameters of the performance model, measured by bayres calibrate.\n";
  for (const auto& section : sections_of(c)) {
    text += "\n[" + section + "]\n";
    for (const auto& rate : sim::every_rate()) {
      const auto name = section + "." + std::string(rate.setting.name);
      if (sim::rate_named(name) != &rate.setting) continue;
      text += fmt::format("{} = {}  # {}: {}\n", rate.setting.name, core::write_value(c.value(name)), rate.setting.unit,
                          rate.setting.help);
    }
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
  if (c.list("memory.bytes").empty())
    problems.push_back(path + ": memory.bytes is missing: run bayres calibrate again");
  check_curve(c, "memory", {"alone", "together"}, path, problems);
  for (const auto& section : sections_of(c)) {
    if (section.starts_with("kernel.")) check_curve(c, section, {"efficiency"}, path, problems);
  }
  require_none(problems, "the calibration");
  return c;
}

}  // namespace bayres::app
