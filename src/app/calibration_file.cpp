#include "calibration_file.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "bayres/sim/calibrate.hpp"
#include "job.hpp"
#include "section_reader.hpp"

namespace bayres::app {
namespace {

std::string section_text(const std::string& name, const core::Settings& settings) {
  std::string text = "\n[" + name + "]\n";
  for (const auto& setting : settings.table()) {
    text += fmt::format("{} = {}  # {}: {}\n", setting.name, settings.text(setting), setting.unit, setting.help);
  }
  return text;
}

/// Calls `call(name, section)` for every section that there is only one of.
template <class Calibration, class Call>
void for_each_section(Calibration& c, Call call) {
  call("machine", c.machine);
  call("memory", c.memory);
  call("exchange", c.exchange);
  call("network", c.network);
  call("neurons", c.neurons);
  call("output", c.output);
}

struct Reading {
  const std::vector<Entry>* entries;
  std::vector<std::string>* problems;
  std::vector<std::string> known{};

  [[nodiscard]] bool has(const std::string& name) const {
    return std::ranges::any_of(*entries, [&](const Entry& entry) { return entry.section == name; });
  }
  template <class Owner>
  void operator()(const std::string& name, Owner& owner) {
    known.push_back(name);
    core::Settings settings(owner);
    read_section(name, *entries, *problems, settings);
    owner = settings.as<Owner>();
  }
  template <class Owner>
  void named(const std::string& prefix, const std::string& name, std::map<std::string, Owner>& all) {
    const auto section = prefix + name;
    known.push_back(section);
    if (has(section)) (*this)(section, all[name]);
  }
};

void check_memory(const sim::MemoryRates& memory, const std::string& path, std::vector<std::string>& problems) {
  const auto& sizes = memory.bytes;
  if (sizes.empty()) problems.push_back(path + ": memory.bytes is missing: run bayres calibrate again");
  if (sizes.size() != memory.alone.size() || sizes.size() != memory.together.size()) {
    problems.push_back(path + ": memory.bytes, alone and together are lists of different lengths");
  }
  if (!std::ranges::is_sorted(sizes, std::less_equal<>())) {
    problems.push_back(path + ": memory.bytes must ascend");
  }
}

void check_kernels(const std::map<std::string, sim::KernelRates>& kernels, const std::string& path,
                   std::vector<std::string>& problems) {
  for (const auto& [name, kernel] : kernels) {
    if (kernel.bytes.size() == kernel.efficiency.size() && std::ranges::is_sorted(kernel.bytes)) continue;
    problems.push_back(path + ": kernel." + name + ".bytes must ascend, and efficiency be a list as long");
  }
}

void report_unknown_sections(const Reading& reading) {
  std::string last;
  for (const auto& entry : *reading.entries) {
    if (std::ranges::find(reading.known, entry.section) != reading.known.end() || entry.section == last) continue;
    last = entry.section;
    reading.problems->push_back(unknown_word(entry.where, "section", "[" + entry.section + "]", reading.known));
  }
}

}  // namespace

std::string calibration_ini(const sim::Calibration& c) {
  std::string text = "# Parameters of the performance model, measured by bayres calibrate.\n";
  for_each_section(
      c, [&](const std::string& name, const auto& section) { text += section_text(name, core::Settings(section)); });
  for (const auto& [name, kernel] : c.kernels) text += section_text("kernel." + name, core::Settings(kernel));
  for (const auto& [name, rule] : c.learning) text += section_text("learning." + name, core::Settings(rule));
  return text;
}

sim::Calibration read_calibration(const std::string& text, const std::string& path) {
  const auto read = parse_ini(text, path);
  auto problems = read.problems;
  sim::Calibration c;
  Reading reading{&read.entries, &problems};
  for_each_section(c, [&](const std::string& name, auto& section) { reading(name, section); });
  const auto plan = sim::CalibrationPlan::everything();
  for (const auto& kernel : plan.kernels) {
    reading.named("kernel.", sim::kernel_name(kernel.sparse, kernel.precision), c.kernels);
  }
  for (const auto& learner : plan.learners) reading.named("learning.", sim::rule_name(learner), c.learning);
  report_unknown_sections(reading);
  if (problems.empty()) check_memory(c.memory, path, problems);
  check_kernels(c.kernels, path, problems);
  require_none(problems, "the calibration");
  return c;
}

}  // namespace bayres::app
