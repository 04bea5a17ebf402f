#pragma once
/// \file
/// Rules that learn J from the broadcast error, with the eligibility of rflo.hpp. Their readout namesakes are in
/// rules/.

#include "bayres/plasticity/rflo.hpp"

namespace bayres::plasticity {

/// What rules with one kind of squares have in common.
template <Squares squares>
class RfloRule {
 public:
  RfloRule(const RfloKeys& keys, const Synapses& synapses) : rflo_(keys, synapses, squares) {}
  void visit_state(core::StateVisitor& visit, const model::AnyConnections& J) { rflo_.visit_state(visit, J); }
  [[nodiscard]] static Index bytes(const RfloKeys& keys, const Synapses& synapses) {
    return Rflo::bytes(keys, synapses, squares);
  }

 protected:
  Rflo rflo_;
};

/// A fixed learning rate.
class Delta : public RfloRule<Squares::none> {
 public:
  static constexpr core::Info info{
      .name = "delta",
      .equation = "J_ij += eta sum_m delta_m e_mij; e_mij = B_mi phi'(x_i) rbar_j; rbar_j += (dt/tau) (r_j - rbar_j)",
      .locality = "local",
      .source = "Murray 2019, eLife 8:e43299",
  };
  struct Parameters : RfloKeys {
    Real eta = 1e-3;
    static constexpr auto parameters() {
      return with_rflo_keys<Parameters>(
          core::Parameter<Parameters>{"eta", &Parameters::eta, "1", "learning rate", core::positive});
    }
  };
  Delta(const Parameters& parameters, const Synapses& synapses)
      : RfloRule(parameters, synapses), eta_(parameters.eta) {}
  void learn(const Signals& signals, const Weights& weights) {
    if (rflo_.gather(signals)) apply(weights);
  }
  void apply(const Weights& weights) { rflo_.apply(weights, eta_); }

 private:
  Real eta_;
};

/// kappa is by default three times the mean number of synapses onto a neuron that learn: in units of the likelihood's
/// variance, the inverse of the variance that J is drawn with, times 3. W_in and W_fb are counted with J, as all of a
/// readout's synapses are in its kappa. Where only every m-th step is learned from, eligibilities come m times less
/// often.
template <class Parameters>
[[nodiscard]] Parameters with_default_kappa(Parameters parameters, const Synapses& synapses) {
  const Real inputs = synapses.inputs + (parameters.learns_projections() ? synapses.projected : 0);
  const Real derived = 3 * inputs / core::as_real(synapses.learn_every);
  parameters.kappa = core::value_or(parameters.kappa, derived);
  return parameters;
}

/// The key kappa of a rule with this default.
template <class Parameters>
[[nodiscard]] constexpr core::Parameter<Parameters> kappa_parameter(std::string_view help) {
  return {.name = "kappa",
          .member = &Parameters::kappa,
          .unit = "1",
          .help = help,
          .bounds = core::positive,
          .derived = "3 times the mean number of synapses onto a neuron that learn, divided by protocol.learn_every"};
}

/// The readout's Bayesian rule for recurrent synapses: each one's learning rate is its uncertainty.
class Bayes : public RfloRule<Squares::of_eligibility> {
 public:
  static constexpr core::Info info{
      .name = "bayes",
      .equation = "S_ij += sum_m e_mij^2; J_ij += sum_m delta_m e_mij / (kappa + S_ij); e as in delta",
      .locality = "local",
      .source =
          "Menendez & Latham, Bayesian weight updates stabilize and improve local learning in a recurrent neural "
          "network, with the eligibility of Murray 2019, eLife 8:e43299",
  };
  struct Parameters : RfloKeys {
    Real kappa = core::automatic;
    static constexpr auto parameters() {
      return with_rflo_keys<Parameters>(
          kappa_parameter<Parameters>("initial precision of a recurrent weight, in units of 1/sigma_l^2"));
    }
    [[nodiscard]] Parameters resolved(const Synapses& synapses) const { return with_default_kappa(*this, synapses); }
  };
  Bayes(const Parameters& parameters, const Synapses& synapses)
      : RfloRule(parameters, synapses), kappa_(parameters.resolved(synapses).kappa) {}
  void learn(const Signals& signals, const Weights& weights) {
    if (rflo_.gather(signals)) apply(weights);
  }
  void apply(const Weights& weights) { rflo_.apply(weights, 1, kappa_); }

