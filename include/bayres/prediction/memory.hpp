#pragma once
/// \file
/// How much memory a run needs, before it is asked for.

#include "bayres/comm/communicator.hpp"
#include "bayres/results/observables.hpp"

namespace bayres::sim {

/// This rank's.
[[nodiscard]] Share share_of(const Configuration& configuration, const comm::Communicator& comm);

/// What MPI and HDF5 take once files are open.
inline constexpr Index library_bytes = 6'300'000;

/// Bytes of data that the rank holds at the peak of a run: its rows of J, states and messages, the learners' weights
/// and state, what is recorded and not yet written, and what is copied while a network is read or a file is written.
/// Pages that ranks of a machine share count for each of them. Of a network from a file, storage and connectivity must
/// be those it has there (`settle`). Root's, which is the most.
[[nodiscard]] Index run_bytes(const Configuration& configuration, const Share& part, Index inputs, Index outputs);

/// The same of an evaluation of the run: states and weights of every replica, and the outputs of all `networks` that
/// are evaluated, where they are kept.
[[nodiscard]] Index evaluation_bytes(const Configuration& configuration, const Share& part, Index inputs, Index outputs,
                                     Index networks = 1);

/// Throws on every rank if the ranks of some machine need more memory than is free there, where this rank needs `own`
/// bytes. Collective.
void require_memory(Index own, const Configuration& configuration, const comm::Communicator& comm);

}  // namespace bayres::sim
