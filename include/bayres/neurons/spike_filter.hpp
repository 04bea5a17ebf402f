#pragma once
/// \file
/// The filter through which readouts hear spikes.

#include <span>

#include "bayres/core/spikes.hpp"
#include "bayres/neurons/propagators.hpp"

namespace bayres::model {

/// tau_rise r' = -r + s; tau_decay s' = -s; a spike adds 1 to s, so that r counts spikes in a window of area tau_decay.
/// With tau_rise = 0, r is s.
class SpikeFilter {
 public:
  /// The variables s and r of each neuron.
  static constexpr Index variables = 2;

  SpikeFilter(Real tau_rise, Real tau_decay, Real dt)
      : propagators_({tau_decay, tau_rise, tau_decay}, dt), jump_(tau_rise > 0 ? 0 : 1) {}

  /// What a spike adds to r in its own step.
  [[nodiscard]] Real jump() const noexcept { return jump_; }
  /// One step of s and r (variables x neurons), from who spiked in it; and the same in two parts.
  /// \{
  void follow(core::SpikeMap map, std::span<Real> filter) const noexcept;
  void decay(std::span<Real> filter) const noexcept;
  void add_spike(std::size_t neuron, std::span<Real> filter) const noexcept {
    filter[neuron] += 1;
    filter[filter.size() / variables + neuron] += jump_;
  }
  /// \}

 private:
  Propagators propagators_;
  Real jump_;
};

/// Who of the own neurons spiked, as bits, from a number of each that is 1 or 0.
void write_spikes(std::span<const Real> spiked, std::span<core::SpikeWord> map) noexcept;

}  // namespace bayres::model
