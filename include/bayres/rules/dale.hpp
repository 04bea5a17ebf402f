#pragma once
/// \file
/// Dale's law: the Bayesian rule on the logarithm of a weight whose sign is fixed.

#include "bayres/kernels/array_view.hpp"
#include "bayres/rules/signs.hpp"

namespace bayres::rules {

/// w_i = sign_i exp(m_i) with a Gaussian posterior (m_i, v_i) over the log weight:
/// h = w_i r_i; 1/v_i += h^2/sigma_l^2; m_i += v_i h delta/sigma_l^2.
///
/// Source: Menendez & Latham's framework with the log-normal prior of Aitchison et al. 2021, Nature Neuroscience
/// 24:565-571. h is the derivative of the output with respect to m_i. Signs are drawn per presynaptic neuron;
/// w(0) = sign w0, v(0) = v0. sigma_l^2 = N w0^2 v(0) by default, the variance of the contribution of all other
/// synapses. The sum of all corrections is not bounded once weights exceed w0: with a much smaller sigma_l^2, or a
/// target much larger than sqrt(N) w0 times the rates, the rule overshoots and diverges; then use a larger w0 or
/// sigma_l^2. The update multiplies w by exp(change of m), so a sign never changes (a weight that underflows is 0).
/// Signs are drawn from run.seed and are not part of a recorded network.
class Dale {
 public:
  static constexpr core::Info info{
      .name = "dale",
      .equation = "w_i = sign_i exp(m_i); h = w_i r_i; 1/v_i += h^2/sigma_l^2; m_i += v_i h delta/sigma_l^2",
      .locality = "local",
      .source = "Menendez & Latham; log-normal prior as in Aitchison et al. 2021, Nature Neuroscience 24:565-571",
  };

  struct Parameters {
    Real w0 = 0.02;
    Real v0 = 1;
    Real likelihood_variance = core::automatic;
    Real fraction_excitatory = 0.5;
    static constexpr auto parameters() {
      using P = core::Parameter<Parameters>;
      return std::array{
          P{"w0", &Parameters::w0, "1", "initial size of every weight", core::positive},
          P{"v0", &Parameters::v0, "1", "initial variance of a log weight", core::positive},
          P{"likelihood_variance",
            &Parameters::likelihood_variance,
            "1",
            "sigma_l^2: variance of the output that a synapse cannot see",
            core::positive,
            {},
            "reservoir.size w0^2 v0"},
          excitatory_parameter(&Parameters::fraction_excitatory),
      };
    }
    /// Whether it draws signs.
    [[nodiscard]] bool draws() const { return fraction_excitatory > 0 && fraction_excitatory < 1; }
    [[nodiscard]] Parameters resolved(const RateScale& rates) const {
      const Real derived = core::as_real(rates.neurons) * w0 * w0 * v0;
      return {w0, v0, core::value_or(likelihood_variance, derived), fraction_excitatory};
    }
  };

  Dale(const Parameters& parameters, const Synapses& synapses)
      : parameters_(parameters.resolved(synapses.rates())),
        neurons_(synapses.neurons),
        own_(synapses.own),
        outputs_(synapses.outputs),
        signs_(draw_signs(synapses, parameters.fraction_excitatory)),
        precision_(static_cast<std::size_t>(synapses.outputs * own_.size()), 1 / parameters.v0) {}

  void initial_weights(std::span<Real> weights) const noexcept { set_signed_weights(signs_, parameters_.w0, weights); }

  void learn(std::span<const Real> rates, std::span<const Real> delta, std::span<Real> weights) noexcept {
    const auto r = core::const_array(rates);
    const Real per_variance = 1 / parameters_.likelihood_variance;
    for (std::size_t m = 0; m < delta.size(); ++m) {
      auto w = core::array(readout(weights, m, rates.size()));
      auto precision = core::array(readout(precision_, m, rates.size()));
      precision += per_variance * (w * r).square();
      core::multiply_by_exp(w, per_variance * delta[m] * (w * r) / precision);
    }
  }

  void visit_state(core::StateVisitor& visit) {
    visit(core::neuron_array("precision", outputs_, neurons_, own_), std::span<Real>(precision_));
  }

  [[nodiscard]] static Index bytes(const Parameters&, const Synapses& synapses) noexcept {
    return (synapses.outputs + 1) * synapses.own.size() * static_cast<Index>(sizeof(Real));
  }

 private:
  Parameters parameters_;
  Index neurons_;
  Range own_;
  Index outputs_;
  core::AlignedVector<Real> signs_;      // own
  core::AlignedVector<Real> precision_;  // 1/v: outputs x own
};

}  // namespace bayres::rules
