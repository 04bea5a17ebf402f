#pragma once
/// \file
/// Recorded rates, streamed: every rank reads rows of its own, and all ranks get all of them, in order.

#include <functional>
#include <span>
#include <vector>

#include "bayres/comm/communicator.hpp"
#include "bayres/core/partition.hpp"
#include "bayres/io/hdf5.hpp"

namespace bayres::analysis {

using core::Index;
using core::Real;

/// Is called with the next rows, (row, column), the same on every rank.
using VisitRows = std::function<void(std::span<const Real>)>;

/// Reads the rates of chosen neurons, `columns`, ascending, of network `place` (-1: the only one) in a range of
/// recorded steps, with at most about `bytes` of memory. A rank reads whole chunks, because HDF5 does. Throws (usage)
/// if a single row does not fit into the memory. Collective.
void for_each_rows(const io::Hdf5Object& rates, Index place, core::Range rows, const std::vector<Index>& columns,
                   Index bytes, const comm::Communicator& comm, const VisitRows& visit);

}  // namespace bayres::analysis
