#pragma once
/// \file
/// Where the ranks of a machine may run: whether each has a core of its own.

#include <span>
#include <string>
#include <vector>

#include "bayres/comm/communicator.hpp"

namespace bayres::comm {

/// The cores that a rank may run on, ascending.
using Cores = std::vector<Index>;

/// Ranks that share fewer cores than there are ranks; `ranks` is 0 if there are none.
struct Crowd {
  Index ranks = 0;
  Index cores = 0;
};

/// The smallest set of cores to which more ranks are confined than it has cores. Looked at are the sets of each rank
/// and that of all ranks together.
[[nodiscard]] Crowd crowd_of(std::span<const Cores> cores_of_ranks);

/// The cores that this rank may run on. The hardware threads of a core are one core, called by the first of them.
[[nodiscard]] Cores own_cores();

/// A warning for a user whose ranks share cores on some machine, or "". The same on every rank. Collective.
[[nodiscard]] std::string placement_warning(const Communicator& comm);

}  // namespace bayres::comm
