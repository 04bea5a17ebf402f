#pragma once
/// \file
/// Normalised least mean squares.

#include "bayres/kernels/block_sum.hpp"
#include "bayres/rules/rule.hpp"

namespace bayres::rules {

/// w_i += eta delta r_i / (epsilon + sum_j r_j^2). Corrects the fraction eta of the error for any activity.
class Nlms {
 public:
  static constexpr core::Info info{
      .name = "nlms",
      .equation = "w_i += eta delta r_i / (epsilon + sum_j r_j^2)",
      .locality = "collective: needs the activity of all neurons",
      .source = "Nagumo & Noda 1967, IEEE Trans. Automatic Control 12:282-287",
  };

  struct Parameters {
    Real eta = 0.1;
    Real epsilon = 1e-6;
    static constexpr auto parameters() {
      using P = core::Parameter<Parameters>;
      return std::array{
          P{"eta", &Parameters::eta, "1", "fraction of the error that one update corrects; stable below 2",
            core::positive},
          P{"epsilon", &Parameters::epsilon, "1", "keeps the divisor from zero", core::positive},
      };
    }
  };

  Nlms(const Parameters& parameters, const Synapses& synapses)
      : parameters_(parameters), own_(synapses.own), neurons_(static_cast<std::size_t>(synapses.neurons)) {}

  /// `rates` holds all neurons. Every rank computes the same sum, so nothing is gathered.
  template <class G>
  requires Gather<G>
  void learn(std::span<const Real> rates, std::span<const Real> delta, std::span<Real> weights, G&) noexcept {
    const auto all = rates.first(neurons_);
    const Real power = core::blocked_dot(all, all, core::Partition::block_size);
    add_rates(own_, rates, delta, parameters_.eta / (parameters_.epsilon + power), weights);
  }

  void visit_state(core::StateVisitor&) noexcept {}

  [[nodiscard]] static Index bytes(const Parameters&, const Synapses&) noexcept { return 0; }

 private:
  Parameters parameters_;
  Range own_;
  std::size_t neurons_;
};

}  // namespace bayres::rules
