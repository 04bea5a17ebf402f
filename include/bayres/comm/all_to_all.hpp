#pragma once
/// \file
/// Ranks that send each other parts of what they have, by MPI.

#include <memory>

#include "bayres/comm/communicator.hpp"
#include "bayres/core/team.hpp"

namespace bayres::comm {

/// A message for each part that is not empty; all are on their way at once. What fails ends the job.
class AllToAll final : public core::Carriers {
 public:
  /// The ranks of `comm`, which must outlive it.
  explicit AllToAll(const Communicator& comm);
  AllToAll(const AllToAll&) = delete;
  AllToAll& operator=(const AllToAll&) = delete;
  ~AllToAll() override;

  [[nodiscard]] int rank() const noexcept override { return comm_->rank(); }
  [[nodiscard]] int ranks() const noexcept override { return comm_->size(); }
  void exchange(std::span<const std::byte> out, std::span<const Index> to, std::span<std::byte> in,
                std::span<const Index> from) noexcept override;

 private:
  struct Requests;
  const Communicator* comm_;
  std::unique_ptr<Requests> requests_;
};

}  // namespace bayres::comm
