#include "bayres/comm/watchdog.hpp"
#include "job.hpp"

int main(int argc, char** argv) {
  const bayres::comm::Environment mpi;
  const auto comm = bayres::comm::Communicator::world();
  const bayres::comm::Watchdog watchdog(comm);
  return comm.or_end_job([&] { return bayres::analysis::main_command({argv + 1, argv + argc}, comm); }, [] {});
}
