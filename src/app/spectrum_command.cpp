#include <fmt/format.h>

#include <cstdio>

#include "bayres/app/commands.hpp"
#include "bayres/io/bytes.hpp"
#include "bayres/job/job.hpp"
#include "bayres/spectra/radius.hpp"

namespace bayres::app {
namespace {

using core::ExitCode;
using core::Index;

/// Of J where it is not stored and its radius is known: then J is a multiple of an orthogonal matrix.
std::optional<double> known_radius(const sim::Configuration& c) {
  if (!c.reservoir.network.empty() || c.connections->is_stored()) return std::nullopt;
  const auto of_unit = c.connections->unit_radius(c.reservoir);
  return of_unit ? std::optional(c.reservoir.gain * *of_unit) : std::nullopt;
}

std::string radius_text(const model::Network& network, const sim::Configuration& c, const comm::Communicator& comm) {
  if (const auto known = known_radius(c)) return fmt::format("spectral radius of J: {:.10g}   (known)\n", *known);
  const auto found = sim::spectral_radius(network.recurrent, c.reservoir.size, comm);
  return fmt::format("spectral radius of J: {:.10g}   (residual at most {:g} of it; {} products)\n", found.value,
                     sim::radius_tolerance, found.products);
}

/// The matrix of a step near state 0, where rates are states.
std::string step_text(const model::Network& network, const sim::Configuration& c, const comm::Communicator& comm) {
  const auto& reservoir = c.reservoir;
  if (reservoir.spiking || !reservoir.has_one_tau()) return {};
  const double leak = reservoir.dt / reservoir.unit_of_time();
  if (const auto known = known_radius(c)) {  // so many eigenvalues are on one circle that a search finds none
    return fmt::format("spectral radius of (1 - leak) I + leak J: at most {:.10g}   (leak = dt/tau = {:.6g})\n",
                       1 - leak + leak * *known, leak);
  }
  const auto found = sim::spectral_radius(network.recurrent, reservoir.size, comm, 1 - leak, leak);
  return fmt::format("spectral radius of (1 - leak) I + leak J: {:.10g}   (leak = dt/tau = {:.6g})\n", found.value,
                     leak);
}

}  // namespace

ExitCode spectrum_command(const std::vector<std::string>& arguments, const sim::Components& components,
                          const comm::Communicator& comm) {
  const auto options = parse_run_options(arguments, "spectrum");
  const auto ini = comm.from_root([&] { return io::read_text(options.config); });
  const auto loaded = load(parse_ini(ini, options.config), parse_overrides(options.overrides), components, comm);
  const auto c = with_gain(loaded.configuration, comm);
  std::optional<model::Network> network;
  comm.together([&] {
    const auto task = c.make_task(task_context(c, loaded.table));
    network = make_network(c, loaded.network, comm, sim::input_count(task, c.task), sim::output_count(task));
  });
  auto text = radius_text(*network, c, comm);
  if (c.reservoir.network.empty()) text += fmt::format("gain: {:.10g}\n", c.reservoir.gain);
  text += step_text(*network, settled(c, loaded.network), comm);
  if (comm.is_root()) std::fputs(text.c_str(), stdout);
  return ExitCode::done;
}

std::string spectrum_help() {
  return "bayres spectrum CONFIG [--section.key=value ...]\n\n"
         "Prints the spectral radius of the recurrent weights J of a configuration, of its first seed or of the file "
         "that\nreservoir.network names; the gain; and the radius of a step near state 0, (1 - leak) I + leak J.\n";
}

}  // namespace bayres::app
