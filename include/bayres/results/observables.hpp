#pragma once
/// \file
/// What can be recorded of a run, and when it is.

#include <functional>
#include <string>
#include <vector>

#include "bayres/results/result_file.hpp"
#include "bayres/simulation/parameters.hpp"
#include "bayres/simulation/schedule.hpp"

namespace bayres::sim {

class Simulation;

/// The part of a network that a rank has.
struct Share {
  core::Range own;   ///< neurons
  int ranks = 1;     ///< of the network
  bool root = true;  ///< whether this one writes what every rank has
};

/// Something that a component shows of itself. What every rank has alike is asked for on the root alone.
struct Observable {
  Series series;  ///< how it stands in a file
  /// Adds this rank's part of it, as it is after a step.
  std::function<void(const Simulation&, List<Real>&)> append;
};

/// Observables that are recorded at the same moments.
struct Track {
  std::string scale;         ///< the data set of the moments
  Index every = 0;           ///< after step 0, every, 2 every, ...; 0: as `steps` say
  std::vector<Index> steps;  ///< done
  std::vector<Observable> observables;
};

/// What can be recorded of neurons beside their rates, by name: the variables of their state.
[[nodiscard]] std::vector<std::string> recordable(const Configuration& configuration);

/// What is recorded of neurons: rates, which go by record.every, and the rest.
[[nodiscard]] std::vector<Recorded> recorded_of(const Configuration& configuration);

/// All that a configuration has recorded: the track of time first, that of snapshots second, then those of what is
/// recorded at other times.
[[nodiscard]] std::vector<Track> tracks_of(const Configuration& configuration, Index inputs, Index outputs,
                                           const Share& share);

/// The shapes of a result with these tracks, for one network.
[[nodiscard]] ResultLayout layout_of(const Configuration& configuration, const std::vector<Track>& tracks, Index inputs,
                                     Index outputs);

/// Steps after which weights are recorded, counted in steps done: before training, every `weights_every` training
/// steps, after training.
[[nodiscard]] std::vector<Index> snapshot_steps(const Schedule& schedule, Index weights_every);

}  // namespace bayres::sim
