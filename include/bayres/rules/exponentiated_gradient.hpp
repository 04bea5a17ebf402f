#pragma once
/// \file
/// Exponentiated gradient: multiplicative updates at a fixed rate, which keep the signs of weights.

#include "bayres/kernels/array_view.hpp"
#include "bayres/rules/signs.hpp"

namespace bayres::rules {

/// w_i <- w_i exp(eta delta sign_i r_i), w(0) = sign w0. A control for `dale`: the same constraint without uncertainty.
class ExponentiatedGradient {
 public:
  static constexpr core::Info info{
      .name = "exponentiated-gradient",
      .equation = "w_i <- w_i exp(eta delta sign_i r_i)",
      .locality = "local",
      .source = "Kivinen & Warmuth 1997, Information and Computation 132:1-63",
  };

  struct Parameters {
    Real eta = 0.01;
    Real w0 = 0.02;
    Real fraction_excitatory = 0.5;
    static constexpr auto parameters() {
      using P = core::Parameter<Parameters>;
      return std::array{
          P{"eta", &Parameters::eta, "1", "learning rate of the log weight", core::positive},
          P{"w0", &Parameters::w0, "1", "initial size of every weight", core::positive},
          excitatory_parameter(&Parameters::fraction_excitatory),
      };
    }
    /// Whether it draws signs.
    [[nodiscard]] bool draws() const { return fraction_excitatory > 0 && fraction_excitatory < 1; }
  };

  ExponentiatedGradient(const Parameters& parameters, const Synapses& synapses)
      : parameters_(parameters), signs_(draw_signs(synapses, parameters.fraction_excitatory)) {}

  void initial_weights(std::span<Real> weights) const noexcept { set_signed_weights(signs_, parameters_.w0, weights); }

  void learn(std::span<const Real> rates, std::span<const Real> delta, std::span<Real> weights) noexcept {
    const auto signed_rates = core::const_array(signs_) * core::const_array(rates);
    for (std::size_t m = 0; m < delta.size(); ++m) {
      core::multiply_by_exp(core::array(readout(weights, m, rates.size())), parameters_.eta * delta[m] * signed_rates);
    }
  }

  void visit_state(core::StateVisitor&) noexcept {}

  [[nodiscard]] static Index bytes(const Parameters&, const Synapses& synapses) noexcept {
    return synapses.own.size() * static_cast<Index>(sizeof(Real));
  }

 private:
  Parameters parameters_;
  core::AlignedVector<Real> signs_;  // own
};

}  // namespace bayres::rules
