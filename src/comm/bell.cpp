#include "bayres/comm/bell.hpp"

#include "mpi_check.hpp"

namespace bayres::comm {
namespace {

constexpr int tag = 7;

/// Receives one message, if there is one.
bool take_message(const Communicator& all) {
  MPI_Comm comm = MPI_Comm_f2c(all.fortran_handle());
  int waiting = 0;
  MPI_Status status;
  check(MPI_Iprobe(MPI_ANY_SOURCE, tag, comm, &waiting, &status), "MPI_Iprobe");
  if (waiting == 0) return false;
  check(MPI_Recv(nullptr, 0, MPI_BYTE, status.MPI_SOURCE, tag, comm, MPI_STATUS_IGNORE), "MPI_Recv");
  return true;
}

}  // namespace

void Bell::ring() {
  if (rung_) return;
  rung_ = true;
  MPI_Comm comm = MPI_Comm_f2c(comm_->fortran_handle());
  for (int rank = 0; rank < comm_->size(); ++rank) {
    if (rank == comm_->rank()) continue;
    MPI_Request request = MPI_REQUEST_NULL;
    // Not waited for: an empty message has no buffer that must outlast it. It is received in `silence` at the latest.
    check(MPI_Isend(nullptr, 0, MPI_BYTE, rank, tag, comm, &request), "MPI_Isend");
    // NOLINTNEXTLINE(clang-analyzer-optin.mpi.MPI-Checker): freeing a request is another way not to lose it
    check(MPI_Request_free(&request), "MPI_Request_free");
  }
}

bool Bell::heard() {
  constexpr Index calls = 16;
  const bool asks = !rung_ && taken_ == 0 && comm_->size() > 1 && calls_++ % calls == 0;
  if (asks && take_message(*comm_)) ++taken_;
  return rung_ || taken_ > 0;
}

void Bell::silence() {
  const Index others = comm_->sum(rung_ ? Index{1} : Index{0}) - (rung_ ? 1 : 0);
  while (taken_ < others) taken_ += take_message(*comm_) ? 1 : 0;
}

}  // namespace bayres::comm
