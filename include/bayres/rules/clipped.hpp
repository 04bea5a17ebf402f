#pragma once
/// \file
/// The Bayesian rule with weights clipped to the sign given by Dale's law.

#include "bayres/kernels/array_view.hpp"
#include "bayres/rules/bayes.hpp"
#include "bayres/rules/signs.hpp"

namespace bayres::rules {

/// As `bayes`, then every weight of the wrong sign is set to 0. A control for `dale`: clipped synapses become silent.
class Clipped {
 public:
  static constexpr core::Info info{
      .name = "clipped",
      .equation = "S_i += r_i^2; w_i += delta r_i / (kappa + S_i); w_i = 0 if its sign is not sign_i",
      .locality = "local",
      .source = "control for dale: projection of bayes on the signs",
  };

  struct Parameters {
    Real kappa = core::automatic;
    Real fraction_excitatory = 0.5;
    static constexpr auto parameters() {
      return std::array{
          precision_parameter(&Parameters::kappa, "reservoir.size, or as that of bayes if neurons spike"),
          excitatory_parameter(&Parameters::fraction_excitatory),
      };
    }
    [[nodiscard]] Parameters resolved(const RateScale& rates) const {
      return {core::value_or(kappa, rates.largest_sum), fraction_excitatory};
    }
  };

  Clipped(const Parameters& parameters, const Synapses& synapses)
      : bayes_({.kappa = parameters.kappa}, synapses), signs_(draw_signs(synapses, parameters.fraction_excitatory)) {}

  void learn(std::span<const Real> rates, std::span<const Real> delta, std::span<Real> weights) noexcept {
    bayes_.learn(rates, delta, weights);
    for (std::size_t m = 0; m < delta.size(); ++m) {
      auto w = core::array(readout(weights, m, rates.size()));
      w = (w * core::const_array(signs_) < 0).select(Real{0}, w);
    }
  }

  void learning_rate(std::span<Real> rates) const noexcept { bayes_.learning_rate(rates); }

  void visit_state(core::StateVisitor& visit) { bayes_.visit_state(visit); }

  [[nodiscard]] static Index bytes(const Parameters&, const Synapses& synapses) noexcept {
    return 2 * synapses.own.size() * static_cast<Index>(sizeof(Real));
  }

 private:
  Bayes bayes_;
  core::AlignedVector<Real> signs_;  // own
};

}  // namespace bayres::rules
