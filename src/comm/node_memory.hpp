#pragma once
/// \file
/// Messages between ranks of one machine through memory that they share.

#include <mpi.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "patience.hpp"

namespace bayres::comm {

/// Each rank has two places for its messages and a counter of those it has put there, all in an MPI window of shared
/// memory. A rank writes its message to the two places by turns, raises its counter, waits for the counters of the
/// others and copies their messages. Since a rank raises its counter only after it has copied all earlier messages, two
/// places are enough: nobody still reads what is overwritten.
class NodeMemory {
 public:
  /// For the ranks of a communicator, which must all be on one machine and outlive it. Null where the system has no
  /// memory to share, or where BAYRES_EXCHANGE=mpi is set, on all ranks. Collective.
  [[nodiscard]] static std::unique_ptr<NodeMemory> make(MPI_Comm comm);
  NodeMemory(const NodeMemory&) = delete;
  NodeMemory& operator=(const NodeMemory&) = delete;
  /// Collective, unless an exception is on its way.
  ~NodeMemory();

  /// As `Communicator::gather`. Long messages go in pieces. Collective.
  void gather(std::span<const std::byte> own, std::span<std::byte> all, std::span<const int> counts,
              std::span<const int> offsets);

 private:
  /// What one rank shares. Ranks' parts begin on cache lines of their own.
  struct Part {
    static constexpr std::size_t capacity = std::size_t{1} << 16U;
    alignas(64) std::atomic<std::uint64_t> messages;
    alignas(64) std::byte place[2][capacity];
  };
  static_assert(std::atomic<std::uint64_t>::is_always_lock_free, "a lock would not work between processes");

  NodeMemory(MPI_Comm comm, MPI_Win window, void* own);
  /// The part within a rank's memory, which MPI need not align; pages are, so that all ranks find the same place.
  [[nodiscard]] static Part* part_in(void* memory) noexcept;
  void await(const Part& part) const noexcept;

  MPI_Win window_;
  int rank_ = 0;
  Patience patience_;
  std::uint64_t messages_ = 0;
  std::vector<Part*> parts_;
};

}  // namespace bayres::comm
