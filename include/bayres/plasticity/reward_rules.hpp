#pragma once
/// \file
/// Rules that learn J from rewards (reward.hpp).

#include "bayres/plasticity/reward.hpp"

namespace bayres::plasticity {

/// Cubed fluctuations of a neuron against a fast trace of itself: single large ones count, the relaxation that follows
/// does not.
class Miconi {
 public:
  static constexpr core::Info info{
      .name = "miconi",
      .equation =
          "in a step of a trial e_ij += (r_j(t-1) (x_i - xtrace_i))^3, xtrace_i = trace xtrace_i + (1 - trace) x_i; at "
          "its end, with R the mean |delta|, J_ij += clip(-eta Rbar (R - Rbar) e_ij), Rbar of each type of trial = "
          "memory Rbar + (1 - memory) R",
      .locality = "local",
      .source = "Miconi 2017, eLife 6:e20899",
  };
  struct Parameters : RewardKeys {
    Real trace = 0.05;
    static constexpr auto parameters() {
      return with_reward_keys<Parameters>(
          core::Parameter<Parameters>{"trace", &Parameters::trace, "1",
                                      "part of a neuron's trace of itself that stays in a step", core::between(0, 1)});
    }
    [[nodiscard]] Parameters resolved(const Synapses& synapses) const { return with_reward_defaults(*this, synapses); }
  };
  static constexpr bool rewarded = true;

  Miconi(const Parameters& parameters, const Synapses& synapses);
  void perturb(Index step, std::span<Real> input) const noexcept { reward_.perturb(step, input); }
  void learn(const Signals& signals, model::AnyConnections& J);
  void visit_state(core::StateVisitor& visit, const model::AnyConnections& J);
  [[nodiscard]] static Index bytes(const Parameters&, const Synapses& synapses);

 private:
  Reward reward_;
  Synapses synapses_;
  Real stays_;
  core::AlignedVector<Real> trace_;  // xtrace: own
  core::AlignedVector<Real> pre_;    // N
  core::AlignedVector<Real> post_;   // own
};

/// The perturbation itself takes the place of the fluctuation.
class NodePerturbation {
 public:
  static constexpr core::Info info{
      .name = "node-perturbation",
      .equation = "in a step of a trial e_ij += xi_i r_j(t-1), xi the perturbation; at its end as in miconi",
      .locality = "local",
      .source = "Fiete & Seung 2006, Phys. Rev. Lett. 97:048104; in this form Miconi 2017, eLife 6:e20899",
  };
  struct Parameters : RewardKeys {
    Parameters() { eta = 1e-3; }
    static constexpr auto parameters() { return with_reward_keys<Parameters>(); }
    [[nodiscard]] Parameters resolved(const Synapses& synapses) const { return with_reward_defaults(*this, synapses); }
  };
  static constexpr bool rewarded = true;

  NodePerturbation(const Parameters& parameters, const Synapses& synapses)
      : reward_(parameters.resolved(synapses), synapses) {}
  void perturb(Index step, std::span<Real> input) const noexcept { reward_.perturb(step, input); }
  void learn(const Signals& signals, model::AnyConnections& J) {
    reward_.learn(signals, signals.arrived, signals.perturbation, J);
  }
  void visit_state(core::StateVisitor& visit, const model::AnyConnections& J) { reward_.visit_state(visit, J); }
  [[nodiscard]] static Index bytes(const Parameters&, const Synapses& synapses) { return Reward::bytes(synapses); }

 private:
  Reward reward_;
};

}  // namespace bayres::plasticity
