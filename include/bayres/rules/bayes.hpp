#pragma once
/// \file
/// The Bayesian rule: each synapse infers its own target weight, and its learning rate is its uncertainty.

#include "bayres/kernels/array_view.hpp"
#include "bayres/kernels/block_sum.hpp"
#include "bayres/rules/rule.hpp"
#include "bayres/rules/shared.hpp"

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
/// only on the rates, so the readouts of a learner share it. With others = shared (rules/shared.hpp) the update is
/// w_i += alpha_i delta r_i / (1 + V) with alpha of before, V = sum_j alpha_j r_j^2, and kappa is 1 by default. With
/// others = discount, for outputs that send spikes, `learn` is given V times the Fisher information of the n steps over
/// which rates are correlated, by which what these steps say is divided.
class Bayes {
 public:
  static constexpr core::Info info{
      .name = "bayes",
      .equation =
          "alpha_i += drift; 1/alpha_i += r_i^2; w_i += alpha_i delta r_i; 1/alpha_i(0) = kappa; with prior_decay p "
          "first w_i *= 1 - p, alpha_i = (1 - p)^2 alpha_i + (1 - (1 - p)^2)/kappa; with others = shared "
          "w_i += alpha_i delta r_i/(1 + V), V = sum_j alpha_j r_j^2, alpha of before; joint: 1/alpha_i as if r_i^2 "
          "were r_i^2/(1 + V - alpha_i r_i^2); discount, of outputs that send spikes: 1/alpha_i += F r_i^2/(1 + F V n)",
      .locality = "local; with others = shared, joint or discount also the broadcast V",
      .source =
          "Menendez & Latham, Bayesian weight updates stabilize and improve local learning in a recurrent "
          "neural network",
  };

  struct Parameters {
    Real kappa = core::automatic;
    Real drift = 0;
    Real prior_decay = 0;
    std::string others = "prior";
    static constexpr auto parameters() {
      using P = core::Parameter<Parameters>;
      return std::array{
          precision_parameter(
              &Parameters::kappa,
              "reservoir.size, or of spiking neurons twice the largest sum of r^2 in the washout; 1 with others = "
              "shared or joint; of outputs that send spikes 0.3 times the mean sum of r^2"),
          P{"drift", &Parameters::drift, "1/step", "variance that a target weight gains per learning step",
            core::non_negative},
          P{"prior_decay", &Parameters::prior_decay, "1/step",
            "fraction of the way back to the prior, mean 0 and variance 1/kappa, per learning step",
            core::between(0, 1)},
          others_or_discount_parameter(&Parameters::others),
      };
    }
    [[nodiscard]] bool shares() const { return shares_uncertainty(others); }
    [[nodiscard]] bool discounts() const { return others == "discount"; }
    [[nodiscard]] Parameters resolved(const RateScale& rates) const {
      const Real derived = shares() && !discounts() ? 1 : rates.largest_sum;
      return {core::value_or(kappa, derived), drift, prior_decay, others};
    }
  };

  Bayes(const Parameters& parameters, const Synapses& synapses)
      : neurons_(synapses.neurons),
        own_(synapses.own),
        drift_(parameters.drift),
        kept_(1 - parameters.prior_decay),
        shares_(parameters.shares()),
        bounded_(synapses.bounded()),
        joint_(parameters.others == "joint"),
        discounts_(parameters.discounts()),
        prior_(1 / parameters.resolved(synapses.rates()).kappa),
        precision_(static_cast<std::size_t>(synapses.own.size()), parameters.resolved(synapses.rates()).kappa),
        gain_(shares_ ? precision_.size() : 0) {}

  void learn(std::span<const Real> rates, std::span<const Real> delta, std::span<Real> weights) noexcept {
    forget();
    if (kept_ < 1) core::array(weights) *= kept_;
    core::add_squares(rates, precision_);
    correct(rates, delta, weights);
  }

  /// \name With others = shared, joint or discount (SharesUncertainty)
  /// \{
  void uncertainty(std::span<const Real> rates, std::span<Real> blocks) noexcept {
    constexpr std::size_t block = core::Partition::block_size;
    forget();
    core::array(gain_) = core::const_array(rates) / core::const_array(precision_);
    for (std::size_t b = 0; b < blocks.size(); ++b) {
      const auto r = rates.subspan(b * block, std::min(block, rates.size() - b * block));
      core::block_dots(gain_.data() + b * block, 0, r, blocks.subspan(b, 1));
    }
    const auto rest = rates.subspan(std::min(rates.size(), blocks.size() * block));  // of the features that are added
    if (!rest.empty()) blocks.back() += core::blocked_dot(rest, std::span(gain_).last(rest.size()), block);
  }
  void learn(std::span<const Real> rates, std::span<const Real> delta, std::span<Real> weights, Real V) noexcept {
    if (kept_ < 1) core::array(weights) *= kept_;
    if (discounts_) {
      core::array(precision_) += core::const_array(rates).square() / (1 + V);
      return correct(rates, delta, weights);
    }
    for (std::size_t m = 0; m < delta.size(); ++m) {
      core::add_scaled(delta[m] / (1 + V), gain_, readout(weights, m, rates.size()));
    }
    if (!joint_) return core::add_squares(rates, precision_);
    core::array(precision_) *= (1 + V) / (1 + V - core::const_array(rates) * core::const_array(gain_));
  }
  /// \}

  /// alpha_i (own), in units of sigma_l^2.
  void learning_rate(std::span<Real> rates) const noexcept {
    auto alpha = core::array(rates);
    alpha = 1 / core::const_array(precision_);
  }

  [[nodiscard]] bool rates_may_rise() const noexcept { return drift_ > 0 || kept_ < 1; }
  /// Without V. With kappa >= N, sum_i r_i^2 / (kappa + S_i) <= sum_i 1 / (N + 1) < 1 (model: the total one-step
  /// correction).
  [[nodiscard]] bool never_overshoots() const noexcept {
    return bounded_ && !shares_ && !rates_may_rise() && prior_ * static_cast<Real>(neurons_) <= 1;
  }

  void visit_state(core::StateVisitor& visit) {
    visit(core::neuron_array("precision", 1, neurons_, own_), std::span<Real>(precision_));
  }

  [[nodiscard]] static Index bytes(const Parameters& parameters, const Synapses& synapses) noexcept {
    return (parameters.shares() ? 2 : 1) * synapses.own.size() * static_cast<Index>(sizeof(Real));
  }

 private:
  /// What the targets' random walk and the relaxation to the prior make of the posterior.
  void forget() noexcept {
    auto precision = core::array(precision_);
    if (kept_ < 1) precision = 1 / (kept_ * kept_ / precision + (1 - kept_ * kept_) * prior_);
    if (drift_ > 0) precision = 1 / (1 / precision + drift_);
  }

  /// w_i += alpha_i delta r_i.
  void correct(std::span<const Real> rates, std::span<const Real> delta, std::span<Real> weights) const noexcept {
    for (std::size_t m = 0; m < delta.size(); ++m) {
      core::add_scaled_ratio(delta[m], rates, precision_, readout(weights, m, rates.size()));
    }
  }

  Index neurons_;
  Range own_;
  Real drift_;
  Real kept_;  // 1 - prior_decay
  bool shares_;
  bool bounded_;  // rates are between -1 and 1
  bool joint_;
  bool discounts_;
  Real prior_;                           // alpha(0) = 1/kappa
  core::AlignedVector<Real> precision_;  // 1/alpha_i = kappa + S_i
  core::AlignedVector<Real> gain_;       // alpha_i r_i, between `uncertainty` and `learn`; or empty
};

}  // namespace bayres::rules
