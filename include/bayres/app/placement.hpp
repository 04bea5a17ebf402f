#pragma once
/// \file
/// The warning about a badly placed job.

#include "bayres/comm/communicator.hpp"

namespace bayres::app {

/// Warns once on stderr if ranks share cores, unless `quiet` or BAYRES_PLACEMENT_WARNING=0. Collective.
void warn_of_placement(bool quiet, const comm::Communicator& comm);

}  // namespace bayres::app
