#pragma once
/// \file
/// AdaGrad: learning rates that fall with past gradients, not with uncertainty.

#include "bayres/kernels/array_view.hpp"
#include "bayres/rules/rule.hpp"

namespace bayres::rules {

/// G_i += (delta r_i)^2; w_i += eta delta r_i / (sqrt(G_i) + epsilon).
class Adagrad {
 public:
  static constexpr core::Info info{
      .name = "adagrad",
      .equation = "G_i += (delta r_i)^2; w_i += eta delta r_i / (sqrt(G_i) + epsilon)",
      .locality = "local",
      .source = "Duchi, Hazan & Singer 2011, J. Mach. Learn. Res. 12:2121-2159",
  };

  struct Parameters {
    Real eta = 1e-3;
    Real epsilon = 1e-8;
    static constexpr auto parameters() {
      using P = core::Parameter<Parameters>;
      return std::array{
          P{"eta", &Parameters::eta, "1", "learning rate", core::positive},
          P{"epsilon", &Parameters::epsilon, "1", "keeps the divisor from zero", core::positive},
      };
    }
  };

  Adagrad(const Parameters& parameters, const Synapses& synapses)
      : parameters_(parameters),
        neurons_(synapses.neurons),
        own_(synapses.own),
        outputs_(synapses.outputs),
        squares_(static_cast<std::size_t>(synapses.outputs * own_.size())) {}

  void learn(std::span<const Real> rates, std::span<const Real> delta, std::span<Real> weights) noexcept {
    const auto r = core::const_array(rates);
    for (std::size_t m = 0; m < delta.size(); ++m) {
      auto squares = core::array(readout(squares_, m, rates.size()));
      auto w = core::array(readout(weights, m, rates.size()));
      squares += (delta[m] * r).square();
      w += parameters_.eta * (delta[m] * r) / (squares.sqrt() + parameters_.epsilon);
    }
  }

  void visit_state(core::StateVisitor& visit) {
    visit(core::neuron_array("squares", outputs_, neurons_, own_), std::span<Real>(squares_));
  }

  [[nodiscard]] static Index bytes(const Parameters&, const Synapses& synapses) noexcept {
    return synapses.outputs * synapses.own.size() * static_cast<Index>(sizeof(Real));
  }

 private:
  Parameters parameters_;
  Index neurons_;
  Range own_;
  Index outputs_;
  core::AlignedVector<Real> squares_;  // G: outputs x own
};

}  // namespace bayres::rules
