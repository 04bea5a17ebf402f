#include "bayres/app/commands.hpp"
#include "bayres/comm/watchdog.hpp"

int main(int argc, char** argv) {
  const bayres::comm::Environment mpi;
  const auto comm = bayres::comm::Communicator::world();
  const bayres::comm::Watchdog watchdog(comm);
  return comm.or_end_job([&] { return bayres::app::main_command({argv, argv + argc}, comm); }, [] {});
}
