#pragma once
/// \file
/// A common learning rate that decays as the Bayesian one does on average: a control for the role of synapse-specific
/// rates.

#include "bayres/kernels/block_sum.hpp"
#include "bayres/rules/rule.hpp"

namespace bayres::rules {

/// S += mean_i r_i^2; w_i += delta r_i / (kappa + S). `bayes` differs only in that each synapse has its own rate.
class DeltaDecay {
 public:
  static constexpr core::Info info{
      .name = "delta-decay",
      .equation = "S += mean_i r_i^2; w_i += delta r_i / (kappa + S)",
      .locality = "collective: needs the mean activity of all neurons",
      .source = "control for bayes: Menendez & Latham's rate, averaged over synapses",
  };

  struct Parameters {
    Real kappa = core::automatic;
    static constexpr auto parameters() {
      using P = core::Parameter<Parameters>;
      return std::array{P{"kappa",
                          &Parameters::kappa,
                          "1",
                          "inverse of the initial learning rate",
                          core::positive,
                          {},
                          "reservoir.size, or as that of bayes if neurons spike"}};
    }
    [[nodiscard]] Parameters resolved(const RateScale& rates) const {
      return {core::value_or(kappa, rates.largest_sum)};
    }
  };

  DeltaDecay(const Parameters& parameters, const Synapses& synapses)
      : own_(synapses.own),
        neurons_(static_cast<std::size_t>(synapses.neurons)),
        precision_(parameters.resolved(synapses.rates()).kappa) {}

  /// `rates` holds all neurons. Every rank computes the same mean, so nothing is gathered.
  template <class G>
  requires Gather<G>
  void learn(std::span<const Real> rates, std::span<const Real> delta, std::span<Real> weights, G&) noexcept {
    const auto all = rates.first(neurons_);
    precision_ += core::blocked_dot(all, all, core::Partition::block_size) / static_cast<Real>(neurons_);
    add_rates(own_, rates, delta, 1 / precision_, weights);
  }

  void visit_state(core::StateVisitor& visit) {
    visit(core::shared_array("precision", 1, own_.contains(0)), std::span<Real>(&precision_, 1));
  }

  [[nodiscard]] static Index bytes(const Parameters&, const Synapses&) noexcept { return 0; }

 private:
  Range own_;
  std::size_t neurons_;
  Real precision_;  // kappa + S
};

}  // namespace bayres::rules
