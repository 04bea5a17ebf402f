#pragma once
/// \file
/// How fast a run was, over all ranks.

#include <array>

#include "bayres/simulation/simulation.hpp"

namespace bayres::sim {

/// The slowest rank's seconds in each part of the step, and what was done in them. The same on every rank.
struct Performance {
  std::array<double, part_names.size()> seconds{};
  double seconds_in_steps = 0;  ///< all parts together, of one rank; while one computes another waits in the exchange
  double steps = 0;             ///< of this process: without those before a checkpoint
  double synapses = 0;          ///< recurrent ones
  double trajectories = 1;      ///< states, for each of which a synapse acts once in a step
  double bytes = 0;             ///< of J, read in each step
  double read_bandwidth = 0;    ///< bytes per second that all ranks together can read, if that was measured

  [[nodiscard]] double seconds_of(Part part) const noexcept { return seconds[static_cast<std::size_t>(part)]; }
  [[nodiscard]] double steps_per_second() const noexcept { return steps / seconds_in_steps; }
  [[nodiscard]] double synaptic_operations_per_second() const noexcept {
    return synapses * trajectories * steps_per_second();
  }
  /// Bytes of J per second of the product J r.
  [[nodiscard]] double bandwidth() const noexcept { return bytes * steps / seconds_of(Part::recurrent); }
};

/// Of a simulation, and if `performance.probe` asks for it, of the machine: then every rank reads an array as large as
/// its part of J for a tenth of a second. Collective.
[[nodiscard]] Performance performance_of(const Simulation& simulation);

}  // namespace bayres::sim
