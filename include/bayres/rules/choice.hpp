#pragma once
/// \file
/// Rules by their base class, as learners use them.

#include <algorithm>
#include <memory>

#include "bayres/rules/batch.hpp"

namespace bayres::rules {

/// A rule on one rank.
class AnyRule {
 public:
  virtual ~AnyRule() = default;
  /// The neurons whose rates it is given, including its own; it can know no others.
  [[nodiscard]] virtual Range hears() const noexcept = 0;
  /// One step: rates of the neurons `hears()`, error (outputs), weights (outputs x own), and V if the rule shares its
  /// uncertainty. Collective if it gathers.
  virtual void learn(std::span<const Real> rates, std::span<const Real> delta, std::span<Real> weights, Real V,
                     const AnyGather& gather) = 0;
  /// Before that, if the rule shares its uncertainty: the part of V of each own block (blocks). Local.
  virtual void uncertainty(std::span<const Real> rates, std::span<Real> blocks) = 0;
  virtual void visit_state(core::StateVisitor& visit) = 0;
  /// \name Only some rules have these (rule.hpp); for others they do nothing.
  /// \{
  virtual void initial_weights(std::span<Real> weights) const = 0;
  virtual bool finish_training(std::span<Real> weights, const AnyGather& gather) = 0;
  [[nodiscard]] virtual BatchRule* batch() noexcept = 0;  ///< the rule itself, or nullptr
  virtual void learning_rate(std::span<Real> rates) const = 0;
  [[nodiscard]] virtual bool rates_may_rise() const = 0;
  [[nodiscard]] virtual bool never_overshoots() const = 0;
  [[nodiscard]] virtual std::string unsound(const AnyGather& gather) const = 0;
  /// \}
};

/// The neurons whose rates a rule is given.
template <class R>
[[nodiscard]] Range heard_by(const typename R::Parameters& parameters, const Synapses& synapses) {
  if constexpr (BranchRule<R>) return R::reach(parameters, synapses);
  if constexpr (CollectiveRule<R>) return Range{0, synapses.neurons};
  return synapses.own;
}

/// Whether a rule shares its uncertainty.
template <class R>
[[nodiscard]] bool shares(const typename R::Parameters& parameters) {
  if constexpr (SharesUncertainty<R>) return parameters.shares();
  return false;
}

/// Gives a rule only what its kind may know.
template <class R>
class RuleOf final : public AnyRule {
  static_assert(LocalRule<R> + BranchRule<R> + CollectiveRule<R> == 1, "a rule is of exactly one kind");

 public:
  RuleOf(const typename R::Parameters& parameters, const Synapses& synapses)
      : hears_(heard_by<R>(parameters, synapses)), shares_(shares<R>(parameters)), rule_(parameters, synapses) {}

  [[nodiscard]] Range hears() const noexcept override { return hears_; }
  void learn(std::span<const Real> rates, std::span<const Real> delta, std::span<Real> weights, Real V,
             const AnyGather& gather) override {
    if constexpr (SharesUncertainty<R>) {
      if (shares_) return rule_.learn(rates, delta, weights, V);
    }
    if constexpr (CollectiveRule<R>) {
      rule_.learn(rates, delta, weights, gather);
    } else {
      rule_.learn(rates, delta, weights);
    }
  }
  void uncertainty(std::span<const Real> rates, std::span<Real> blocks) override {
    if constexpr (SharesUncertainty<R>) rule_.uncertainty(rates, blocks);
  }
  void visit_state(core::StateVisitor& visit) override { rule_.visit_state(visit); }
  void initial_weights(std::span<Real> weights) const override {
    if constexpr (HasInitialWeights<R>) rule_.initial_weights(weights);
  }
  bool finish_training(std::span<Real> weights, const AnyGather& gather) override {
    if constexpr (FinishesTraining<R>) return rule_.finish_training(weights, gather);
    return true;
  }
  [[nodiscard]] BatchRule* batch() noexcept override {
    if constexpr (std::derived_from<R, BatchRule>) return &rule_;
    return nullptr;
  }
  void learning_rate(std::span<Real> rates) const override {
    if constexpr (HasLearningRate<R>) rule_.learning_rate(rates);
  }
  [[nodiscard]] bool rates_may_rise() const override {
    if constexpr (KnowsItsRates<R>) return rule_.rates_may_rise();
    return false;
  }
  [[nodiscard]] bool never_overshoots() const override {
    if constexpr (KnowsItsRates<R>) return rule_.never_overshoots();
    return false;
  }
  [[nodiscard]] std::string unsound(const AnyGather& gather) const override {
    if constexpr (ChecksItself<R>) return rule_.unsound(gather);
    return {};
  }

