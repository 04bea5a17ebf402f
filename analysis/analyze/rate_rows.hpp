#pragma once
/// \file
/// Recorded rates, streamed: every rank reads rows of its own, and all ranks get all of them, in order.

#include <span>
#include <vector>

#include "bayres/comm/communicator.hpp"
#include "bayres/core/partition.hpp"
#include "bayres/io/hdf5.hpp"

namespace bayres::analysis {

using core::Index;
using core::Real;

/// The rates of chosen neurons in a range of recorded steps. A rank reads whole chunks, because HDF5
/// does.
class RateRows {
 public:
  /// `columns`, ascending, of network `place` (-1: the only one) of /rates; at most about `bytes` are used. Throws
  /// (usage) if a single row does not fit into them. `comm` must outlive it.
  RateRows(io::Hdf5Object rates, Index place, core::Range rows, std::vector<Index> columns, Index bytes,
           const comm::Communicator& comm);

  /// The next rows, (row, column), the same on every rank, until the next call; empty after the last. Collective.
  [[nodiscard]] std::span<const Real> next();

 private:
  [[nodiscard]] core::Range unit(Index number) const;
  void read_own(core::Range rows);

  io::Hdf5Object rates_;
  Index place_;
  core::Range rows_;
  std::vector<Index> columns_;
  const comm::Communicator* comm_;
  Index unit_rows_ = 1;  ///< rows that one rank reads at once
  Index units_ = 1;      ///< that are read at once by all ranks
  Index next_unit_ = 0;
  std::vector<Real> slab_;
  std::vector<Real> own_;
  std::vector<Real> all_;
};

}  // namespace bayres::analysis
