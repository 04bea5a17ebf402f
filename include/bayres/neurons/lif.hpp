#pragma once
/// \file
/// Leaky integrate-and-fire neurons with double-exponential synapses.

#include "bayres/core/aligned.hpp"
#include "bayres/neurons/neurons.hpp"
#include "bayres/neurons/spike_filter.hpp"

namespace bayres::model {

/// Leaky integrate-and-fire neurons, integrated exactly between spikes.
///
/// tau_m V' = -V + bias + b + I + W_in u + W_fb y; tau_rise I' = -I + h; tau_decay h' = -h. A spike of neuron j adds
/// J_ij to h_i, one step later. Where V reaches the threshold the neuron spikes, and V stays at `reset` for tau_ref.
/// What readouts hear is the neuron's own spike train through the same filter with jump 1: r counts spikes in a window
/// of area tau_decay. u and y are constant in a step. Noise is white current that alone gives V a normal distribution
/// of standard deviation `noise`. With tau_rise = 0 synapses are exponential.
///
/// Source: Rotter & Diesmann 1999, Biol Cybern 81:381-402 (exact integration, and the order of a step); Nicola &
/// Clopath 2017, Nat Commun 8:2208 (as a reservoir).
class Lif {
 public:
  static constexpr core::Info info{
      .name = "lif",
      .equation =
          "tau_m V' = -V + bias + b + I + W_in u + W_fb y; tau_rise I' = -I + h; tau_decay h' = -h, h_i += J_ij at "
          "spikes of j; V >= threshold: a spike, and V = reset for tau_ref; r: own spikes through the same filter",
      .source =
          "Nicola & Clopath 2017, Nat Commun 8:2208; exact integration: Rotter & Diesmann 1999, Biol Cybern 81:381"};
  /// The filter of the own spikes comes last.
  static constexpr std::array variables{
      core::Quantity{"potential", "1", "membrane potential V"},
      core::Quantity{"current", "1", "synaptic current I"},
      core::Quantity{"synapse", "1", "h, which drives the current"},
      core::Quantity{"refractory", "step", "steps left of the refractory time"},
      core::Quantity{"spike", "1", "1 in a step in which the neuron spikes"},
      core::Quantity{"filter", "1", "own spikes through the decay of the filter"},
      core::Quantity{"filtered", "1", "own spikes through the whole filter"},
  };
  static constexpr core::Quantity rate{"rates", "1", "filtered spike train r"};
  /// What follows from the spikes of a neuron alone is in so many variables, the last ones.
  static constexpr Index filter_variables = SpikeFilter::variables;

  struct Parameters {
    Real tau_m = 10;
    Real tau_rise = 2;
    Real tau_decay = 20;
    Real tau_ref = 2;
    std::string threshold = "1";
    Real reset = 0;
    Real bias = 1;
    std::string delay = "auto";
    std::string balanced = "auto";
    static constexpr auto parameters() {
      using P = core::Parameter<Parameters>;
      constexpr auto time = core::between(1e-6, 1e6);
      return std::array{
          P{"tau_m", &Parameters::tau_m, "ms", "time constant of the membrane", time},
          P{"tau_rise", &Parameters::tau_rise, "ms", "rise of a synaptic current; 0: exponential synapses",
            core::between(0, 1e6)},
          P{"tau_decay", &Parameters::tau_decay, "ms", "decay of a synaptic current", time},
          P{"tau_ref", &Parameters::tau_ref, "ms", "refractory time, at least one step", core::between(0, 1e6)},
          P{"threshold", &Parameters::threshold, "1",
            "V at which a neuron spikes: a number, or a range such as 0.9..1.1: uniform, for each neuron"},
          P{"reset", &Parameters::reset, "1", "V after a spike, below the threshold"},
          P{"bias", &Parameters::bias, "1", "constant current of every neuron, beside reservoir.bias_scale"},
          P{"delay", &Parameters::delay, "ms",
            "from a spike to its arrival at other neurons, rounded to steps: a number, or a range such as 0.5..2: "
            "uniform, for each neuron that spikes; auto: one step"},
          P::word("balanced", &Parameters::balanced, "auto|true|false",
                  "whether the mean of each row's weights is removed from them; auto: true, but false with "
                  "reservoir.fraction_excitatory"),
      };
    }
    /// What is wrong with them for a time step, as "key = value is ...", or "".
    [[nodiscard]] std::string problem(Real dt) const;
    /// Steps that every spike takes to arrive, at least 1.
    [[nodiscard]] Index shortest_delay(Real dt) const;
    /// Whether thresholds or delays are drawn from a range.
    [[nodiscard]] bool draws() const { return (threshold + delay).find("..") != std::string::npos; }
    [[nodiscard]] bool balances_rows(bool have_signs) const {
      return balanced == "auto" ? !have_signs : balanced == "true";
    }
  };

  Lif(const Parameters& parameters, const NeuronContext& context);

  void advance(const Drive& drive, std::span<Real> state) const noexcept;
  void rates(std::span<const Real> state, std::span<Real> rates) const noexcept;
  /// None is defined; learning rules that need one are refused.
  void slope(std::span<const Real>, std::span<Real> slope) const noexcept { std::ranges::fill(slope, Real{0}); }
  /// Who of the own neurons spiked in the last step.
  void spikes(std::span<const Real> state, std::span<core::SpikeWord> map) const noexcept;
  /// One step of the filter variables (filter_variables x neurons) of any neurons, from their spikes: the same bits as
  /// those of their states.
  void follow(core::SpikeMap map, std::span<Real> filter) const noexcept { filter_.follow(map, filter); }
  /// Steps from a spike of a neuron to its arrival, at least 1; and the most that there can be.
  /// \{
  [[nodiscard]] Index delay(Index neuron) const;
  [[nodiscard]] Index longest_delay() const noexcept { return longest_delay_; }
  /// \}

 private:
  Parameters parameters_;
  Propagators propagators_;
  SpikeFilter filter_;
  Real refractory_;  // in steps
  Real noise_scale_;
  Real dt_;
  core::Philox random_;
  std::array<Real, 2> delays_;  // shortest and longest, in ms
  Index longest_delay_;
  core::AlignedVector<Real> threshold_;  // own
};

}  // namespace bayres::model
