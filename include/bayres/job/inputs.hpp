#pragma once
/// \file
/// The files that a run is made from: whether they are those that a checkpoint or result was made from.

#include <optional>
#include <string>

#include "bayres/data/input_file.hpp"
#include "bayres/simulation/parameters.hpp"

namespace bayres::app {

/// A checkpoint or result that is gone on from or evaluated.
struct Origin {
  std::string path;                           ///< empty: there is none, the run is new
  std::optional<io::InputFiles> inputs = {};  ///< what it was made from; nothing: it does not say
  bool accepts_changes = false;               ///< the user does (--accept-changed-input)
  bool quiet = false;
  bool other_recording = false;  ///< frozen weights meet another table than that of the task
};

/// Adds to `files` the file of this name, "task" or "network", if the configuration names one. Throws on every rank if
/// it is missing, or is not the one that the origin was made from or that bayres wrote, and the user does not accept
/// that. Collective.
void identify_input(const std::string& name, const sim::Configuration& configuration, const Origin& origin,
                    const comm::Communicator& comm, io::InputFiles& files);

/// Throws unless `present` files are those that the origin was made from, or the user accepts others.
void require_same_inputs(const io::InputFiles& present, const Origin& origin);

/// Whether this file is one that the origin was made from, whatever its name.
[[nodiscard]] bool is_known(const io::InputFile& present, const Origin& origin);

/// For a history: which files are others than those that the origin was made from. Starts with "; ".
[[nodiscard]] std::string changed_inputs(const io::InputFiles& present, const Origin& origin);

/// Lines for a report: which files have no seal.
[[nodiscard]] std::string unsealed(const io::InputFiles& files);

/// `before`, with the paths of `after` where these are of files that the origin knows, which were compared.
[[nodiscard]] sim::Configuration with_paths_of(const sim::Configuration& after, sim::Configuration before,
                                               const Origin& origin);

}  // namespace bayres::app
