#pragma once
/// \file
/// Checkpoints: all that is needed to continue a run.

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "bayres/results/recorder.hpp"

namespace bayres::sim {

/// Contents of a checkpoint besides the state of the simulation.
struct CheckpointHeader {
  std::string configuration;  ///< the resolved INI
  std::string result;         ///< the result file that the run writes, an absolute path
  RecordedParts parts;        ///< where recorded steps and snapshots are
  Index steps_done = 0;
  std::string run_id;                         ///< of the run, as in its results
  std::string history;                        ///< as in its results
  std::optional<io::InputFiles> inputs = {};  ///< input files of the run; nothing: unknown
  /// Whether it is of an ensemble. It then has no state: each network has its own result or checkpoint.
  bool ensemble = false;
};

/// Calls a visitor for each array of a state.
using VisitState = std::function<void(core::StateVisitor&)>;

/// Writes all arrays of a state to /state; returns their names and shapes. Collective.
[[nodiscard]] std::string save_state(io::Hdf5File& file, const VisitState& visit_state);
/// Reads them; throws if one is missing or of another shape. `name_in_file` gives the name of an array in the file, if
/// it differs. On one rank or on all.
[[nodiscard]] std::string load_state(const io::Hdf5File& file, const VisitState& visit_state,
                                     const std::function<std::string(const std::string&)>& name_in_file);

/// Writes a checkpoint under a temporary name and renames it to `path` when it is complete; an older one is kept until
/// then. Collective.
void write_checkpoint(const std::string& path, Simulation& simulation, const CheckpointHeader& header,
                      const Provenance& provenance);

/// The same for an ensemble. Collective.
void write_ensemble_checkpoint(const std::string& path, const CheckpointHeader& header, const Provenance& provenance,
                               const comm::Communicator& comm);

/// Verifies every byte of a checkpoint and reads its header; throws on every rank if it is no checkpoint or is damaged.
/// Collective.
[[nodiscard]] CheckpointHeader read_checkpoint(const std::string& path, const comm::Communicator& comm);

/// Reads only the header, without verification. On one rank or on all.
[[nodiscard]] CheckpointHeader read_checkpoint_header(const std::string& path);

/// Restores the state of a simulation that was made from the checkpoint's configuration, on any number of ranks.
/// Throws on every rank if an array is missing, damaged or of another shape. Collective.
void restore(const std::string& path, const CheckpointHeader& header, Simulation& simulation);

}  // namespace bayres::sim
