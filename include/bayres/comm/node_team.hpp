#pragma once
/// \file
/// The ranks of one machine as a team.

#include <memory>

#include "bayres/comm/communicator.hpp"
#include "bayres/core/team.hpp"

namespace bayres::comm {

/// Memory is an MPI window, and ranks wait by counters in it.
class NodeTeam final : public core::Team {
 public:
  /// All ranks of `comm`, which must outlive it, with so many bytes of memory. Null on all ranks where they share no
  /// memory (Communicator::shares_memory), or where the system does not have as much. Collective.
  [[nodiscard]] static std::unique_ptr<NodeTeam> make(const Communicator& comm, Index bytes);
  NodeTeam(const NodeTeam&) = delete;
  NodeTeam& operator=(const NodeTeam&) = delete;
  /// Collective, unless an exception is on its way.
  ~NodeTeam() override;

  [[nodiscard]] int rank() const noexcept override { return rank_; }
  [[nodiscard]] int ranks() const noexcept override { return ranks_; }
  [[nodiscard]] std::span<std::byte> memory() noexcept override { return memory_; }
  void wait() noexcept override;

 private:
  struct Window;
  NodeTeam(const Communicator& comm, std::unique_ptr<Window> window, Index bytes);

  std::unique_ptr<Window> window_;
  std::span<std::byte> memory_;
  int rank_;
  int ranks_;
};

}  // namespace bayres::comm
