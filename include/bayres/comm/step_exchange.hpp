#pragma once
/// \file
/// The one collective of a time step.

#include <span>
#include <vector>

#include "bayres/comm/communicator.hpp"
#include "bayres/core/aligned.hpp"

namespace bayres::comm {

/// Sends each rank's rates, partial sums and status to every rank, in one collective and in buffers made beforehand.
///
/// A rank's message is its status, then the rates of its neurons for each copy of the state, then for each of its
/// blocks one partial sum per readout. Copies of an exchange have buffers of their own on the same communicator.
class StepExchange {
 public:
  /// For `copies` states and `sums` readouts in all. `comm` must outlive the exchange.
  StepExchange(const Communicator& comm, const core::Partition& partition, Index copies, Index sums);

  /// Where this rank writes the rates of its neurons.
  [[nodiscard]] std::span<Real> own_rates(Index copy) noexcept;
  [[nodiscard]] std::span<const Real> own_rates(Index copy) const noexcept;

  /// Where this rank writes the partial sums of one of its blocks (sums); `block` counts from its first.
  [[nodiscard]] std::span<Real> partial_sums(Index block) noexcept;

  /// 0, or what the others should know of this rank with the coming collective.
  void set_status(Real status) noexcept { own_[0] = status; }

  /// The collective. Allocates nothing. Collective.
  void run();

  /// After `run`: the largest status of all ranks.
  [[nodiscard]] Real status() const noexcept;

  /// After `run`: the rates of all neurons, for one copy of the state.
  void all_rates(Index copy, std::span<Real> rates) const noexcept;

  /// After `run`: each readout's sum over all blocks, added up in the blocks' global order.
  void totals(std::span<Real> sums) const noexcept;

 private:
  [[nodiscard]] Index rates_offset(Index copy) const noexcept { return 1 + copy * own_neurons_; }

  const Communicator* comm_;
  core::Partition partition_;
  Index copies_;
  Index sums_;
  Index own_neurons_;
  std::vector<int> counts_;
  std::vector<int> offsets_;
  core::AlignedVector<Real> own_;
  core::AlignedVector<Real> all_;
};

}  // namespace bayres::comm