 private:
  Real kappa_;
};

/// Rates that fall with past gradients.
class Adagrad : public RfloRule<Squares::of_gradient> {
 public:
  static constexpr core::Info info{
      .name = "adagrad",
      .equation =
          "g_ij = sum_m delta_m e_mij; G_ij += g_ij^2; J_ij += eta g_ij / (sqrt(G_ij) + epsilon); e as in delta",
      .locality = "local",
      .source =
          "Duchi, Hazan & Singer 2011, J. Mach. Learn. Res. 12:2121-2159, with the eligibility of Murray 2019, "
          "eLife 8:e43299",
  };
  struct Parameters : RfloKeys {
    Real eta = 1e-3;
    Real epsilon = 1e-8;
    static constexpr auto parameters() {
      using P = core::Parameter<Parameters>;
      return with_rflo_keys<Parameters>(
          P{"eta", &Parameters::eta, "1", "learning rate", core::positive},
          P{"epsilon", &Parameters::epsilon, "1", "keeps the divisor from zero", core::positive});
    }
  };
  Adagrad(const Parameters& parameters, const Synapses& synapses)
      : RfloRule(parameters, synapses), eta_(parameters.eta), epsilon_(parameters.epsilon) {}
  void learn(const Signals& signals, const Weights& weights) {
    if (rflo_.gather(signals)) apply(weights);
  }
  void apply(const Weights& weights) { rflo_.apply(weights, eta_, epsilon_, true); }

 private:
  Real eta_;
  Real epsilon_;
};

/// A common rate that falls as that of `bayes` does on average: a control for rates of single synapses.
class DeltaDecay : public RfloRule<Squares::none> {
 public:
  static constexpr core::Info info{
      .name = "delta-decay",
      .equation =
          "S += mean_i sum_m (B_mi phi'(x_i))^2 mean_j rbar_j^2; J_ij += sum_m delta_m e_mij / (kappa + S); "
          "e as in delta",
      .locality = "collective: needs two sums over all neurons",
      .source = "control for bayes: its rate, with factors averaged over neurons",
  };
  struct Parameters : RfloKeys {
    Real kappa = core::automatic;
    static constexpr auto parameters() {
      return with_rflo_keys<Parameters>(kappa_parameter<Parameters>("inverse of the initial learning rate"));
    }
    [[nodiscard]] Parameters resolved(const Synapses& synapses) const { return with_default_kappa(*this, synapses); }
  };
  DeltaDecay(const Parameters& parameters, const Synapses& synapses)
      : RfloRule(parameters, synapses),
        neurons_(core::as_real(synapses.neurons)),
        own_(synapses.own),
        precision_(parameters.resolved(synapses).kappa) {}
  static constexpr Index sum_count = 2;
  void sums(const Signals& signals, Index number, std::span<Real> blocks) const {
    constexpr Index block = core::Partition::block_size;
    for (Index i = 0; i < own_.size(); ++i) {
      Real& sum = blocks[core::as_size(i / block)];
      if (i % block == 0) sum = 0;
      const Real trace = rflo_.next_trace(signals, i);
      sum += number == 0 ? rflo_.post_squared(signals, i) : trace * trace;
    }
  }
  void learn(const Signals& signals, const Weights& weights) {
    const bool is_due = rflo_.gather(signals);
    if (signals.weight > 0) {
      const Real presynaptic = neurons_ + core::as_real(rflo_.channels());
      const Real squares = (signals.sums[1] + rflo_.channel_squares()) / presynaptic;
      precision_ += signals.weight * (signals.sums[0] / neurons_) * squares;
    }
    if (is_due) apply(weights);
  }
  void apply(const Weights& weights) { rflo_.apply(weights, 1 / precision_); }
  void visit_state(core::StateVisitor& visit, const model::AnyConnections& J) {
    visit(core::shared_array("precision", 1, own_.contains(0)), std::span<Real>(&precision_, 1));
    RfloRule::visit_state(visit, J);
  }

 private:
  Real neurons_;
  Range own_;
  Real precision_;  // kappa + S
};

}  // namespace bayres::plasticity
