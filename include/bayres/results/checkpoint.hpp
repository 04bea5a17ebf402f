#pragma once
/// \file
/// Checkpoints: all that a run's future depends on.

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "bayres/results/recorder.hpp"

namespace bayres::sim {

/// What a checkpoint says besides the state of the simulation.
struct CheckpointHeader {
  std::string configuration;  ///< the resolved INI
  std::string result;         ///< the result file that the run writes, an absolute path
  RecordedParts parts;        ///< where recorded steps and snapshots are
  Index steps_done = 0;
  std::string run_id;                         ///< of the run, as in its results
  std::string history;                        ///< likewise
  std::optional<io::InputFiles> inputs = {};  ///< files that the run was made from; nothing: it does not say
  /// Of an ensemble: it has no state of its own; its networks have results or checkpoints of theirs.
  bool ensemble = false;
};

/// Shows a visitor the arrays of a state.
using VisitState = std::function<void(core::StateVisitor&)>;

/// Writes all arrays of a state to /state; returns their names and shapes. Collective.
[[nodiscard]] std::string save_state(io::Hdf5File& file, const VisitState& visit_state);
/// Reads them; throws if one is missing or of another shape. `name_in_file` gives the name that an array has in the
/// file, if that is not its own. On one rank or on all.
[[nodiscard]] std::string load_state(const io::Hdf5File& file, const VisitState& visit_state,
                                     const std::function<std::string(const std::string&)>& name_in_file);

/// Writes a checkpoint to a temporary name and gives it the name `path` when it is whole; an older one of that name
/// stands until then. Collective.
void write_checkpoint(const std::string& path, Simulation& simulation, const CheckpointHeader& header,
                      const Provenance& provenance);

/// The same for an ensemble. Collective.
void write_ensemble_checkpoint(const std::string& path, const CheckpointHeader& header, const Provenance& provenance,
                               const comm::Communicator& comm);

/// Verifies every byte of a checkpoint, and reads what it says of itself; throws on every rank if it is not one, or not
/// whole. Collective.
[[nodiscard]] CheckpointHeader read_checkpoint(const std::string& path, const comm::Communicator& comm);

/// Only the latter, of any bytes. On one rank or on all.
[[nodiscard]] CheckpointHeader read_checkpoint_header(const std::string& path);

/// Restores the state of a simulation that was made from the checkpoint's configuration, on any number of ranks.
/// Throws on every rank if an array is missing, damaged or of another shape. Collective.
void restore(const std::string& path, const CheckpointHeader& header, Simulation& simulation);

}  // namespace bayres::sim
