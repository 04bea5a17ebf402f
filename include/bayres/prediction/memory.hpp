#pragma once
/// \file
/// How much memory a run needs, before it is asked for.

#include "bayres/comm/communicator.hpp"
#include "bayres/results/observables.hpp"

namespace bayres::sim {

/// This rank's.
[[nodiscard]] Share share_of(const Configuration& configuration, const comm::Communicator& comm);

/// Bytes of a part of a run on a rank.
struct MemoryTerm {
  std::string_view what;
  Real held = 0;    ///< all the time
  Real copied = 0;  ///< besides, for a while in which others copy nothing
  Real saved = 0;   ///< in a checkpoint
};

/// All that a rank holds: its rows of J, states and messages, the learners' weights and state, what is recorded and not
/// yet written, and what is copied while files are read or written. Of a network from a file, storage and connectivity
/// must be those it has there (`settle`).
[[nodiscard]] std::vector<MemoryTerm> memory_of(const Configuration& configuration, const Share& part, Index inputs,
                                                Index outputs);

/// What MPI and HDF5 take once files are open.
inline constexpr Index library_bytes = 6'300'000;

/// Their sum at the peak of a run, for root the most. Pages that ranks of a machine share count for each of them.
[[nodiscard]] Index run_bytes(const Configuration& configuration, const Share& part, Index inputs, Index outputs);

/// The same of an evaluation of the run: states and weights of every replica, and the outputs of all `networks` that
/// are evaluated, where they are kept.
[[nodiscard]] Index evaluation_bytes(const Configuration& configuration, const Share& part, Index inputs, Index outputs,
                                     Index networks = 1);

/// Throws on every rank if the ranks of some machine need more memory than is free there, where this rank needs `own`
/// bytes. Collective.
void require_memory(Index own, const Configuration& configuration, const comm::Communicator& comm);

}  // namespace bayres::sim
