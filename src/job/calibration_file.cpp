#include "bayres/job/calibration_file.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <functional>

#include "bayres/configuration/problems.hpp"
#include "bayres/core/error.hpp"
#include "bayres/core/text.hpp"
#include "bayres/io/bytes.hpp"
#include "bayres/prediction/prediction.hpp"
#include "bayres/sections/section_reader.hpp"

namespace bayres::app {

sim::Calibration read_calibration(const std::string& path, const comm::Communicator& comm) {
  const auto text = comm.from_root([&] { return io::read_text(path); });
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

std::string calibration_path(std::string option, const comm::Communicator& comm) {
  if (const char* variable = std::getenv("BAYRES_CALIBRATION"); option.empty() && variable != nullptr)
    option = variable;
  comm.broadcast(option);
  return option;
}

std::string fastest_products_of(const Job& job, const comm::Communicator& comm) {
  const auto path = calibration_path("", comm);
  const auto& reservoir = job.configuration.reservoir;
  if (path.empty() || reservoir.transformed || reservoir.spiking) return "";
  try {
    const auto c = read_calibration(path, comm);
    const sim::Workload workload{settled(job.configuration, job.network)};
    const auto name = "kernel." + workload.J(1).kernel + ".instruction_set";
    const auto hosts = core::split_list(c.has("machine.hosts") ? c.get<std::string>("machine.hosts") : "", ' ');
    const bool is_here = std::ranges::find(hosts, comm::host_name()) != hosts.end();
    return is_here && c.has(name) ? c.get<std::string>(name) : "";
  } catch (const core::Error& error) {
    if (comm.is_root() && !job.options.quiet) {
      std::fprintf(stderr, "bayres: the file that BAYRES_CALIBRATION names is not used: %s\n",
                   core::printable(error.what()).c_str());
    }
    return "";
  }
}

}  // namespace bayres::app
