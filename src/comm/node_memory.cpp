#include "node_memory.hpp"

#include <algorithm>
#include <cstring>
#include <exception>
#include <new>

#include "bayres/core/environment.hpp"
#include "mpi_check.hpp"

namespace bayres::comm {

NodeMemory::Part* NodeMemory::part_in(void* memory) noexcept {
  std::size_t space = sizeof(Part) + alignof(Part);
  return static_cast<Part*>(std::align(alignof(Part), sizeof(Part), memory, space));
}

std::unique_ptr<NodeMemory> NodeMemory::make(MPI_Comm comm) {
  const int refused = core::value_of(core::exchange_choice) == "mpi" ? 1 : 0;
  int refused_anywhere = 0;
  check(MPI_Allreduce(&refused, &refused_anywhere, 1, MPI_INT, MPI_MAX, comm), "MPI_Allreduce");
  if (refused_anywhere != 0) return nullptr;
  MPI_Win window = MPI_WIN_NULL;
  void* own = nullptr;
  const int made = MPI_Win_allocate_shared(sizeof(Part) + alignof(Part), 1, MPI_INFO_NULL, comm, &own, &window);
  int worst = 0;
  check(MPI_Allreduce(&made, &worst, 1, MPI_INT, MPI_MAX, comm), "MPI_Allreduce");
  if (worst != MPI_SUCCESS) return nullptr;
  return std::unique_ptr<NodeMemory>(new NodeMemory(comm, window, own));
}

NodeMemory::NodeMemory(MPI_Comm comm, MPI_Win window, void* own) : window_(window), patience_(comm) {
  check(MPI_Win_set_errhandler(window_, MPI_ERRORS_RETURN), "MPI_Win_set_errhandler");
  int ranks = 0;
  check(MPI_Comm_rank(comm, &rank_), "MPI_Comm_rank");
  check(MPI_Comm_size(comm, &ranks), "MPI_Comm_size");
  check(MPI_Win_lock_all(MPI_MODE_NOCHECK, window_), "MPI_Win_lock_all");
  new (&part_in(own)->messages) std::atomic<std::uint64_t>(0);
  for (int k = 0; k < ranks; ++k) {
    MPI_Aint size = 0;
    int unit = 0;
    void* part = nullptr;
    check(MPI_Win_shared_query(window_, k, &size, &unit, &part), "MPI_Win_shared_query");
    parts_.push_back(part_in(part));
  }
  check(MPI_Win_sync(window_), "MPI_Win_sync");
  check(MPI_Barrier(comm), "MPI_Barrier");
}

NodeMemory::~NodeMemory() {
  if (std::uncaught_exceptions() > 0) return;
  MPI_Win_unlock_all(window_);
  MPI_Win_free(&window_);
}

void NodeMemory::await(const Part& part) const noexcept {
  patience_.wait_until([&] { return part.messages.load(std::memory_order_acquire) >= messages_; });
}

void NodeMemory::gather(std::span<const std::byte> own, std::span<std::byte> all, std::span<const int> counts,
                        std::span<const int> offsets) {
  const auto ranks = parts_.size();
  const auto longest = static_cast<std::size_t>(*std::ranges::max_element(counts));
  for (std::size_t done = 0; done < longest; done += Part::capacity) {
    const auto piece_of = [&](std::size_t size) { return std::min(size - std::min(size, done), Part::capacity); };
    const std::size_t place = ++messages_ % 2;
    auto& mine = *parts_[static_cast<std::size_t>(rank_)];
    if (piece_of(own.size()) > 0) std::memcpy(mine.place[place], own.data() + done, piece_of(own.size()));
    check(MPI_Win_sync(window_), "MPI_Win_sync");
    mine.messages.store(messages_, std::memory_order_release);
    for (std::size_t k = 0; k < ranks; ++k) {
      const std::size_t from = (static_cast<std::size_t>(rank_) + k) % ranks;  // not all from the same one at once
      await(*parts_[from]);
      const std::size_t piece = piece_of(static_cast<std::size_t>(counts[from]));
      if (piece > 0) std::memcpy(all.data() + offsets[from] + done, parts_[from]->place[place], piece);
    }
  }
}

}  // namespace bayres::comm
