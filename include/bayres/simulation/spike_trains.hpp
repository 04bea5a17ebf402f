#pragma once
/// \file
/// The spikes of all neurons, and what follows from them on every rank.

#include <vector>

#include "bayres/comm/step_exchange.hpp"
#include "bayres/core/aligned.hpp"
#include "bayres/neurons/neurons.hpp"

namespace bayres::sim {

using core::Index;
using core::Real;

/// Spikes of the last step, of all neurons and trajectories; and, where a rule must have the rates of neurons on other
/// ranks, the filtered spike trains of all neurons, which every rank then computes by itself: spikes are much shorter
/// than rates.
class SpikeTrains {
 public:
  /// `filter_variables` of model::AnyNeurons; 0: no rates are needed.
  SpikeTrains(Index trajectories, Index neurons, Index filter_variables)
      : trajectories_(trajectories),
        neurons_(neurons),
        filter_variables_(filter_variables),
        words_(core::as_size(trajectories * words())),
        filters_(core::as_size(trajectories * filter_variables * neurons)) {}

  [[nodiscard]] core::SpikeMap of(Index trajectory) const noexcept { return core::row_of(words_, trajectory, words()); }
  [[nodiscard]] bool has_rates() const noexcept { return !filters_.empty(); }
  /// Filtered spike trains r (N).
  [[nodiscard]] std::span<const Real> rates(Index trajectory) const noexcept {
    return core::row_of(filters_, (trajectory + 1) * filter_variables_ - 1, neurons_);
  }

  /// The spikes of a step, from the exchange after it has run. Local.
  void take(const comm::StepExchange& exchange, const model::AnyNeurons& neurons) noexcept {
    set(exchange);
    for (Index k = 0; has_rates() && k < trajectories_; ++k) neurons.follow(of(k), filter(k));
  }
  /// The same after states have been set; `own_filter(trajectory)` are filter variables of the own neurons
  /// (filter_variables x own). Collective.
  template <class OwnFilter>
  void restore(const comm::StepExchange& exchange, const comm::NeuronGather& gather, OwnFilter own_filter) {
    set(exchange);
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
  void set(const comm::StepExchange& exchange) noexcept { exchange.all_spikes(words_); }

  Index trajectories_;
  Index neurons_;
  Index filter_variables_;
  std::vector<core::SpikeWord> words_;  // trajectories x blocks
  core::AlignedVector<Real> filters_;   // trajectories x variables x N, or empty
};

}  // namespace bayres::sim