 private:
  Range hears_;
  bool shares_;
  R rule_;
};

/// A rule with its parameters, as set in a configuration.
struct Choice : core::Choice {
  using core::Choice::Choice;
  template <class R>
  struct Of;

  [[nodiscard]] virtual std::unique_ptr<AnyRule> make(const Synapses& synapses) const = 0;
  /// The parameters, with derived defaults filled in.
  [[nodiscard]] virtual core::Settings resolved(const RateScale& rates) const = 0;
  /// Whether a default that is used follows from the size of the rates.
  [[nodiscard]] bool follows_rates() const;
  /// The neurons whose rates the rule must be given on a rank with these synapses.
  [[nodiscard]] virtual Range hears(const Synapses& synapses) const = 0;
  /// Whether it shares its uncertainty (rule.hpp).
  [[nodiscard]] virtual bool shares_uncertainty() const = 0;
  /// What is wrong with the parameters, as "key = value is ...", or "".
  [[nodiscard]] virtual std::string problem(Index neurons) const = 0;
  /// Parameters without effect, given the others.
  [[nodiscard]] virtual std::vector<core::IdleParameter> idle() const = 0;
  /// Memory of the rule's state, in bytes, on a rank with these synapses.
  [[nodiscard]] virtual Index bytes(const Synapses& synapses) const = 0;
  [[nodiscard]] virtual bool has_learning_rate() const = 0;
  [[nodiscard]] virtual bool is_batch() const = 0;             ///< sets its weights at the end of training
  [[nodiscard]] virtual bool draws() const = 0;                ///< uses random numbers
  [[nodiscard]] virtual bool learns() const = 0;               ///< else weights stay, which takes no time
  [[nodiscard]] virtual bool has_initial_weights() const = 0;  ///< other than 0
};

using AnyParameters = core::Copied<Choice>;

inline bool Choice::follows_rates() const {
  constexpr Index many = Index{1} << 40;
  const auto small = resolved({many, 1, 1});
  const auto large = resolved({many, 2, 2});
  return std::ranges::any_of(small.table(), [&](const core::Setting& s) { return small.text(s) != large.text(s); });
}

template <class R>
struct Choice::Of final : Choice {
  using Parameters = typename R::Parameters;
  explicit Of(const Parameters& p) : Choice(R::info, core::Settings(p)) {}
  [[nodiscard]] const Parameters& given() const { return settings.as<Parameters>(); }

  [[nodiscard]] std::unique_ptr<AnyRule> make(const Synapses& synapses) const override {
    return std::make_unique<RuleOf<R>>(given(), synapses);
  }
  [[nodiscard]] core::Settings resolved(const RateScale& rates) const override {
    return core::Settings(rules::resolved(given(), rates));
  }
  [[nodiscard]] Range hears(const Synapses& synapses) const override { return heard_by<R>(given(), synapses); }
  [[nodiscard]] bool shares_uncertainty() const override { return shares<R>(given()); }
  [[nodiscard]] std::string problem(Index neurons) const override {
    if constexpr (requires { given().problem(neurons); }) return given().problem(neurons);
    return {};
  }
  [[nodiscard]] std::vector<core::IdleParameter> idle() const override {
    if constexpr (requires { given().idle(); }) return given().idle();
    return {};
  }
  [[nodiscard]] Index bytes(const Synapses& synapses) const override { return R::bytes(given(), synapses); }
  [[nodiscard]] bool has_learning_rate() const override { return HasLearningRate<R>; }
  [[nodiscard]] bool learns() const override {
    if constexpr (requires { R::learns; }) return R::learns;
    return true;
  }
  [[nodiscard]] bool has_initial_weights() const override { return HasInitialWeights<R>; }
  [[nodiscard]] bool is_batch() const override { return FinishesTraining<R>; }
  [[nodiscard]] bool draws() const override {
    if constexpr (requires { given().draws(); }) return given().draws();
    return false;
  }
};

}  // namespace bayres::rules
