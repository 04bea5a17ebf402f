#pragma once
/// \file
/// Learning rules. There are three kinds; the type of a rule says what it may know:
///
/// - a **local** rule is given the rates of its own presynaptic neurons, the broadcast error, its own weights and its
///   own state. It sees one rank's part of the neurons and does not know of others.
/// - a **branch** rule is given the rates on the whole dendritic branches of its own synapses, and no others.
///   Both may share their uncertainty (`SharesUncertainty`): one more number that is summed over all synapses and
///   broadcast, as z and the error are.
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

/// The size of the rates of neurons, from which defaults of rules follow.
struct RateScale {
  Index neurons = 0;     ///< that a step is learned from: of reservoirs that share readouts those of all
  Real largest_sum = 0;  ///< at least sum_i r_i^2 of any step
  Real mean_square = 1;  ///< of a rate

  /// Of rates between -1 and 1.
  RateScale(Index size) : neurons(size), largest_sum(core::as_real(size)) {}
  /// Of others, as measured; automatic: not yet measured.
  RateScale(Index size, Real largest, Real mean) : neurons(size), largest_sum(largest), mean_square(mean) {}

  /// For an output that sends spikes: the prior of a weight is then such that the standard deviation of the logarithm
  /// of the output's rate is s, with s^2 = 1/0.3.
  [[nodiscard]] RateScale for_spikes() const noexcept {
    constexpr Real prior = 0.3;
    return {neurons, prior * mean_square * core::as_real(neurons), prior * mean_square};
  }
};

/// The readout synapses of one learner on one rank: `outputs` readouts from each of the neurons `own`. Features that
/// are added to the neurons (readout/features.hpp) count as the last of them, and are in the last block.
struct Synapses {
  Index neurons = 0;       ///< all neurons of the reservoir, and what is added
  Range own;               ///< neurons whose synapses are on this rank
  Index outputs = 1;       ///< readouts; weights are outputs x own, row-major
  core::Philox random{0};  ///< of the run's seed, for random numbers of a rule
  Index bias = -1;         ///< number, among all neurons, of the one that is always 1; -1: there is none
  Index added = 0;         ///< how many features are added
  Real largest_sum = -1;   ///< as in RateScale; -1: rates are between -1 and 1
  Real mean_square = 1;
  Real correlated = 0;  ///< steps over which rates are correlated by the filter of spikes; 0: not said
  Index sharing = 1;    ///< reservoirs that share the readouts: each step they learn from the rates of all of them
  [[nodiscard]] Index reservoir() const noexcept { return neurons - added; }  ///< its neurons alone: reservoir.size
  /// Whether rates are between -1 and 1.
  [[nodiscard]] bool bounded() const noexcept { return largest_sum == -1; }
  [[nodiscard]] RateScale rates() const noexcept {
    return bounded() ? RateScale(sharing * reservoir()) : RateScale(reservoir(), largest_sum, mean_square);
  }
};

/// The weights of readout m, from outputs x own row-major weights.
[[nodiscard]] inline std::span<Real> readout(std::span<Real> weights, std::size_t m, std::size_t own) {
  return weights.subspan(m * own, own);
}

/// The initial precision of a target weight, a parameter of the Bayesian rules; `derived` describes its default.
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

/// Any gather function.
using AnyGather = std::function<void(std::span<const Real> own, std::span<Real> all)>;

/// The parameters, with derived defaults filled in.
template <class Parameters>
[[nodiscard]] Parameters resolved(const Parameters& parameters, const RateScale& rates) {
  if constexpr (requires { parameters.resolved(rates); }) return parameters.resolved(rates);
  return parameters;
}

/// What every rule provides. `bytes` is the memory of its state on a rank with these synapses; `visit_state` visits
/// that state (core/state.hpp).
template <class R>
concept Rule = requires(typename R::Parameters parameters, Synapses synapses) {
  { R::info } -> std::convertible_to<core::Info>;
  { R::bytes(parameters, synapses) } -> std::convertible_to<Index>;
  R(parameters, synapses);
}
&&requires(R rule, core::StateVisitor& visit) { rule.visit_state(visit); };

/// Branch rules know the neurons that share branches with their own: `reach` contains `own`.
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

/// Local and branch rules that share their uncertainty, if `parameters.shares()`. `uncertainty(r, blocks)` comes before
/// the error is known: it sets the part of V of each block of own neurons (that of a branch is in the block of its
/// first neuron), and the rule keeps what it needs for `learn(r, d, w, V)`, the update with V of all synapses. If every
/// rank hears only its own neurons, V is in the one collective of a step; otherwise it needs a second reduction.
template <class R>
concept SharesUncertainty = Rule<R> &&
    requires(R rule, const typename R::Parameters parameters, std::span<const Real> r, std::span<const Real> d,
             std::span<Real> w, std::span<Real> blocks, Real V) {
  { parameters.shares() } -> std::same_as<bool>;
  rule.uncertainty(r, blocks);
  rule.learn(r, d, w, V);
};

/// V of a learner, which can be recorded.
inline constexpr core::Quantity shared_variance{
    "shared_variance", "sigma_l^2",
    "V, the variance of z that is due to the uncertainty of all weights, when it learned last"};

/// All rates (N), error, own weights, and a way to gather. Collective.
template <class R>
concept CollectiveRule = Rule<R> &&
    requires(R rule, std::span<const Real> r, std::span<const Real> d, std::span<Real> w, AnyGather gather) {
  rule.learn(r, d, w, gather);
};

/// Rules whose weights do not start at 0 set them (outputs x own).
template <class R>
concept HasInitialWeights = requires(const R rule, std::span<Real> weights) {
  rule.initial_weights(weights);
};

/// Batch rules set the weights once, at the end of training; false, on every rank alike, if there is no solution.
/// Collective.
template <class R>
concept FinishesTraining = requires(R rule, std::span<Real> weights, AnyGather gather) {
  { rule.finish_training(weights, gather) } -> std::same_as<bool>;
};

/// The learning rate (a posterior variance) of each synapse, which can be recorded.
inline constexpr core::Quantity learning_rate{
    "learning_rate", "1", "learning rate of the synapse: its posterior variance over that of the likelihood"};

/// Rules with such a learning rate write it to `rates` (own).
template <class R>
concept HasLearningRate = requires(const R rule, std::span<Real> rates) {
  rule.learning_rate(rates);
};

/// Rules whose learning rates are posterior variances: `rates_may_rise` is true if targets are expected to change;
/// rules without this member have rates that only fall. `never_overshoots`: whether sum_i alpha_i r_i^2 cannot exceed
/// 1.
template <class R>
concept KnowsItsRates = requires(const R rule) {
  { rule.rates_may_rise() } -> std::convertible_to<bool>;
  { rule.never_overshoots() } -> std::convertible_to<bool>;
};

/// Rules with a posterior covariance can check that it is valid: what is wrong with it, or "". Collective.
template <class R>
concept ChecksItself = requires(const R rule, AnyGather gather) {
  { rule.unsound(gather) } -> std::convertible_to<std::string>;
};

}  // namespace bayres::rules
