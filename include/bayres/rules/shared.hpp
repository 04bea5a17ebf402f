#pragma once
/// \file
/// What a synapse or branch takes the uncertainty of all others to be.

#include <string>

#include "bayres/core/parameter.hpp"

namespace bayres::rules {

using core::Real;

/// The key `others` of a rule:
/// - prior: a constant, that of the prior, which is part of kappa;
/// - shared: the sum V = sum_b r_b.A_b r_b over all branches (single synapses: sum_i alpha_i r_i^2) with the posterior
///   of the step before, which is reduced as z is and broadcast as delta is. The gain is divided by 1 + V, so that the
///   total correction V/(1 + V) is below 1 whatever the prior, and no update overshoots;
/// - joint: the posterior shrinks by 1/(1 + V) too, instead of 1/(1 + q_b), q_b = r_b.A_b r_b (the decoupled extended
///   Kalman filter: Puskorius & Feldkamp 1994, IEEE Trans Neural Netw 5:279-297).
template <class Parameters>
[[nodiscard]] constexpr core::Parameter<Parameters> others_parameter(std::string Parameters::*member) {
  return core::Parameter<Parameters>::word(
      "others", member, "prior|shared|joint",
      "uncertainty of all other synapses: prior: constant, in kappa; shared: V is broadcast and divides the gain by "
      "1 + V; joint: and the variance too");
}

/// The same with one more: discount, for outputs that send spikes: what a step tells of the weights, F r_i^2, is
/// divided by 1 + F V n, where the other weights are uncertain by V for the n steps in which rates stay as they are.
template <class Parameters>
[[nodiscard]] constexpr core::Parameter<Parameters> others_or_discount_parameter(std::string Parameters::*member) {
  return core::Parameter<Parameters>::word(
      "others", member, "prior|shared|joint|discount",
      "uncertainty of all other synapses: prior: constant, in kappa; shared: V is broadcast and divides the gain by "
      "1 + V; joint: and the variance too; discount, of outputs that send spikes: V divides what is learned from a "
      "step");
}

/// Whether a rule with this key needs V.
[[nodiscard]] inline bool shares_uncertainty(const std::string& others) { return others != "prior"; }

}  // namespace bayres::rules
