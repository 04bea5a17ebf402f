#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <optional>

#include "bayres/app/commands.hpp"
#include "bayres/app/placement.hpp"
#include "bayres/io/commit.hpp"
#include "bayres/job/run_options.hpp"
#include "bayres/prediction/calibrate.hpp"

namespace bayres::app {
namespace {

/// An INI file. Rates that are assumed are comments in it.
std::string calibration_ini(const sim::Calibration& c) {
  auto values = c.values();
  for (const auto& rate : sim::every_rate()) {
    if (!rate.required && !rate.name.starts_with("kernel.")) values.try_emplace(std::string(rate.name), rate.initial);
  }
  std::string text = "# Parameters of the performance model, measured by bayres calibrate.\n";
  std::string section;
  for (const auto& [name, value] : values) {
    const auto dot = name.rfind('.');
    if (name.substr(0, dot) != section) text += "\n[" + (section = name.substr(0, dot)) + "]\n";
    const auto& rate = *sim::rate_named(name);
    text += fmt::format("{}{} = {}  # {}: {}\n", c.has(name) ? "" : "# assumed: ", name.substr(dot + 1),
                        core::write_value(value), rate.unit, rate.help);
  }
  return text;
}

std::string notes_on_calibration(const sim::Calibration& c) {
  std::string text;
  if (!c.has("exchange.shared_latency")) {
    text +=
        "One rank per machine: how ranks share memory was not measured, and the exchange within a machine is\n"
        "assumed. Start with one rank for each core: mpirun -n CORES bayres calibrate\n";
  }
  if (const auto spread = c.get("machine.spread"); spread >= sim::busy_from) {
    text += fmt::format(
        "The machine was busy: steps took {:.2g} times as long in the middle as at best, of which the best is taken.\n"
        "Times of messages between ranks may be too long: measure again while nothing else runs.\n",
        spread);
  }
  if (!c.has("network.latency")) text += "One machine: the network is assumed, as [network] in the file says.\n";
  return text;
}

}  // namespace

core::ExitCode calibrate_command(const std::vector<std::string>& arguments, const sim::Components& components,
                                 const comm::Communicator& comm) {
  auto options = parse_calibrate_options(arguments);
  std::optional<io::OutputLock> lock;
  comm.together([&] {
    if (!comm.is_root()) return;
    options.output = io::through_links(options.output);
    io::require_writable(options.output, options.force);
    lock.emplace(options.output);
  });
  comm.broadcast(options.output);
  warn_of_placement(false, comm);
  auto plan = sim::CalibrationPlan::everything(components.rules);
  plan.seconds = 0.05;
  // An error on one rank ends the job, because the others would wait for it.
  const auto work = [&] {
    const auto scratch = io::create_temporary(options.output, comm);  // a disk that is full is better known before
    comm.together([&] {
      if (!comm.is_root()) return;
      io::write_text(scratch, calibration_ini({}));
      std::filesystem::remove(scratch);
    });
    const auto calibration = sim::calibrate(comm, plan);
    comm.together([&] {
      if (!comm.is_root()) return;
      io::write_text(options.output, calibration_ini(calibration));
      std::printf("%sCalibration: %s\n", notes_on_calibration(calibration).c_str(), options.output.c_str());
    });
    return core::ExitCode::done;
  };
  return comm.or_end_job(work, [&] { io::discard(options.output); });
}

}  // namespace bayres::app
