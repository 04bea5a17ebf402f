#include "bayres/app/calibration_file.hpp"

#include <cstdio>
#include <cstdlib>

#include "bayres/configuration/problems.hpp"
#include "bayres/core/error.hpp"
#include "bayres/core/text.hpp"
#include "bayres/io/bytes.hpp"
#include "bayres/kernels/instruction_set.hpp"
#include "bayres/prediction/prediction.hpp"
#include "bayres/sections/section_reader.hpp"

namespace bayres::app {
namespace {

/// Sets them if the file is of this machine, and the processor has them.
void use_products_of(const sim::Calibration& c, const std::string& kernel) {
  const auto name = "kernel." + kernel + ".instruction_set";
  const auto hosts = core::split_list(c.get<std::string>("machine.hosts"), ' ');
  if (!c.has(name) || std::ranges::find(hosts, comm::host_name()) == hosts.end()) return;
  for (const auto set : core::kernels::sets_for_products()) {
    if (core::kernels::name_of(set) == c.get<std::string>(name)) return core::kernels::use_only_for_products(set);
  }
}

}  // namespace

sim::Calibration read_calibration(const std::string& text, const std::string& path) {
  const auto read = parse_ini(text, path);
  auto problems = read.problems;
  std::vector<std::string> known;
  for (const auto& rate : sim::every_rate()) known.emplace_back(rate.name);
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
  const auto list = [&](const char* name) { return c.get<std::vector<core::Real>>(name); };
  const auto sizes = list("memory.bytes");
  if (list("memory.alone").size() != sizes.size() || list("memory.together").size() != sizes.size()) {
    problems.push_back(path + ": the lists of memory are of different lengths: run bayres calibrate again");
  }
  if (sizes.empty() || !std::ranges::is_sorted(sizes, std::less_equal<>())) {
    problems.push_back(path + ": memory.bytes must ascend: run bayres calibrate again");
  }
  require_none(problems, "the calibration");
  return c;
}

void use_calibrated_products(const Job& job, const comm::Communicator& comm) {
  const char* variable = std::getenv("BAYRES_CALIBRATION");
  std::string path = variable == nullptr ? "" : variable;
  comm.broadcast(path);
  if (path.empty()) return;
  try {
    const auto text = comm.from_root([&] { return io::read_text(path); });
    const sim::Workload workload{settled(job.configuration, job.network)};
    use_products_of(read_calibration(text, path), workload.J(1).kernel);
  } catch (const core::Error& error) {
    if (!comm.is_root() || job.options.quiet) return;
    std::fprintf(stderr, "bayres: BAYRES_CALIBRATION is not used, and products with J are timed at the start: %s\n",
                 core::printable(error.what()).c_str());
  }
}

}  // namespace bayres::app
