#include "bayres/comm/node_team.hpp"

#include <atomic>
#include <exception>
#include <new>

#include "mpi_check.hpp"
#include "patience.hpp"

namespace bayres::comm {
namespace {

/// On a cache line of its own.
struct alignas(64) Counter {
  std::atomic<std::uint64_t> value;
};
static_assert(std::atomic<std::uint64_t>::is_always_lock_free, "a lock would not work between processes");

}  // namespace

/// A counter for each rank, then the memory.
struct NodeTeam::Window {
  Window(MPI_Comm comm, MPI_Win made) : window(made), patience(comm) {
    check(MPI_Win_set_errhandler(window, MPI_ERRORS_RETURN), "MPI_Win_set_errhandler");
    check(MPI_Win_lock_all(MPI_MODE_NOCHECK, window), "MPI_Win_lock_all");
    MPI_Aint size = 0;
    int unit = 0;
    void* begin = nullptr;
    check(MPI_Win_shared_query(window, 0, &size, &unit, &begin), "MPI_Win_shared_query");
    auto space = static_cast<std::size_t>(size);
    counters = static_cast<Counter*>(std::align(alignof(Counter), sizeof(Counter), begin, space));
  }
  MPI_Win window;
  Patience patience;
  Counter* counters = nullptr;
  std::uint64_t count = 0;  // of this rank
};

std::unique_ptr<NodeTeam> NodeTeam::make(const Communicator& all, Index bytes) {
  if (!all.shares_memory()) return nullptr;
  MPI_Comm comm = MPI_Comm_f2c(all.fortran_handle());
  const auto counters = (core::as_size(Index{all.size()}) + 1) * sizeof(Counter);
  const auto size = static_cast<MPI_Aint>(all.is_root() ? counters + core::as_size(bytes) : 0);
  MPI_Win window = MPI_WIN_NULL;
  void* own = nullptr;
  const int made = MPI_Win_allocate_shared(size, 1, MPI_INFO_NULL, comm, &own, &window);
  if (all.max(Index{made}) != MPI_SUCCESS) return nullptr;
  return std::unique_ptr<NodeTeam>(new NodeTeam(all, std::make_unique<Window>(comm, window), bytes));
}

NodeTeam::NodeTeam(const Communicator& comm, std::unique_ptr<Window> window, Index bytes)
    : window_(std::move(window)), rank_(comm.rank()), ranks_(comm.size()) {
  new (&window_->counters[rank_]) Counter{0};
  memory_ = {reinterpret_cast<std::byte*>(window_->counters + ranks_), core::as_size(bytes)};
  check(MPI_Win_sync(window_->window), "MPI_Win_sync");
  comm.barrier();
}

NodeTeam::~NodeTeam() {
  if (std::uncaught_exceptions() > 0) return;
  MPI_Win_unlock_all(window_->window);
  MPI_Win_free(&window_->window);
}

// In each round a rank waits for one twice as far away as in the round before, which had waited for as many
// (Hensgen, Finkel & Manber 1988, Int J Parallel Program 17:1).
void NodeTeam::wait() noexcept {
  for (int apart = 1; apart < ranks_; apart *= 2) {
    const auto count = ++window_->count;
    window_->counters[rank_].value.store(count, std::memory_order_release);
    const auto& other = window_->counters[(rank_ + ranks_ - apart) % ranks_].value;
    window_->patience.wait_until([&] { return other.load(std::memory_order_acquire) >= count; });
  }
}

}  // namespace bayres::comm
