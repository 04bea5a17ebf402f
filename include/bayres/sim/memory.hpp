#pragma once
/// \file
/// How much memory a run needs, before it is asked for.

#include "bayres/comm/communicator.hpp"
#include "bayres/sim/parameters.hpp"

namespace bayres::sim {

/// Bytes that this rank will need, about: its rows of J, its learners' weights and state and a copy of what a snapshot
/// records of them, its states and messages.
[[nodiscard]] Index estimated_bytes(const Configuration& configuration, core::Range own, Index outputs);

/// Throws on every rank if the ranks of some machine need more memory than is free there; the ranks of `comm` work in
/// groups, each on a network of its own that is divided over the ranks of `group`. Collective over `comm`.
void require_memory(const Configuration& configuration, const comm::Communicator& comm, const comm::Communicator& group,
                    Index outputs);

}  // namespace bayres::sim
