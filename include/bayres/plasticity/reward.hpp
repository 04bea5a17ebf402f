#pragma once
/// \file
/// Learning of J from rewards: what rules have in common that are told once, at the end of a trial, how large the error
/// was.
///
/// Source: Miconi 2017, eLife 6:e20899. In single steps a neuron's input is perturbed. An eligibility
///   e_ij = sum over the steps of a trial of post_i pre_j
/// says whether what neuron i did then went along with the rate of neuron j. At the end, with R the mean |delta| of the
/// steps that count and Rbar its running mean over trials of the same type,
///   J_ij += clip(-eta Rbar (R - Rbar) e_ij, +-limit);   Rbar = a Rbar + (1 - a) R;   e_ij = 0.
/// R and Rbar are the same on every rank: the broadcast signal.

#include <vector>

#include "bayres/core/aligned.hpp"
#include "bayres/core/parameter.hpp"
#include "bayres/plasticity/rule.hpp"

namespace bayres::plasticity {

/// Keys of all rules of this kind. Those of perturbations are by default Miconi's, for any tau and dt.
struct RewardKeys {
  Real eta = 0.1;
  Real perturbation_rate = core::automatic;
  Real perturbation = core::automatic;
  Real limit = 3e-4;
  Real memory = 0.75;
  Index warm_up = 100;

  /// Sets those that are auto.
  void resolve(const Synapses& synapses);
};

/// The keys of a rule, with derived defaults filled in.
template <class Parameters>
[[nodiscard]] Parameters with_reward_defaults(Parameters parameters, const Synapses& synapses) {
  parameters.resolve(synapses);
  return parameters;
}

/// The keys of a rule: its own, then those of all.
template <class P, class... Own>
[[nodiscard]] constexpr auto with_reward_keys(const Own&... own) {
  using Key = core::Parameter<P>;
  return std::array<Key, sizeof...(Own) + 6>{
      own...,
      Key{"eta", &P::eta, "1", "learning rate", core::positive},
      Key{"perturbation_rate",
          &P::perturbation_rate,
          "1/time",
          "how often the input of a neuron is perturbed, each time for one step; at most once a step",
          core::non_negative,
          {},
          "0.09/tau"},
      Key{"perturbation",
          &P::perturbation,
          "1",
          "perturbations are uniform in [-1, 1] times this",
          core::non_negative,
          {},
          "(8/15) tau/dt"},
      Key{"limit", &P::limit, "1", "largest change of a weight in a trial", core::positive},
      Key{"memory", &P::memory, "1", "part of the running mean error that stays in a trial", core::between(0, 1)},
      Key{"warm_up", &P::warm_up, "trials", "first trials, in which nothing is learned",
          core::between(0, 1'000'000'000)}};
}

/// Perturbations, eligibilities and rewards of one rank.
class Reward {
 public:
  Reward(const RewardKeys& keys, const Synapses& synapses);

  /// What is added to the input of the own neurons in a step (own): a pure function of seed, replica, step and neuron.
  void perturb(Index step, std::span<Real> input) const noexcept;
  /// One step: e_ij += post_i pre_j; J changes if a trial ends.
  void learn(const Signals& signals, std::span<const Real> pre, std::span<const Real> post, model::AnyConnections& J);

  void visit_state(core::StateVisitor& visit, const model::AnyConnections& J);
  [[nodiscard]] static Index bytes(const Synapses& synapses);

 private:
  /// Steps that are gathered before they are added to the eligibilities.
  static constexpr Index room = 16;
  /// Types of trial that have a running mean of their own; others share it.
  static constexpr Index types = 1024;

  void add_gathered(model::AnyConnections& J);
  void end_trial(Index type, model::AnyConnections& J);
  void change(model::AnyConnections& J, Real scale) const;

  RewardKeys keys_;
  Synapses synapses_;
  Real probability_;                       // of a perturbation in a step
  Index gathered_ = 0;                     // steps not yet in the eligibilities
  core::AlignedVector<Real> pre_;          // N x room
  core::AlignedVector<Real> post_;         // room x own
  core::AlignedVector<Real> tiled_;        // the same in the order of model::place_of_post
  core::AlignedVector<Real> eligibility_;  // places
  std::vector<Real> mean_error_;           // Rbar: types
  Real error_ = 0;                         // sum over the steps of the trial
  Real weight_ = 0;                        // of these steps
  Index trials_ = 0;                       // with an error
};

}  // namespace bayres::plasticity
