#include "bayres/job/version.hpp"

#include "bayres/comm/communicator.hpp"
#include "bayres/io/hdf5.hpp"
#include "bayres/kernels/instruction_set.hpp"
#include "bayres_git_hash.hpp"

namespace bayres::app {

std::string version() { return BAYRES_VERSION; }
std::string git_hash() { return BAYRES_GIT_HASH; }

std::string version_text(const std::string& program) {
  return program + " " + version() + " (" + git_hash() + ")\n" + "compiler  " + __VERSION__ + "\n" + "MPI       " +
         comm::library_version() + "\n" + "HDF5      " + io::hdf5_version() + "\n" + "SIMD      " +
         std::string(core::kernels::instruction_set()) + "\n";
}

}  // namespace bayres::app
