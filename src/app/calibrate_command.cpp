#include <cstdio>
#include <filesystem>
#include <fstream>

#include "bayres/app/commands.hpp"
#include "bayres/io/commit.hpp"
#include "bayres/sim/calibrate.hpp"
#include "calibration_file.hpp"
#include "placement.hpp"
#include "run_options.hpp"

namespace bayres::app {
namespace {

std::string notes_on(const sim::Calibration& c) {
  std::string text;
  if (c.machine.ranks == c.machine.nodes) {
    text +=
        "One rank per machine: how ranks share memory was not measured, and the exchange within a machine is\n"
        "assumed. Start with one rank for each core: mpirun -n CORES bayres calibrate\n";
  }
  if (!c.network.measured) {
    text += "One machine: the network is assumed, as [network] in the file says.\n";
  }
  return text;
}

void write_text(const std::string& path, const std::string& text) {
  std::ofstream file(path);
  file << text;
  file.close();
  if (!file) throw core::io_error(path + ": cannot be written: choose another place with -o FILE");
}

}  // namespace

core::ExitCode calibrate_command(const std::vector<std::string>& arguments, const comm::Communicator& comm) {
  const auto options = parse_calibrate_options(arguments);
  comm.together([&] {
    if (comm.is_root()) io::require_writable(options.output, options.force);
  });
  warn_of_placement(false, comm);
  auto plan = sim::CalibrationPlan::everything();
  plan.seconds = 0.05;
  plan.scratch = options.output + ".scratch.h5";
  const auto calibration = sim::calibrate(comm, plan);
  comm.together([&] {
    if (!comm.is_root()) return;
    write_text(options.output, calibration_ini(calibration));
    std::printf("%sCalibration: %s\n", notes_on(calibration).c_str(), options.output.c_str());
  });
  return core::ExitCode::done;
}

}  // namespace bayres::app
