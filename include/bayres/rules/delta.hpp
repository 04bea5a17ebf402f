#pragma once
/// \file
/// The delta rule: one fixed learning rate for all synapses.

#include "bayres/rules/rule.hpp"

namespace bayres::rules {

/// w_i += eta delta r_i (Widrow & Hoff 1960). Overshoots once eta sum_i r_i^2 > 2.
class Delta {
 public:
  static constexpr core::Info info{
      .name = "delta",
      .equation = "w_i += eta delta r_i",
      .locality = "local",
      .source = "Widrow & Hoff 1960, IRE WESCON Convention Record 4:96-104",
  };

  struct Parameters {
    Real eta = 1e-3;
    static constexpr auto parameters() {
      using P = core::Parameter<Parameters>;
      return std::array{P{"eta", &Parameters::eta, "1", "learning rate", core::positive}};
    }
  };

  Delta(const Parameters& parameters, const Synapses&) : eta_(parameters.eta) {}

  void learn(std::span<const Real> rates, std::span<const Real> delta, std::span<Real> weights) noexcept {
    for (std::size_t m = 0; m < delta.size(); ++m) {
      core::add_scaled(eta_ * delta[m], rates, readout(weights, m, rates.size()));
    }
  }

  void visit_state(core::StateVisitor&) noexcept {}

  [[nodiscard]] static Index bytes(const Parameters&, const Synapses&) noexcept { return 0; }

 private:
  Real eta_;
};

}  // namespace bayres::rules
