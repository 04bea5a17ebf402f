#pragma once
/// \file
/// How fast a run was, over all ranks.

#include <array>

#include "bayres/sim/simulation.hpp"

namespace bayres::sim {

/// The slowest rank's seconds in each part of the step, and what was done in them. The same on every rank.
struct Performance {
  std::array<double, part_names.size()> seconds{};
  double seconds_in_steps = 0;  ///< all parts together
  double steps = 0;             ///< of this process: without those before a checkpoint
  double synapses = 0;          ///< recurrent ones
  double bytes = 0;             ///< of J, read in each step

  [[nodiscard]] double seconds_of(Part part) const noexcept { return seconds[static_cast<std::size_t>(part)]; }
  [[nodiscard]] double steps_per_second() const noexcept { return steps / seconds_in_steps; }
  [[nodiscard]] double synaptic_operations_per_second() const noexcept { return synapses * steps_per_second(); }
};

/// Collective.
[[nodiscard]] Performance performance_of(const Simulation& simulation);

}  // namespace bayres::sim
