#include "bayres/sim/performance.hpp"

namespace bayres::sim {

Performance performance_of(const Simulation& simulation) {
  const auto& comm = simulation.comm();
  Performance performance;
  for (std::size_t p = 0; p < part_names.size(); ++p) {
    performance.seconds[p] = comm.max(simulation.stopwatch().seconds(static_cast<Part>(p)));
    performance.seconds_in_steps += performance.seconds[p];
  }
  performance.steps = static_cast<double>(simulation.steps_here());
  performance.synapses = static_cast<double>(comm.sum(simulation.network().recurrent.synapses()));
  performance.bytes = static_cast<double>(comm.sum(simulation.network().recurrent.bytes()));
  return performance;
}

}  // namespace bayres::sim
