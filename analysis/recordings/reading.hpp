#pragma once
/// \file
/// How ranks read what is recorded of one network.

#include <string>
#include <vector>

#include "bayres/io/hdf5.hpp"

namespace bayres::analysis {

using core::Index;
using core::Real;

/// A slab of network `place` of a data set: with the leading dimension `seed` if the file is of an ensemble, and as it
/// is for the only network, -1.
[[nodiscard]] inline core::Slab placed(core::Slab slab, Index place) {
  if (place < 0) return slab;
  slab.start.insert(slab.start.begin(), place);
  slab.count.insert(slab.count.begin(), 1);
  return slab;
}

/// Numbers [start, start + count) in each dimension, the same on every rank. Collective.
[[nodiscard]] std::vector<Real> read_everywhere(const io::Hdf5File& file, const std::string& path,
                                                const core::Slab& slab);

/// Calls visit(number, whether there is one) for the numbers below `count` that are this rank's, dealt in turn: equally
/// often on every rank, so that a rank that has none left, whose number is 0, can take part in collective calls.
template <class Visit>
void for_each_dealt(Index count, const comm::Communicator& comm, Visit visit) {
  for (Index first = 0; first < count; first += comm.size()) {
    const bool any = first + comm.rank() < count;
    visit(any ? first + comm.rank() : 0, any);
  }
}

/// The recurrent weights in a group of a result, of network `place`, row-major, with 0 where there are none. Throws
/// (input_output) if its indices are none. Not collective.
[[nodiscard]] std::vector<Real> read_J(const std::string& path, Index place, const std::string& group, Index n);

}  // namespace bayres::analysis
