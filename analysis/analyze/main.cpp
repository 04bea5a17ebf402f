#include <malloc.h>

#include "bayres/comm/watchdog.hpp"
#include "job.hpp"

int main(int argc, char** argv) {
  // What HDF5 reads goes through memory that it takes and gives back for each chunk. If that goes back to the system
  // too, taking it again costs more than reading.
  mallopt(M_TRIM_THRESHOLD, 64 << 20);
  mallopt(M_MMAP_THRESHOLD, 16 << 20);
  return bayres::comm::run_program([&](const auto& comm) {
    return bayres::analysis::main_command({argv + 1, argv + argc}, comm);
  });
}
