#pragma once
/// \file
/// Independent Poisson spike trains: inputs without a reservoir.

#include "bayres/neurons/neurons.hpp"
#include "bayres/neurons/spike_filter.hpp"

namespace bayres::model {

/// Neurons that spike at random, each by itself, with a constant rate: nothing drives them, and J, W_in and W_fb have
/// no effect. In a step the neuron spikes with probability 1 - exp(-rate dt). What readouts hear is the spike train
/// through the filter of `lif`.
class Poisson {
 public:
  static constexpr core::Info info{
      .name = "poisson",
      .equation =
          "spikes at random, with probability 1 - exp(-rate dt) in a step; r: own spikes through the filter of "
          "lif; nothing drives them",
      .source = "inputs of Pfister, Toyoizumi, Barber & Gerstner 2006, Neural Comput 18:1318-1348"};
  static constexpr std::array variables{
      core::Quantity{"spike", "1", "1 in a step in which the neuron spikes"},
      core::Quantity{"filter", "1", "own spikes through the decay of the filter"},
      core::Quantity{"filtered", "1", "own spikes through the whole filter"},
  };
  static constexpr core::Quantity rate{"rates", "1", "filtered spike train r"};
  static constexpr Index filter_variables = SpikeFilter::variables;
  static constexpr bool is_driven = false;

  struct Parameters {
    Real rate = 0.01;
    Real tau_rise = 2;
    Real tau_decay = 20;
    static constexpr auto parameters() {
      using P = core::Parameter<Parameters>;
      return std::array{
          P{"rate", &Parameters::rate, "1/ms", "spikes per ms of each neuron: 0.01 is 10 Hz", core::between(1e-9, 10)},
          P{"tau_rise", &Parameters::tau_rise, "ms", "rise of the filter; 0: none", core::between(0, 1e6)},
          P{"tau_decay", &Parameters::tau_decay, "ms", "decay of the filter", core::between(1e-6, 1e6)}};
    }
    static bool draws() { return true; }
    /// Of a filtered train.
    /// \{
    [[nodiscard]] Real mean() const { return rate * tau_decay; }
    [[nodiscard]] Real variance() const { return rate * tau_decay * tau_decay / (2 * (tau_rise + tau_decay)); }
    /// \}
  };

  Poisson(const Parameters& parameters, const NeuronContext& context);

  /// Nothing has spiked before the first step.
  void begin(std::span<const Real>, std::span<Real> state) const { std::ranges::fill(state, Real{0}); }
  void advance(const Drive& drive, std::span<Real> state) const noexcept;
  void rates(std::span<const Real> state, std::span<Real> rates) const noexcept {
    std::ranges::copy(state.last(rates.size()), rates.begin());
  }
  void slope(std::span<const Real>, std::span<Real> slope) const noexcept { std::ranges::fill(slope, Real{0}); }
  void spikes(std::span<const Real> state, std::span<core::SpikeWord> map) const noexcept {
    write_spikes(state.first(core::as_size(own_.size())), map);
  }
  void follow(core::SpikeMap map, std::span<Real> filter) const noexcept { filter_.follow(map, filter); }

 private:
  Real chance_;  // of a spike in a step
  core::Range own_;
  SpikeFilter filter_;
};

}  // namespace bayres::model
