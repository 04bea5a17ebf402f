#pragma once
/// \file
/// Rules for recurrent synapses. A rule learns the rows of J of one rank from what is known there: the rates that
/// arrived, the own neurons, and the broadcast error. Its type does not let it communicate.

#include <memory>
#include <span>

#include "bayres/core/component.hpp"
#include "bayres/core/state.hpp"
#include "bayres/plasticity/signals.hpp"

namespace bayres::plasticity {

/// What every rule provides. `learn` is called in every step before the test and changes the weights of the own rows by
/// `J.update` or `J.learn`. `bytes` is the memory of its state on a rank with these synapses. `visit_state` visits that
/// state (core/state.hpp); one number for each synapse is a core::synapse_array.
template <class R>
concept Rule = requires(typename R::Parameters parameters, Synapses synapses) {
  { R::info } -> std::convertible_to<core::Info>;
  { R::bytes(parameters, synapses) } -> std::convertible_to<Index>;
  R(parameters, synapses);
}
&&requires(R rule, const Signals& signals, model::AnyConnections& J, core::StateVisitor& visit) {
  rule.learn(signals, J);
  rule.visit_state(visit, J);
};

/// A rule that may also learn W_in and W_fb: `learn`, and `apply`, change J through Weights. Whether it does, its
/// parameters say by `learns_projections()`.
template <class R>
concept LearnsProjections = requires(R rule, const Signals& signals, const Weights& weights) {
  rule.learn(signals, weights);
};

/// A rule that gathers what it learns over several steps. `apply` changes J by what is left; it is called before a
/// segment begins, where weights are evaluated or recorded, and at the end of training.
template <class R>
concept Gathers = requires(R rule, model::AnyConnections& J) {
  rule.apply(J);
};

/// A rule that needs sums of `R::sum_count` numbers over all neurons. Before `learn` in a step of weight above 0,
/// `sums` sets the parts of the own blocks of 64 neurons in one of them (blocks); `learn` then finds them in
/// `Signals::sums`.
template <class R>
concept SumsOverNeurons = requires(R rule, const Signals& signals, Index number, std::span<Real> blocks) {
  { R::sum_count } -> std::convertible_to<Index>;
  rule.sums(signals, number, blocks);
};

/// A rule that explores: `perturb` sets what is added to the inputs of the own neurons in a step of training (own).
template <class R>
concept Perturbs = requires(const R rule, Index step, std::span<Real> input) {
  rule.perturb(step, input);
};

/// Whether a rule learns from one reward at the end of each trial, not from the error of a step.
template <class R>
inline constexpr bool is_rewarded = requires {
  requires R::rewarded;
};

/// The parameters, with derived defaults filled in, where there are any: `parameters.resolved(synapses)`.
template <class Parameters>
[[nodiscard]] Parameters resolved(const Parameters& parameters, const Synapses& synapses) {
  if constexpr (requires { parameters.resolved(synapses); }) return parameters.resolved(synapses);
  return parameters;
}

/// A rule on one rank.
class AnyRule {
 public:
  virtual ~AnyRule();
  /// One step. Local.
  virtual void learn(const Signals& signals, const Weights& weights) = 0;
  /// What is gathered changes the weights. Local.
  virtual void apply(const Weights& weights) = 0;
  /// The sums over all neurons that come before `learn`, and their parts (SumsOverNeurons). Local.
  /// \{
  [[nodiscard]] virtual Index sum_count() const noexcept = 0;
  virtual void sums(const Signals& signals, Index number, std::span<Real> blocks) const = 0;
  /// \}
  /// What is added to the inputs of the own neurons in a step, if it is a rule that `perturbs`. Local.
  /// \{
  [[nodiscard]] virtual bool perturbs() const noexcept = 0;
  virtual void perturb(Index step, std::span<Real> input) const noexcept = 0;
  /// \}
  /// `J` says where the numbers of a synapse are.
  virtual void visit_state(core::StateVisitor& visit, const model::AnyConnections& J) = 0;
};

template <Rule R>
class RuleOf final : public AnyRule {
 public:
  RuleOf(const typename R::Parameters& parameters, const Synapses& synapses) : rule_(parameters, synapses) {}
  void learn(const Signals& signals, const Weights& weights) override {
    if constexpr (LearnsProjections<R>) {
      rule_.learn(signals, weights);
    } else {
      rule_.learn(signals, *weights.J);
    }
  }
  void apply(const Weights& weights) override {
    if constexpr (Gathers<R> && LearnsProjections<R>) {
      rule_.apply(weights);
    } else if constexpr (Gathers<R>) {
      rule_.apply(*weights.J);
    }
  }
  [[nodiscard]] Index sum_count() const noexcept override {
    if constexpr (SumsOverNeurons<R>) return R::sum_count;
    return 0;
  }
  void sums(const Signals& signals, Index number, std::span<Real> blocks) const override {
    if constexpr (SumsOverNeurons<R>) rule_.sums(signals, number, blocks);
  }
  [[nodiscard]] bool perturbs() const noexcept override { return Perturbs<R>; }
  void perturb(Index step, std::span<Real> input) const noexcept override {
    if constexpr (Perturbs<R>) rule_.perturb(step, input);
  }
  void visit_state(core::StateVisitor& visit, const model::AnyConnections& J) override { rule_.visit_state(visit, J); }

 private:
  R rule_;
};

/// A rule with its parameters, as set in a configuration.
struct Choice : core::Choice {
  using core::Choice::Choice;
  template <class R>
  struct Of;

  [[nodiscard]] virtual std::unique_ptr<AnyRule> make(const Synapses& synapses) const = 0;
  /// The parameters, with derived defaults filled in.
  [[nodiscard]] virtual core::Settings resolved(const Synapses& synapses) const = 0;
  /// Whether W_in and W_fb learn, too.
  [[nodiscard]] virtual bool learns_projections() const = 0;
  /// Memory of the rule's state, in bytes, on a rank with these synapses.
  [[nodiscard]] virtual Index bytes(const Synapses& synapses) const = 0;
  /// Whether it learns from rewards of trials (is_rewarded).
  [[nodiscard]] virtual bool rewarded() const = 0;
};

/// May be empty: J is then constant.
using ChosenRule = core::Copied<Choice>;

template <class R>
struct Choice::Of final : Choice {
  using Parameters = typename R::Parameters;
  explicit Of(const Parameters& p) : Choice(R::info, core::Settings(p)) {}
  [[nodiscard]] std::unique_ptr<AnyRule> make(const Synapses& synapses) const override {
    return std::make_unique<RuleOf<R>>(settings.as<Parameters>(), synapses);
  }
  [[nodiscard]] core::Settings resolved(const Synapses& synapses) const override {
    return core::Settings(plasticity::resolved(settings.as<Parameters>(), synapses));
  }
  [[nodiscard]] bool learns_projections() const override {
    if constexpr (LearnsProjections<R>) return settings.as<Parameters>().learns_projections();
    return false;
  }
  [[nodiscard]] Index bytes(const Synapses& synapses) const override {
    return R::bytes(settings.as<Parameters>(), synapses);
  }
  [[nodiscard]] bool rewarded() const override { return is_rewarded<R>; }
};

}  // namespace bayres::plasticity
