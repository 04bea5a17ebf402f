#pragma once
/// \file
/// What a learning rule is. There are three kinds, and what a rule may know is in its type:
///
/// - a **local** rule is given the rates of its own presynaptic neurons, the broadcast error, its own weights and its
///   own state. It sees one rank's part of the neurons and cannot tell whether there are others.
/// - a **branch** rule is given the rates on whole dendritic branches, those its own synapses sit on, and no others.
/// - a **collective** rule is given all rates and a way to gather vectors from all ranks. It is not local.

#include <concepts>
#include <functional>
#include <span>
#include <string_view>

#include "bayres/core/aligned.hpp"
#include "bayres/core/component.hpp"
#include "bayres/core/partition.hpp"
#include "bayres/core/state.hpp"
#include "bayres/kernels/random.hpp"
#include "bayres/kernels/synapses.hpp"

namespace bayres::rules {

using core::Index;
using core::Range;
using core::Real;

/// The readout synapses one rank holds for one learner: `outputs` readouts from each of the neurons `own`.
struct Synapses {
  Index neurons = 0;       ///< all neurons of the reservoir
  Range own;               ///< those whose synapses are here
  Index outputs = 1;       ///< readouts; weights are outputs x own, row-major
  core::Philox random{0};  ///< of the run's seed, for what a rule draws
};

/// The weights of readout m, of outputs x own row-major weights.
[[nodiscard]] inline std::span<Real> readout(std::span<Real> weights, std::size_t m, std::size_t own) {
  return weights.subspan(m * own, own);
}

/// The initial precision of a target weight, a parameter of the Bayesian rules; `derived` says what its default is.
template <class Parameters>
[[nodiscard]] constexpr core::Parameter<Parameters> precision_parameter(Real Parameters::*member,
                                                                        std::string_view derived) {
  return {.name = "kappa",
          .member = member,
          .unit = "1",
          .help = "initial precision of a target weight, in units of 1/sigma_l^2",
          .bounds = core::positive,
          .derived = derived};
}

/// w += step delta r for every readout, where `rates` holds all neurons and `weights` those of `own`.
inline void add_rates(Range own, std::span<const Real> rates, std::span<const Real> delta, Real step,
                      std::span<Real> weights) noexcept {
  const auto size = static_cast<std::size_t>(own.size());
  const auto r = rates.subspan(static_cast<std::size_t>(own.first), size);
  for (std::size_t m = 0; m < delta.size(); ++m) core::add_scaled(step * delta[m], r, readout(weights, m, size));
}

/// Gathers the parts of a vector over neurons from all ranks: `all` holds every neuron afterwards. Collective.
template <class T>
concept Gather = requires(T& gather, std::span<const Real> own, std::span<Real> all) {
  gather(own, all);
};

/// Any of them.
using AnyGather = std::function<void(std::span<const Real> own, std::span<Real> all)>;

/// The parameters with nothing left to be derived: most follow from the number of neurons, if from anything.
template <class Parameters>
[[nodiscard]] Parameters resolved(const Parameters& parameters, Index neurons) {
  if constexpr (requires { parameters.resolved(neurons); }) return parameters.resolved(neurons);
  return parameters;
}

/// What every rule has. `bytes` is the memory of its state on a rank with these synapses; `visit_state` visits that
/// state (core/state.hpp).
template <class R>
concept Rule = requires(typename R::Parameters parameters, Synapses synapses) {
  { R::info } -> std::convertible_to<core::Info>;
  { R::bytes(parameters, synapses) } -> std::convertible_to<Index>;
  R(parameters, synapses);
}
&&requires(R rule, core::StateVisitor& visit) { rule.visit_state(visit); };

/// Branch rules know which neurons share branches with their own: `reach` contains `own`.
template <class R>
concept BranchRule = Rule<R> && requires(R rule, typename R::Parameters parameters, Synapses synapses,
                                         std::span<const Real> r, std::span<const Real> d, std::span<Real> w) {
  { R::reach(parameters, synapses) } -> std::convertible_to<Range>;
  rule.learn(r, d, w);
};

/// Own rates (own), error (outputs), weights (outputs x own), nothing else.
template <class R>
concept LocalRule =
    Rule<R> && !BranchRule<R> && requires(R rule, std::span<const Real> r, std::span<const Real> d, std::span<Real> w) {
  rule.learn(r, d, w);
};

/// All rates (N), error, own weights, and a way to gather. Collective.
template <class R>
concept CollectiveRule = Rule<R> &&
    requires(R rule, std::span<const Real> r, std::span<const Real> d, std::span<Real> w, AnyGather gather) {
  rule.learn(r, d, w, gather);
};

/// Rules whose weights do not start at 0 write them (outputs x own).
template <class R>
concept HasInitialWeights = requires(const R rule, std::span<Real> weights) {
  rule.initial_weights(weights);
};

/// Batch rules set the weights once, at the end of training; false if there are none to be had, on every rank alike.
/// Collective.
template <class R>
concept FinishesTraining = requires(R rule, std::span<Real> weights, AnyGather gather) {
  { rule.finish_training(weights, gather) } -> std::same_as<bool>;
};

/// What can be recorded of rules with a learning rate (a posterior variance) per synapse.
inline constexpr core::Quantity learning_rate{
    "learning_rate", "1", "learning rate of the synapse: its posterior variance over that of the likelihood"};

/// They write it to `rates` (own).
template <class R>
concept HasLearningRate = requires(const R rule, std::span<Real> rates) {
  rule.learning_rate(rates);
};

/// Rules whose learning rates are posterior variances say whether these may rise, as they do when targets are expected
/// to move; without this member they only fall. `never_overshoots`: whether sum_i alpha_i r_i^2 cannot exceed 1.
template <class R>
concept KnowsItsRates = requires(const R rule) {
  { rule.rates_may_rise() } -> std::convertible_to<bool>;
  { rule.never_overshoots() } -> std::convertible_to<bool>;
};

/// Rules with a posterior covariance can look for what no covariance has, and say what it is, or "". Collective.
template <class R>
concept ChecksItself = requires(const R rule, AnyGather gather) {
  { rule.unsound(gather) } -> std::convertible_to<std::string>;
};

}  // namespace bayres::rules
