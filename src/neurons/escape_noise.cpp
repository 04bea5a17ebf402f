#include "bayres/neurons/escape_noise.hpp"

#include <algorithm>
#include <cmath>

#include "bayres/kernels/elementary.hpp"

namespace bayres::model {
namespace {

constexpr Real most_expected = 3;  // of spikes in a step, in learning

/// x/(e^x - 1), x >= 0.
Real expected_ratio(Real x) noexcept {
  constexpr Real small = 1e-2;
  if (x < small)
    return 1 - x / 2 + x * x / 12 - x * x * x * x / 720;  // Bernoulli's series; the next term is below 1e-16
  return x / (core::exp_of(x) - 1);
}

/// ln(1 - e^-x), given ln x: the logarithm of the probability of a spike.
Real log_of_spike(Real x, Real log_x) noexcept {
  constexpr Real certain = 40;  // 1 - e^-x is 1 to rounding
  return x > certain ? 0 : log_x - x - core::log_of(expected_ratio(x));
}

}  // namespace

SpikeEvidence spike_evidence(Real x, bool desired) noexcept {
  constexpr Real least = 1e-30;  // so that a neuron that never spikes can learn to
  const Real ratio = expected_ratio(x);
  return {desired ? ratio : -x, std::max(x * ratio, least)};
}

EscapeNeuron::EscapeNeuron(const EscapeParameters& p, Real dt)
    : bias_(p.bias),
      log_rate_(core::log_of(p.escape_rate * dt)),
      jump_(p.adaptation),
      kept_(core::exp_of(-dt / p.tau_adaptation)),
      refractory_(std::round(p.tau_ref / dt)),
      dt_(dt) {}

Real EscapeNeuron::log_expected(Real z, const Train& train) const noexcept {
  return log_rate_ + z - bias_ - train.adaptation;
}

void EscapeNeuron::advance(Train& train, bool spike) const noexcept {
  train.adaptation = (train.adaptation + (spike ? jump_ : 0)) * kept_;
  train.left = spike ? refractory_ : std::max(train.left - 1, Real{0});
}

core::OutputSpike EscapeNeuron::step(Real z, bool desired, Real uniform) noexcept {
  core::OutputSpike spike{.desired = desired, .refractory = desired_.left > 0, .dt = dt_};
  evidence_ = {};
  if (!spike.refractory) {
    const Real log_x = log_expected(z, desired_);
    const Real x = core::exp_of(log_x);
    spike.log_likelihood = desired ? log_of_spike(x, log_x) : -x;
    evidence_ = spike_evidence(std::min(x, most_expected), desired);
  }
  spike.sent = !(sent_.left > 0) && uniform < 1 - core::exp_of(-core::exp_of(log_expected(z, sent_)));
  advance(desired_, desired);
  advance(sent_, spike.sent);
  return spike;
}

}  // namespace bayres::model
