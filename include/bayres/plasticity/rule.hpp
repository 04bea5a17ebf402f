#pragma once
/// \file
/// Rules for recurrent synapses. A rule learns the rows of J of one rank from what is known there: the rates that
/// arrived, the own neurons, and the broadcast error. Its type does not let it communicate.

#include <memory>
#include <span>

#include "bayres/core/component.hpp"
#include "bayres/core/partition.hpp"
#include "bayres/core/state.hpp"
#include "bayres/kernels/random.hpp"
#include "bayres/model/connectivity.hpp"

namespace bayres::plasticity {

using core::Index;
using core::Range;
using core::Real;

/// The recurrent synapses of one learner on one rank: the rows `own` of J.
struct Synapses {
  Index neurons = 0;  ///< neurons of the reservoir, N
  Range own = {};
  Index outputs = 1;       ///< readouts of the learner, M
  Index count = 0;         ///< synapses on this rank
  Index before = 0;        ///< synapses of lower ranks
  Index all = 0;           ///< synapses of all ranks
  Index places = 0;        ///< of an array with a number for each synapse (model::AnyConnections), at least `count`
  Real inputs = 0;         ///< mean number of synapses onto a neuron
  Index driving = 0;       ///< channels of the input u
  Index fed_back = 0;      ///< outputs that are fed back as y; 0: there is no feedback
  Real projected = 0;      ///< mean number of their weights onto a neuron that are not 0
  Real leak = 0.1;         ///< dt/tau
  Index learn_every = 1;   ///< steps of training from one that is learned from to the next
  core::Philox random{0};  ///< of the run's seed, for random numbers of a rule
};

/// What a rule changes on one rank. A weight of W_in or W_fb that is 0 is absent, and stays so.
struct Weights {
  /// J alone.
  Weights(model::AnyConnections& connections) : J(&connections) {}
  Weights(model::AnyConnections& connections, std::span<Real> W_in, std::span<Real> W_fb)
      : J(&connections), input(W_in), feedback(W_fb) {}

  model::AnyConnections* J;       ///< own rows
  std::span<Real> input = {};     ///< W_in: own x driving, row-major
  std::span<Real> feedback = {};  ///< W_fb: own x fed_back, row-major
};

/// What is known on a rank after a step.
struct Signals {
  std::span<const Real> arrived;  ///< r(t-1) of all neurons (N), which drove the step
  std::span<const Real> rates;    ///< r(t) of the own neurons (own)
  std::span<const Real> slope;    ///< dr/dx of the own neurons (own)
  std::span<const Real> delta;    ///< z* - z, the broadcast error (outputs)
  std::span<const Real> readout;  ///< dz/dr of the own neurons, their readout weights before the step: outputs x own
  std::span<const Real> state;    ///< x(t) of the own neurons, and further variables: variables x own
  Real weight = 1;                ///< how much the step counts, 0 to 1; 0: delta is 0, nothing is learned, traces go on
  Index kind = 0;                 ///< of the segment
  bool begins = false;            ///< a segment has begun: states were x(0) before the step
  std::span<const Real> sums = {};      ///< over all neurons, for a rule that asks for them (SumsOverNeurons)
  std::span<const Real> input = {};     ///< u(t), which drove the step (driving)
  std::span<const Real> fed_back = {};  ///< y(t-1), likewise (fed_back)
};

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
};

}  // namespace bayres::plasticity
