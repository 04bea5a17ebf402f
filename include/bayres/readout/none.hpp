#pragma once
/// \file
/// Readouts that do not learn.

#include <algorithm>

#include "bayres/rules/rule.hpp"

namespace bayres::rules {

/// Readout m is the rate of neuron m.
class None {
 public:
  static constexpr core::Info info{
      .name = "none",
      .equation = "w stays as it is: output m is the rate of neuron m",
      .locality = "local",
      .source = "Miconi 2017, eLife 6:e20899, whose output is one of the neurons",
  };
  using Parameters = core::NoParameters;
  static constexpr bool learns = false;

  None(const Parameters&, const Synapses& synapses) : outputs_(synapses.outputs), own_(synapses.own) {}

  void initial_weights(std::span<Real> weights) const noexcept {
    for (Index m = own_.first; m < std::min(own_.last, outputs_); ++m) {
      weights[core::as_size(m * own_.size() + m - own_.first)] = 1;
    }
  }
  void learn(std::span<const Real>, std::span<const Real>, std::span<Real>) const noexcept {}
  void visit_state(core::StateVisitor&) noexcept {}
  [[nodiscard]] static Index bytes(const Parameters&, const Synapses&) noexcept { return 0; }

 private:
  Index outputs_;
  Range own_;
};

}  // namespace bayres::rules
