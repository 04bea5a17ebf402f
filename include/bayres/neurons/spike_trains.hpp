#pragma once
/// \file
/// The spikes of all neurons, and what follows from them on every rank.

#include <vector>

#include "bayres/core/aligned.hpp"
#include "bayres/neurons/neurons.hpp"

namespace bayres::model {

/// Spikes of the last step, of all neurons and trajectories; those that are still on their way; and, where a rule must
/// have the rates of neurons on other ranks, the filtered spike trains of all neurons, which every rank then computes
/// by itself: spikes are much shorter than rates.
class SpikeTrains {
 public:
  /// Of no neurons where they send rates. `with_rates`: whether filtered spike trains of all neurons are needed.
  SpikeTrains(Index trajectories, Index neurons, const AnyNeurons& kind, bool with_rates);

  /// Who spiked in the last step, of all neurons.
  [[nodiscard]] core::SpikeMap of(Index trajectory) const noexcept { return core::row_of(words_, trajectory, words()); }
  /// Whose spikes arrive in the next step.
  [[nodiscard]] core::SpikeMap arriving(Index trajectory) const noexcept {
    return delays_.empty() ? of(trajectory) : slot(trajectory, 0);
  }
  /// Spikes on their way, for each of the coming steps (longest delay x words); empty if all arrive in the next one.
  /// \{
  [[nodiscard]] std::vector<core::SpikeWord> pending(Index trajectory) const;
  void set_pending(Index trajectory, std::span<const core::SpikeWord> pending) noexcept;
  [[nodiscard]] Index pending_words() const noexcept { return slots_ * words(); }
  void clear_pending(Index trajectory) noexcept;
  /// \}
  [[nodiscard]] bool has_rates() const noexcept { return !filters_.empty(); }
  /// Filtered spike trains r (N).
  [[nodiscard]] std::span<const Real> rates(Index trajectory) const noexcept {
    return core::row_of(filters_, (trajectory + 1) * filter_variables_ - 1, neurons_);
  }

  /// A step has taken what arrived in it, before its own spikes are known. Local.
  void pass() noexcept;
  /// Where the spikes of a step are written (trajectories x words), before `take` or `restore`.
  [[nodiscard]] std::span<core::SpikeWord> to_write() noexcept { return words_; }
  /// The spikes of a step have been written, `age` steps after it. Local.
  void take(const AnyNeurons& neurons, Index age) noexcept {
    for (Index k = 0; has_rates() && k < trajectories_; ++k) neurons.follow(of(k), filter(k));
    if (!delays_.empty()) send(age);
  }
  /// The same after states have been set: `gather(own, all)` gathers a number of each neuron from all ranks, and
  /// `own_filter(trajectory)` are filter variables of the own neurons (filter_variables x own). Collective.
  template <class Gather, class OwnFilter>
  void restore(const Gather& gather, OwnFilter own_filter) {
    for (Index k = 0; has_rates() && k < trajectories_; ++k) {
      const std::span<const Real> own = own_filter(k);
      const auto all = filter(k);
      const Index size = std::ssize(own) / filter_variables_;
      for (Index v = 0; v < filter_variables_; ++v) gather(core::row_of(own, v, size), core::row_of(all, v, neurons_));
    }
  }

 private:
  [[nodiscard]] Index words() const noexcept { return core::Partition(neurons_, 1).blocks(); }
  [[nodiscard]] std::span<Real> filter(Index trajectory) noexcept {
    return core::row_of(filters_, trajectory, filter_variables_ * neurons_);
  }
  void send(Index age) noexcept;
  /// The place of the spikes that arrive in `steps` from the next step.
  [[nodiscard]] std::size_t place(Index trajectory, Index steps) const noexcept {
    return core::as_size((trajectory * slots_ + (now_ + steps) % slots_) * words());
  }
  [[nodiscard]] core::SpikeMap slot(Index trajectory, Index steps) const noexcept {
    return core::SpikeMap(ring_).subspan(place(trajectory, steps), core::as_size(words()));
  }

  Index trajectories_;
  Index neurons_;
  Index filter_variables_;
  std::vector<core::SpikeWord> words_;  // trajectories x blocks
  std::vector<Index> delays_;           // of each neuron, in steps; empty: all arrive in the next step
  Index slots_ = 0;                     // the longest delay, or 0
  Index now_ = 0;                       // the slot of the next step
  std::vector<core::SpikeWord> ring_;   // trajectories x slots x blocks
  core::AlignedVector<Real> filters_;   // trajectories x variables x N, or empty
};

}  // namespace bayres::model
