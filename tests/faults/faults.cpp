// Loaded before MPI's own library (LD_PRELOAD), this makes one rank of the program as it is fail in the collective of a
// step: BAYRES_FAULT="KIND RANK CALL", where CALL counts the rank's MPI_Allgatherv from 1. BAYRES_FAULT="slow RANK
// TIME" makes every such call of the rank wait TIME microseconds first, so that a run lasts long on any machine.

#include <mpi.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <new>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>

namespace {

struct Fault {
  std::string kind;
  int rank = -1;
  long call = 0;  ///< or, of "slow", the time in us
};

Fault wanted() {
  Fault fault;
  const char* text = std::getenv("BAYRES_FAULT");
  std::istringstream words(text == nullptr ? "" : text);
  words >> fault.kind >> fault.rank >> fault.call;
  return fault;
}

/// What goes wrong; returns what the call then returns.
int strike(const std::string& kind) {
  if (kind == "exception") throw std::runtime_error("a fault that was asked for");
  if (kind == "memory") throw std::bad_alloc();
  if (kind == "mpi") return MPI_ERR_OTHER;
  if (kind == "abort") std::abort();
  if (kind == "segv") std::raise(SIGSEGV);
  if (kind == "kill") std::raise(SIGKILL);
  if (kind == "stop") std::raise(SIGSTOP);
  if (kind == "exit") ::_exit(0);
  return MPI_SUCCESS;
}

}  // namespace

extern "C" int MPI_Allgatherv(const void* own, int count, MPI_Datatype type, void* all, const int counts[],
                              const int offsets[], MPI_Datatype all_type, MPI_Comm comm) {
  static const Fault fault = wanted();
  static long calls = 0;
  int rank = 0;
  PMPI_Comm_rank(MPI_COMM_WORLD, &rank);
  if (fault.kind == "slow" && rank == fault.rank) {
    std::this_thread::sleep_for(std::chrono::microseconds(fault.call));
  } else if (++calls == fault.call && rank == fault.rank) {
    const int code = strike(fault.kind);
    if (code != MPI_SUCCESS) return code;
  }
  return PMPI_Allgatherv(own, count, type, all, counts, offsets, all_type, comm);
}
