#include "placement.hpp"

#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "bayres/comm/placement.hpp"

namespace bayres::app {

void warn_of_placement(bool quiet, const comm::Communicator& comm) {
  if (comm.size() == 1 || quiet) return;  // the same on every rank, as the environment need not be
  const auto warning = comm::placement_warning(comm);
  const char* wanted = std::getenv("BAYRES_PLACEMENT_WARNING");
  if (warning.empty() || !comm.is_root() || (wanted != nullptr && std::string_view(wanted) == "0")) return;
  std::fprintf(stderr, "bayres: warning: %s\n", warning.c_str());
}

}  // namespace bayres::app
