#pragma once
/// \file
/// The one collective of a time step.

#include <cstddef>
#include <span>
#include <vector>

#include "bayres/comm/communicator.hpp"
#include "bayres/core/aligned.hpp"
#include "bayres/core/precision.hpp"

namespace bayres::comm {

/// Sends each rank's rates, partial sums and status to every rank, in one collective and in buffers made beforehand.
///
/// A rank's message is its status, then for each of its blocks one partial sum per readout, then the rates of its
/// neurons for each copy of the state, which travel as float32 where that is their precision, and in the order in which
/// the product wants them. Copies of an exchange have buffers of their own on the same communicator. Nothing is
/// computed meanwhile: a product with the own columns first, while others' rates arrive, would add up in an order that
/// depends on the ranks, to hide about a microsecond on a machine.
class StepExchange {
 public:
  /// For `copies` states and `sums` readouts in all. `comm` must outlive the exchange.
  StepExchange(const Communicator& comm, const core::Partition& partition, core::Precision precision,
               core::RateOrder order, Index copies, Index sums);

  /// Where this rank writes the rates of its neurons.
  [[nodiscard]] std::span<Real> own_rates(Index copy) noexcept;
  [[nodiscard]] std::span<const Real> own_rates(Index copy) const noexcept;

  /// Where this rank writes the partial sums of one of its blocks (sums); `block` counts from its first.
  [[nodiscard]] std::span<Real> partial_sums(Index block) noexcept;

  /// 0, or what the others should know of this rank with the coming collective.
  void set_status(Real status) noexcept { own_numbers()[0] = status; }

  /// The collective. Allocates nothing. Collective.
  void run();

  /// After `run`: the largest status of all ranks.
  [[nodiscard]] Real status() const noexcept;

  /// After `run`: the rates of all neurons (copies x N, or N x copies) in the order and type in which they travel.
  void all_rates(std::span<std::byte> rates) const noexcept;

  /// After `run`: each readout's sum over all blocks, added up in the blocks' global order.
  void totals(std::span<Real> sums) const noexcept;

 private:
  /// This rank's message as numbers: status and partial sums, and the rates if they travel as they are.
  [[nodiscard]] Real* own_numbers() noexcept { return reinterpret_cast<Real*>(own_.data()); }
  [[nodiscard]] const Real* own_numbers() const noexcept { return reinterpret_cast<const Real*>(own_.data()); }
  /// The numbers that a rank's message begins with: its status and partial sums.
  [[nodiscard]] Index sums_of(int rank) const noexcept { return 1 + partition_.blocks_of(rank).size() * sums_; }
  /// The beginning of a rank's message.
  [[nodiscard]] const std::byte* message(int rank) const noexcept {
    return all_.empty() ? own_.data() : all_.data() + offsets_[static_cast<std::size_t>(rank)];
  }

  [[nodiscard]] Index rate_bytes() const noexcept { return single_ ? sizeof(float) : sizeof(Real); }
  /// The own rates into the message, as they travel.
  template <class T>
  void write_rates(T* message) const noexcept;

  const Communicator* comm_;
  core::Partition partition_;
  bool single_;     // rates travel as float32
  bool by_neuron_;  // neuron by neuron
  Index copies_;
  Index sums_;
  Index own_neurons_;
  std::vector<int> counts_;              // bytes
  std::vector<int> offsets_;             // bytes
  Index apart_;                          // numbers from one copy's rates to the next one's in own_rates_
  core::AlignedVector<Real> own_rates_;  // copies x apart_, if they travel otherwise than so and in this type
  core::AlignedVector<std::byte> own_;   // this rank's message
  core::AlignedVector<std::byte> all_;   // every rank's; empty if there is only one
};

}  // namespace bayres::comm
