#pragma once
/// \file
/// The input files of a run, and whether they are those of a checkpoint or result.

#include <optional>
#include <string>

#include "bayres/data/input_file.hpp"
#include "bayres/parameters/parameters.hpp"

namespace bayres::app {

/// A checkpoint or result that is resumed or evaluated.
struct Origin {
  std::string path;                           ///< empty: a new run
  std::optional<io::InputFiles> inputs = {};  ///< its input files; nothing: unknown
  bool accepts_changes = false;               ///< whether other files are accepted (--accept-changed-input)
  bool quiet = false;
  bool other_recording = false;  ///< whether the weights are evaluated on another table than that of the run
};

/// Adds to `files` the file of this name, "task", "network" or sim::input_name, if the configuration names one. Throws
/// on every rank if it is missing, or if it differs from that of the origin or from what bayres wrote and changes are
/// not accepted. Collective.
void identify_input(const std::string& name, const sim::Configuration& configuration, const Origin& origin,
                    const comm::Communicator& comm, io::InputFiles& files);

/// Throws if `present` files differ from those of the origin and changes are not accepted.
void require_same_inputs(const io::InputFiles& present, const Origin& origin);

/// Whether this file has the same bytes as that of the origin, whatever its path.
[[nodiscard]] bool is_known(const io::InputFile& present, const Origin& origin);

/// For a history: which files differ from those of the origin. Starts with "; ".
[[nodiscard]] std::string changed_inputs(const io::InputFiles& present, const Origin& origin);

/// Lines for a report: which files have no seal.
[[nodiscard]] std::string unsealed(const io::InputFiles& files);

/// `before`, with the paths of `after` for files of the origin: their bytes have been compared, and they may be moved.
[[nodiscard]] sim::Configuration with_paths_of(const sim::Configuration& after, sim::Configuration before,
                                               const Origin& origin);

}  // namespace bayres::app
