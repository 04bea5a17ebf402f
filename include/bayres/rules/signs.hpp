#pragma once
/// \file
/// Dale's law: a neuron's synapses are all excitatory or all inhibitory.

#include "bayres/rules/rule.hpp"

namespace bayres::rules {

/// The parameter for the fraction of excitatory neurons.
template <class Parameters>
[[nodiscard]] constexpr core::Parameter<Parameters> excitatory_parameter(Real Parameters::*member) {
  return {"fraction_excitatory", member, "1", "fraction of neurons with positive weights", core::between(0, 1)};
}

/// Signs by Dale's law: +1 (excitatory) or -1 for each own neuron, a pure function of the seed and the neuron.
[[nodiscard]] inline core::AlignedVector<Real> draw_signs(const Synapses& synapses, Real fraction_excitatory) {
  core::AlignedVector<Real> signs;
  for (Index i = synapses.own.first; i < synapses.own.last; ++i) {
    const bool excitatory = synapses.random.uniform(core::Stream::dale_sign, 0, i) < fraction_excitatory;
    signs.push_back(excitatory ? 1 : -1);
  }
  return signs;
}

/// weights = sign w0 for every readout (outputs x own).
inline void set_signed_weights(const core::AlignedVector<Real>& signs, Real w0, std::span<Real> weights) noexcept {
  for (std::size_t i = 0; i < weights.size(); ++i) weights[i] = w0 * signs[i % signs.size()];
}

}  // namespace bayres::rules
