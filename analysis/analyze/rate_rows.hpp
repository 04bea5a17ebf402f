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

/// Is shown the next rows, (row, column), the same on every rank.
using VisitRows = std::function<void(std::span<const Real>)>;

/// The rates of chosen neurons, `columns`, ascending, of network `place` (-1: the only one) of /rates in a range of
/// recorded steps; at most about `bytes` are used. A rank reads whole chunks, because HDF5 does. Throws (usage) if a
/// single row does not fit into them. Collective.
void for_each_rows(const io::Hdf5Object& rates, Index place, core::Range rows, const std::vector<Index>& columns,
                   Index bytes, const comm::Communicator& comm, const VisitRows& visit);

}  // namespace bayres::analysis
