#pragma once
/// \file
/// The Bayesian rule: each synapse infers its own target weight, and its learning rate is its uncertainty.

#include "bayres/kernels/array_view.hpp"
#include "bayres/rules/rule.hpp"

namespace bayres::rules {

/// alpha_i <- alpha_i + q; 1/alpha_i <- 1/alpha_i + r_i^2; w_i += alpha_i delta r_i, with 1/alpha_i(0) = kappa.
///
/// Source: Menendez & Latham, "Bayesian weight updates stabilize and improve local learning in a recurrent neural
/// network". alpha_i is the posterior variance of synapse i's target weight in units of the likelihood's variance
/// sigma_l^2; kappa = sigma_l^2(0) / sigma_i^2(0), by default N. With drift q = 0 this is alpha_i = 1/(kappa + sum
/// r_i^2) and the sum over synapses of alpha_i r_i^2 never exceeds 1 if kappa >= N, so no update overshoots. With q > 0
/// the target weights do a random walk, and the rates do not fall to 0. With prior decay p they follow an
/// autoregressive process around 0 whose variance is that of the prior, as in Aitchison et al. 2021 (Nature
/// Neuroscience 24:565-571), and mean and variance relax to the prior when nothing is learned. The posterior depends
/// only on the rates, so the readouts of a learner share it.
class Bayes {
 public:
  static constexpr core::Info info{
      .name = "bayes",
      .equation =
          "alpha_i += drift; 1/alpha_i += r_i^2; w_i += alpha_i delta r_i; 1/alpha_i(0) = kappa; with prior_decay p "
          "first w_i *= 1 - p, alpha_i = (1 - p)^2 alpha_i + (1 - (1 - p)^2)/kappa",
      .locality = "local",
      .source =
          "Menendez & Latham, Bayesian weight updates stabilize and improve local learning in a recurrent "
          "neural network",
  };

  struct Parameters {
    Real kappa = core::automatic;
    Real drift = 0;
    Real prior_decay = 0;
    static constexpr auto parameters() {
      using P = core::Parameter<Parameters>;
      return std::array{
          precision_parameter(&Parameters::kappa, "reservoir.size"),
          P{"drift", &Parameters::drift, "1/step", "variance that a target weight gains per learning step",
            core::non_negative},
          P{"prior_decay", &Parameters::prior_decay, "1/step",
            "fraction of the way back to the prior, mean 0 and variance 1/kappa, per learning step",
            core::between(0, 1)},
      };
    }
    [[nodiscard]] Parameters resolved(Index neurons) const {
      return {core::value_or(kappa, static_cast<Real>(neurons)), drift, prior_decay};
    }
  };

  Bayes(const Parameters& parameters, const Synapses& synapses)
      : neurons_(synapses.neurons),
        own_(synapses.own),
        drift_(parameters.drift),
        kept_(1 - parameters.prior_decay),
        prior_(1 / parameters.resolved(synapses.neurons).kappa),
        precision_(static_cast<std::size_t>(synapses.own.size()), parameters.resolved(synapses.neurons).kappa) {}

  void learn(std::span<const Real> rates, std::span<const Real> delta, std::span<Real> weights) noexcept {
    auto precision = core::array(precision_);
    if (kept_ < 1) {
      precision = 1 / (kept_ * kept_ / precision + (1 - kept_ * kept_) * prior_);
      core::array(weights) *= kept_;
    }
    if (drift_ > 0) precision = 1 / (1 / precision + drift_);
    core::add_squares(rates, precision_);
    for (std::size_t m = 0; m < delta.size(); ++m) {
      core::add_scaled_ratio(delta[m], rates, precision_, readout(weights, m, rates.size()));
    }
  }

  /// alpha_i (own), in units of sigma_l^2.
  void learning_rate(std::span<Real> rates) const noexcept {
    auto alpha = core::array(rates);
    alpha = 1 / core::const_array(precision_);
  }

  [[nodiscard]] bool rates_may_rise() const noexcept { return drift_ > 0 || kept_ < 1; }
  /// With kappa >= N, sum_i r_i^2 / (kappa + S_i) <= sum_i 1 / (N + 1) < 1 (model: the total one-step correction).
  [[nodiscard]] bool never_overshoots() const noexcept {
    return !rates_may_rise() && prior_ * static_cast<Real>(neurons_) <= 1;
  }

  void visit_state(core::StateVisitor& visit) {
    visit(core::neuron_array("precision", 1, neurons_, own_), std::span<Real>(precision_));
  }

  [[nodiscard]] static Index bytes(const Parameters&, const Synapses& synapses) noexcept {
    return synapses.own.size() * static_cast<Index>(sizeof(Real));
  }

 private:
  Index neurons_;
  Range own_;
  Real drift_;
  Real kept_;                            // 1 - prior_decay
  Real prior_;                           // alpha(0) = 1/kappa
  core::AlignedVector<Real> precision_;  // 1/alpha_i = kappa + S_i
};

}  // namespace bayres::rules
