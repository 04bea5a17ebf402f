#pragma once
/// \file
/// The one collective of a time step.

#include "bayres/comm/exchange.hpp"
#include "bayres/comm/pace.hpp"
#include "bayres/comm/step_message.hpp"
#include "bayres/core/aligned.hpp"
#include "bayres/core/precision.hpp"
#include "bayres/core/spikes.hpp"

namespace bayres::comm {

/// What ranks tell each other of their neurons in a step, beside partial sums: their rates, or which of them spike; or
/// nothing, where each needs its own alone.
enum class Sends { rates, spikes, nothing };

/// Sends each rank's rates, partial sums and status to the ranks that need them, in one collective and in buffers made
/// beforehand.
///
/// Spikes take a bit each. Rates travel as float32 where that is their precision, and in
/// the order in which the product wants them. Copies of an exchange have buffers of their own on the same communicator.
/// Where neurons send spikes, a message may hold those of several steps, each in its slot. Nothing is computed
/// meanwhile: a product with the own columns first, while others' rates arrive, would add up in an order that depends
/// on the ranks.
class StepExchange {
 public:
  /// How messages go, the neurons whose rates or spikes this rank must have, and what is sent.
  struct Route {
    const ChosenExchange* exchange = nullptr;
    core::Range hears;
    Sends sends = Sends::rates;
    Index slots = 1;  ///< steps in one message
  };
  /// For `copies` states and `sums` readouts in all. `comm` must outlive the exchange. Throws core::Error on every
  /// rank if the exchange does not bring what one of them must have. Collective.
  StepExchange(const Communicator& comm, const core::Partition& partition, const Route& route,
               core::Precision precision, core::RateOrder order, Index copies, Index sums);

  /// Bytes of the messages of all ranks.
  [[nodiscard]] static Index bytes(const core::Partition& partition, Sends sends, core::Precision precision,
                                   Index copies, Index sums) noexcept;

  /// What is written and read from here on is that of one of the steps in a message.
  void select(Index slot) noexcept { slot_ = slot; }

  /// Where this rank writes the rates of its neurons.
  /// \{
  [[nodiscard]] std::span<Real> own_rates(Index copy) noexcept {
    if (own_rates_.empty()) return rates_.in(std::span(own_), comm_->rank());
    return core::row_of(own_rates_, slot_ * copies_ + copy, apart_).first(own_neurons_);
  }
  [[nodiscard]] std::span<const Real> own_rates(Index copy) const noexcept {
    if (own_rates_.empty()) return rates_.in(std::span(own_), comm_->rank());
    return core::row_of(own_rates_, slot_ * copies_ + copy, apart_).first(own_neurons_);
  }
  /// \}

  /// Where this rank writes who of its neurons spikes (own blocks), if neurons send spikes.
  [[nodiscard]] std::span<core::SpikeWord> own_spikes(Index copy) noexcept {
    const auto spikes = spikes_.in(std::span(own_), comm_->rank());
    return core::row_of(spikes, slot_ * copies_ + copy, own_blocks_);
  }

  /// Where this rank writes the partial sums of one of its blocks (sums); `block` counts from its first.
  [[nodiscard]] std::span<Real> partial_sums(Index block) noexcept {
    const auto sums = sums_.in(std::span(own_), comm_->rank());
    return core::row_of(sums, block * slots_ + slot_, readouts_);
  }

  /// 0, or what the others should know of this rank with the coming collective.
  void set_status(Real status) noexcept { status_.in(std::span(own_), comm_->rank())[0] = status; }

  /// The collective. Collective.
  void run();

  /// After `run`: the largest status of all ranks.
  [[nodiscard]] Real status() const noexcept;

  /// How evenly ranks work between two of these collectives.
  /// \{
  [[nodiscard]] const Pace& pace() const noexcept { return pace_; }
  [[nodiscard]] Pace& pace() noexcept { return pace_; }
  /// \}

  /// After `run`, if they were sent: the rates of all neurons (copies x N, or N x copies) in the order and type in
  /// which they travel.
  void all_rates(std::span<std::byte> rates) const noexcept;

  /// After `run`: who spikes (copies x all blocks).
  void all_spikes(std::span<core::SpikeWord> spikes) const noexcept;

  /// After `run`: each readout's sum over all blocks, added up in the blocks' global order.
  void totals(std::span<Real> sums) const noexcept;

 private:
  /// A rank's message.
  [[nodiscard]] std::span<const std::byte> message(int rank) const noexcept {
    return all_.empty() ? std::span(own_) : std::span(all_).subspan(core::as_size(offsets_[core::as_size(rank)]));
  }

  const Communicator* comm_;
  Field<Real> status_;
  Field<Real> busy_;  // seconds
  Field<Real> sums_;
  Field<Real> rates_;              // either this
  Field<float> single_rates_;      // or this has elements
  Field<core::SpikeWord> spikes_;  // or this
  Index copies_;
  Index slots_;
  Index slot_ = 0;
  Index readouts_;  // in a slot
  std::size_t own_neurons_;
  Index own_blocks_;
  Index apart_;                          // numbers from one copy's rates to the next one's
  core::AlignedVector<Real> own_rates_;  // slots x copies x apart_; empty: they are written to the message
  std::vector<int> counts_;              // bytes
  std::vector<int> offsets_;             // bytes
  std::shared_ptr<const AnyExchange> exchange_;
  Pace pace_;
  core::AlignedVector<std::byte> own_;  // this rank's message
  core::AlignedVector<std::byte> all_;  // every rank's; empty if there is only one
};

}  // namespace bayres::comm
