// Loaded before MPI's own library (LD_PRELOAD), this makes one rank of the program as it is fail in the collective of a
// step: BAYRES_FAULT="KIND RANK CALL", where CALL counts the rank's collectives from 1, through shared memory or by
// MPI_Allgatherv. BAYRES_FAULT="slow RANK TIME" makes every such call of the rank wait TIME microseconds first, so that
// a run lasts long on any machine.

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
  if (kind == "hang") std::this_thread::sleep_for(std::chrono::hours(1));
  if (kind == "exit") ::_exit(0);
  return MPI_SUCCESS;
}

/// Before a collective of a step; what it returns instead, if that is not MPI_SUCCESS.
int before_collective() {
  static const Fault fault = wanted();
  static long calls = 0;
  int rank = 0;
  PMPI_Comm_rank(MPI_COMM_WORLD, &rank);
  if (rank != fault.rank) return MPI_SUCCESS;
  if (fault.kind == "slow") {
    std::this_thread::sleep_for(std::chrono::microseconds(fault.call));
  } else if (++calls == fault.call) {
    return strike(fault.kind);
  }
  return MPI_SUCCESS;
}

}  // namespace

/// The collective of a step between machines, or where BAYRES_EXCHANGE=mpi.
extern "C" int MPI_Allgatherv(const void* own, int count, MPI_Datatype type, void* all, const int counts[],
                              const int offsets[], MPI_Datatype all_type, MPI_Comm comm) {
  const int code = before_collective();
  return code == MPI_SUCCESS ? PMPI_Allgatherv(own, count, type, all, counts, offsets, all_type, comm) : code;
}

/// What a rank calls once in each collective through shared memory.
extern "C" int MPI_Win_sync(MPI_Win window) {
  const int code = before_collective();
  return code == MPI_SUCCESS ? PMPI_Win_sync(window) : code;
}
