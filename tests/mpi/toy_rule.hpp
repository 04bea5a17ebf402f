#pragma once
// A learning rule as a newcomer would write it.

#include "bayres/rules/rule.hpp"

namespace toys {
using namespace bayres;

class Rule {
 public:
  static constexpr core::Info info{.name = "toy-rule",
                                   .equation = "s_i += |r_i|, w_i += eta delta r_i / s_i",
                                   .locality = "local",
                                   .source = "a test"};
  struct Parameters {
    core::Real eta = 0.1;
    core::Index spare = 0;
    static constexpr auto parameters() {
      using P = core::Parameter<Parameters>;
      return std::array{P{"eta", &Parameters::eta, "1", "learning rate", core::positive},
                        P{"spare", &Parameters::spare, "bytes", "claimed per synapse", core::non_negative}};
    }
  };
  Rule(const Parameters& p, const rules::Synapses& s) : eta_(p.eta), synapses_(s), sums_(core::as_size(s.own.size())) {}
  void learn(std::span<const core::Real> rates, std::span<const core::Real> delta, std::span<core::Real> weights) {
    for (std::size_t i = 0; i < rates.size(); ++i) sums_[i] += std::abs(rates[i]);
    for (std::size_t i = 0; i < rates.size(); ++i) weights[i] += eta_ * delta[0] * rates[i] / (1 + sums_[i]);
  }
  void visit_state(core::StateVisitor& visit) {
    visit(core::neuron_array("sums", 1, synapses_.neurons, synapses_.own), std::span<core::Real>(sums_));
  }
  static core::Index bytes(const Parameters& p, const rules::Synapses& s) { return s.own.size() * (8 + p.spare); }

 private:
  core::Real eta_;
  rules::Synapses synapses_;
  std::vector<core::Real> sums_;
};
}  // namespace toys
