#pragma once
/// \file
/// How much memory a run needs, before it is asked for.

#include "bayres/core/memory.hpp"
#include "bayres/loop/workload.hpp"

namespace bayres::sim {

/// All parts of a run on a rank.
[[nodiscard]] core::Bytes memory_of(const Workload& run, const Share& part);

/// At its peak, for root the most. Pages that ranks of a machine share count for each of them.
[[nodiscard]] Index run_bytes(const Workload& run, const Share& part);
/// The same of an evaluation of so many networks, by a rank that has the largest of so many parts of its replicas.
[[nodiscard]] Index evaluation_peak(const Workload& run, const Share& share, Index networks, int parts);

/// What MPI and HDF5 take once files are open.
inline constexpr Index library_bytes = 6'300'000;

/// What a rank needs, and what it would need with the first learner alone; 0: there is no choice.
struct Needed {
  Index bytes = 0;
  Index with_one_learner = 0;
};
[[nodiscard]] Needed needed_by(const Workload& run, const Share& part);

/// Throws on every rank if the ranks of some machine need more memory than is free there, with what else could be done.
/// Collective.
void require_memory(const Needed& needed, const Configuration& configuration, const comm::Communicator& comm,
                    const std::string& remedy = "");

}  // namespace bayres::sim
