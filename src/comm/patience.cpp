#include "patience.hpp"

#include <sched.h>

#include "mpi_check.hpp"

namespace bayres::comm {

Patience::Patience(MPI_Comm comm) {
  cpu_set_t own;
  CPU_ZERO(&own);
  sched_getaffinity(0, sizeof(own), &own);
  cpu_set_t all;
  check(MPI_Allreduce(&own, &all, sizeof(own), MPI_BYTE, MPI_BOR, comm), "MPI_Allreduce");
  int ranks = 0;
  check(MPI_Comm_size(comm, &ranks), "MPI_Comm_size");
  crowded_ = CPU_COUNT(&all) < ranks;
}

void Patience::give_way() noexcept { sched_yield(); }

}  // namespace bayres::comm
