#pragma once
// A rule for recurrent synapses as a newcomer would write it: s_ij is the sum of |r_j|.
#include "bayres/plasticity/rule.hpp"

namespace toys {
using namespace bayres;

class Plasticity {
 public:
  static constexpr core::Info info{
      .name = "toy-plasticity", .equation = "J_ij += eta delta w_i r'_i r_j / (1 + s_ij)", .source = "a test"};
  struct Parameters {
    double eta = 0.1;
    static constexpr auto parameters() {
      return std::array{core::Parameter<Parameters>{"eta", &Parameters::eta, "1", "learning rate", core::positive}};
    }
  };
  Plasticity(const Parameters& p, const plasticity::Synapses& s)
      : eta_(p.eta), own_(s), sums_(core::as_size(s.count)) {}
  void learn(const plasticity::Signals& s, model::AnyConnections& J) {
    for (core::Index i = 0, k = 0; i < J.rows(); ++i) {
      const double post = eta_ * s.weight * s.delta[0] * s.readout[core::as_size(i)] * s.slope[core::as_size(i)];
      J.update(i, [&](core::Index j, double& weight) {
        const double r = s.arrived[core::as_size(j)];
        weight += post * r / (1 + (sums_[core::as_size(k++)] += s.weight * std::abs(r)));
      });
    }
  }
  void visit_state(core::StateVisitor& visit, const model::AnyConnections&) {
    visit(core::synapse_array("sums", own_.before, own_.count, own_.all), std::span<double>(sums_));
  }
  static core::Index bytes(const Parameters&, const plasticity::Synapses& s) { return s.count * 8; }

 private:
  double eta_;
  plasticity::Synapses own_;
  std::vector<double> sums_;
};
}  // namespace toys
