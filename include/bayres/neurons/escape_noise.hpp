#pragma once
/// \file
/// A neuron with escape noise: spikes are random, and the more likely the higher its potential.

#include <array>

#include "bayres/core/parameter.hpp"
#include "bayres/core/spikes.hpp"

namespace bayres::model {

using core::Index;
using core::Real;

/// Keys output.KEY of a learner whose output sends spikes.
struct EscapeParameters {
  Real escape_rate = 1;
  Real bias = 5;
  Real adaptation = 5;
  Real tau_adaptation = 10;
  Real tau_ref = 2;
  static constexpr auto parameters() {
    using E = EscapeParameters;
    using P = core::Parameter<E>;
    return std::array{
        P{"escape_rate", &E::escape_rate, "1/ms", "rate of spikes where z - bias - a = 0", core::between(1e-12, 1e6)},
        P{"bias", &E::bias, "1", "what is taken from z: with z = 0 the neuron spikes at rate exp(-bias)"},
        P{"adaptation", &E::adaptation, "1", "what each spike adds to a, which is taken from z", core::non_negative},
        P{"tau_adaptation", &E::tau_adaptation, "ms", "time constant of the decay of a", core::between(1e-6, 1e6)},
        P{"tau_ref", &E::tau_ref, "ms", "refractory time after a spike", core::between(0, 1e6)},
    };
  }
};

/// What a step says of the potential v of a neuron that is to send a spike train.
struct SpikeEvidence {
  Real gradient = 0;     ///< d of the log-likelihood by v
  Real information = 0;  ///< its Fisher information on v; 0: the step says nothing
};

/// What follows from x, the number of spikes that is expected in a step in which the neuron spikes with probability
/// 1 - exp(-x). The gradient is x/(e^x - 1) if a spike is desired, else -x; the information is x^2/(e^x - 1).
[[nodiscard]] SpikeEvidence spike_evidence(Real x, bool desired) noexcept;

/// A neuron with potential v = z - bias - a, which spikes in a step with probability 1 - exp(-escape_rate e^v dt),
/// unless it is refractory; a jumps at each spike, and decays. The log-likelihood of a spike train is concave in v.
///
/// It goes two ways at once. Its evidence is that of a neuron whose a and refractoriness follow from the *desired*
/// spikes; the spikes that it sends have an a of their own.
///
/// Source: Pfister, Toyoizumi, Barber & Gerstner 2006, Neural Comput 18:1318-1348; Jolivet, Rauch, Luescher & Gerstner
/// 2006, J Comput Neurosci 21:35-49 (escape noise).
class EscapeNeuron {
 public:
  EscapeNeuron(const EscapeParameters& parameters, Real dt);

  /// One step, for z = w r, whether a spike is desired in it, and a random number, uniform in (0, 1), for its own
  /// spike.
  core::OutputSpike step(Real z, bool desired, Real uniform) noexcept;
  /// Of the last step. Learning counts x up to 3 only.
  [[nodiscard]] const SpikeEvidence& evidence() const noexcept { return evidence_; }
  /// Before the first spike.
  void begin() noexcept { desired_ = sent_ = {}; }

  /// Calls `visit` for each number of its state, which it may change.
  template <class Visit>
  void visit_state(const Visit& visit) {
    for (Train* train : {&desired_, &sent_}) {
      visit(train->adaptation);
      visit(train->left);
    }
  }

 private:
  /// What follows from the spikes so far.
  struct Train {
    Real adaptation = 0;
    Real left = 0;  // steps of the refractory time
  };
  [[nodiscard]] Real log_expected(Real z, const Train& train) const noexcept;
  void advance(Train& train, bool spike) const noexcept;

  Real bias_;
  Real log_rate_;  // of expected spikes in a step with v = 0
  Real jump_;
  Real kept_;        // of a, in a step
  Real refractory_;  // steps
  Real dt_;
  Train desired_;
  Train sent_;
  SpikeEvidence evidence_;
};

}  // namespace bayres::model
