#pragma once
/// \file
/// Quantities that can be recorded, and when they are.

#include <array>
#include <functional>
#include <string>
#include <vector>

#include "bayres/datasets/result_file.hpp"
#include "bayres/loop/workload.hpp"
#include "bayres/parameters/parameters.hpp"
#include "bayres/parameters/schedule.hpp"

namespace bayres::sim {

class Simulation;

/// A quantity that a component offers for recording. If it is the same on every rank, the root alone records it.
struct Observable {
  Series series;  ///< its form in a file
  /// Writes this rank's part of its value after a step (series.held()).
  std::function<void(const Simulation&, std::span<Real>)> write;
  /// Or of its value at an event of the step, which has a number.
  std::function<void(const Simulation&, Index event, std::span<Real>)> write_event = {};
};

/// Adds the numbers of the events of a step, such as the ends of trials or spikes; the same on every rank.
using Events = std::function<void(const Simulation&, std::vector<Index>& events)>;

/// Observables that are recorded at the same moments.
struct Track {
  std::string scale;         ///< the data set of the moments
  Index every = 0;           ///< after step 0, every, 2 every, ...; 0: after `steps`
  std::vector<Index> steps;  ///< numbers of steps done
  std::vector<Observable> observables;
  Events events = {};       ///< at each event, and not at `steps`
  Index events_likely = 0;  ///< in a whole run
  [[nodiscard]] bool is_of_snapshots() const noexcept { return every == 0 && !events; }
};

/// Data sets of gains and biases of neurons, if they adapt (neurons/intrinsic.hpp): (snapshot, neuron).
inline constexpr std::array<const char*, 2> intrinsic_paths{"/neuron_gain", "/neuron_bias"};

/// Names of what can be recorded besides rates: the variables of the state of neurons, and learning rates if a learner
/// has them.
[[nodiscard]] std::vector<std::string> recordable(const Configuration& configuration);

/// What is recorded of neurons: rates, as often as record.every says, and the rest.
[[nodiscard]] std::vector<Recorded> recorded_of(const Configuration& configuration);

/// All tracks of a configuration: first that of time, second that of snapshots, then those of quantities that are
/// recorded at other times, and that of trials.
[[nodiscard]] std::vector<Track> tracks_of(const Configuration& configuration, Index inputs, Index outputs,
                                           const Share& share);

/// The shapes of a result with these tracks, for one network.
[[nodiscard]] ResultLayout layout_of(const Configuration& configuration, const std::vector<Track>& tracks, Index inputs,
                                     Index outputs);

/// Bytes of the result of a run, with the networks in it.
[[nodiscard]] ResultBytes result_bytes(const Workload& run);

/// Steps after which weights are recorded, counted in steps done: before training, every `weights_every` training
/// steps, after training.
[[nodiscard]] std::vector<Index> snapshot_steps(const Schedule& schedule, Index weights_every);

}  // namespace bayres::sim
