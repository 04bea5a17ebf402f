#include "bayres/app/placement.hpp"

#include <cstdio>

#include "bayres/comm/placement.hpp"
#include "bayres/core/environment.hpp"

namespace bayres::app {

void warn_of_placement(bool quiet, const comm::Communicator& comm) {
  if (comm.size() == 1 || quiet) return;  // the same on every rank, as the environment need not be
  const auto warning = comm::placement_warning(comm);
  if (warning.empty() || !comm.is_root() || core::value_of(core::placement_warning) == "0") return;
  std::fprintf(stderr, "bayres: warning: %s\n", warning.c_str());
}

}  // namespace bayres::app
