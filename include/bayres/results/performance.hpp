#pragma once
/// \file
/// How fast a run was, over all ranks.

#include <array>
#include <numeric>
#include <string>
#include <vector>

#include "bayres/simulation/simulation.hpp"

namespace bayres::sim {

/// Seconds of the slowest rank in each part of the step, and the work done in them. The same on every rank.
struct Performance {
  std::array<double, part_names.size()> seconds{};
  double seconds_in_steps = 0;  ///< all parts together, of one rank; includes waiting for others in the exchange
  double steps = 0;             ///< of this process: without those before it was resumed
  double synapses = 0;          ///< recurrent ones
  double share = 1;             ///< of them, that a step goes through
  double trajectories = 1;      ///< each synapse acts once per step and trajectory
  double bytes = 0;             ///< of J, read in each step
  std::vector<double> waiting;  ///< seconds that each rank waited for the slowest one of each step
  double imbalance = 0;         ///< by how much the slowest rank of a step is busy for longer than one on average
  std::string instruction_set;  ///< of products with J on the first rank; empty: it is not stored by rows
  model::ProductWay way{};      ///< how J r was made in the end, on any machine
  double taken_over = 0;        ///< share of the rows of J that other ranks multiplied, while they took over rows
  double read_bandwidth = 0;    ///< bytes per second that all ranks together can read, if that was measured

  /// Share of its steps that a rank waited, on average over ranks.
  [[nodiscard]] double mean_waiting() const noexcept {
    return std::accumulate(waiting.begin(), waiting.end(), 0.0) / static_cast<double>(waiting.size()) /
           seconds_in_steps;
  }
  [[nodiscard]] double seconds_of(Part part) const noexcept { return seconds[static_cast<std::size_t>(part)]; }
  [[nodiscard]] double steps_per_second() const noexcept { return steps / seconds_in_steps; }
  [[nodiscard]] double synaptic_operations_per_second() const noexcept {
    return share * synapses * trajectories * steps_per_second();
  }
  /// Bytes of J per second of the product J r.
  [[nodiscard]] double bandwidth() const noexcept { return bytes * steps / seconds_of(Part::recurrent); }
};

/// Spikes of a neuron per unit of time, on average since the start of the run; 0 if neurons send rates.
[[nodiscard]] double firing_rate(const Simulation& simulation);

/// Performance of a simulation. With `performance.probe` also the read bandwidth of the machine: every rank then reads
/// an array as large as its part of J for 0.1 s. Collective.
[[nodiscard]] Performance performance_of(const Simulation& simulation);

}  // namespace bayres::sim
