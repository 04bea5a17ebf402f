#pragma once
/// \file
/// Batch least squares: the error floor to which online rules are compared.

#include <functional>
#include <memory>
#include <optional>

#include "bayres/regression/least_squares.hpp"
#include "bayres/regression/validation.hpp"
#include "bayres/rules/batch.hpp"

namespace bayres::rules {

/// w = (sum r r^T + lambda I)^-1 sum r z* over the training steps that learn, set once at the end of training.
///
/// Until then w = 0, so delta is z*; it is not meant for closed loops (feedback output), where the feedback would be
/// silent. Learners that learn from the same steps share the sums, whose rows are divided over the ranks, and one
/// eigen-decomposition, for which every rank briefly holds two copies of the whole N x N matrix.
///
/// With lambda = auto it takes the lambda of another learner: that whose solution of the steps before the last
/// `validation_fraction` of training has the smallest error on those, summed over outputs, each in units of its z*.
/// Of equal ones it takes the largest. Like the others it then learns from all steps.
class Ridge final : public BatchRule {
 public:
  static constexpr core::Info info{
      .name = "ridge",
      .equation = "w = (sum r r^T + lambda I)^-1 sum r z*, once, at the end of training",
      .locality = "collective and not online",
      .source = "Hoerl & Kennard 1970, Technometrics 12:55-67; Jaeger 2001, GMD Report 148",
  };

  struct Parameters {
    Real lambda = 1;
    std::string lambda_select = "none";
    Real validation_fraction = 0.2;
    static constexpr auto parameters() {
      using R = Parameters;
      using P = core::Parameter<R>;
      return std::array{
          P{"lambda",
            &R::lambda,
            "1",
            "regularisation; 0: the smallest weights of least squares",
            core::non_negative,
            {},
            "chosen from the lambda of the run's other ridge learners, by lambda_select"},
          P::word("lambda_select", &R::lambda_select, "none|validation",
                  "validation: a list of lambda makes one learner more, with the lambda whose error is smallest on the "
                  "last part of training, and lambda = auto"),
          P{"validation_fraction", &R::validation_fraction, "1",
            "the last part of training, on which lambda is chosen by what was learned before",
            core::between(0.01, 0.9)},
      };
    }
    [[nodiscard]] bool chooses() const noexcept { return core::is_automatic(lambda); }
    [[nodiscard]] Parameters resolved(const RateScale&) const;  ///< what has no effect is as by default
    [[nodiscard]] std::string problem(Index neurons) const;
    [[nodiscard]] std::vector<core::IdleParameter> idle() const;
  };

  Ridge(const Parameters& parameters, const Synapses& synapses);

  template <class G>
  requires Gather<G>
  void learn(std::span<const Real> rates, std::span<const Real> delta, std::span<Real>, G&) noexcept {
    validation_.add(rates, delta);
    if (gram_) gram_->add(rates, delta);
  }

  template <class G>
  requires Gather<G>
  bool finish_training(std::span<Real> weights, G& gather) { return finish(weights, std::ref(gather)); }

  bool join(BatchRule& first) override;
  [[nodiscard]] core::Fit fit() const override;
  [[nodiscard]] Real held_out() const noexcept override {
    return parameters_.chooses() ? parameters_.validation_fraction : 0;
  }
  void begin_validation(const AnyGather& gather) override;

  void visit_state(core::StateVisitor& visit);

  [[nodiscard]] static Index bytes(const Parameters&, const Synapses& synapses) noexcept {
    return core::Gram::bytes(synapses.neurons, synapses.own) +
           2 * synapses.neurons * synapses.neurons * static_cast<Index>(sizeof(Real));
  }

  /// Why G cannot be a sum of squares, or "". Collective.
  template <class G>
  requires Gather<G>
  [[nodiscard]] std::string unsound(const G& gather) const {
    return gram_ ? gram_->unsound(std::cref(gather)) : std::string();
  }

 private:
  [[nodiscard]] std::size_t outputs() const noexcept { return static_cast<std::size_t>(synapses_.outputs); }
  [[nodiscard]] Ridge& first() noexcept { return first_ == nullptr ? *this : *first_; }
  [[nodiscard]] const Ridge& first() const noexcept { return first_ == nullptr ? *this : *first_; }
  /// The solution of the steps that have been added. Collective.
  [[nodiscard]] core::Solution solution(Real lambda, const AnyGather& gather);
  [[nodiscard]] bool finish(std::span<Real> weights, const AnyGather& gather);
  /// The lambda to choose from: those of all learners that share the sums, apart from auto.
  [[nodiscard]] std::vector<Real> candidates() const;
  [[nodiscard]] Real chosen() const;

  Parameters parameters_;
  Synapses synapses_;
  std::optional<core::Gram> gram_;                  // empty if it has joined another
  Ridge* first_ = nullptr;                          // whose sums are used; nullptr: the own ones
  std::vector<Real> lambdas_;                       // of all that use these sums
  Index solved_ = 0;                                // and how many of them have their weights
  std::shared_ptr<const core::Spectrum> spectrum_;  // of the sums, once a solution needs it
  std::vector<Real> misfit_;                        // of the solution: the errors of the outputs, then their rounding
  core::Validation validation_;
};

}  // namespace bayres::rules
