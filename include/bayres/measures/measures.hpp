#pragma once
/// \file
/// All measures. A new one needs a class, here or in its own header, and a line in the list.

#include <optional>

#include "bayres/measures/answers.hpp"
#include "bayres/measures/classes.hpp"
#include "bayres/measures/definitions.hpp"
#include "bayres/measures/measure.hpp"
#include "bayres/measures/spike_measures.hpp"

namespace bayres::sim {

template <Real (Score::*measure)() const noexcept>
struct OfScore {
  using Parameters = core::NoParameters;
  static Real value(const Score& score) noexcept { return (score.*measure)(); }
};

struct Mae : OfScore<&Score::mae> {
  static constexpr core::Info info{.name = "mae", .equation = "mean |delta|", .source = "mean absolute error"};
};
struct Mse : OfScore<&Score::mse> {
  static constexpr core::Info info{.name = "mse", .equation = "mean delta^2", .source = "mean squared error"};
};
struct Nrmse : OfScore<&Score::nrmse> {
  static constexpr core::Info info{
      .name = "nrmse", .equation = "sqrt(mean delta^2 / var z*)", .source = "normalised root mean squared error"};
};
struct R2 : OfScore<&Score::r2> {
  static constexpr bool larger_is_better = true;
  static constexpr core::Info info{
      .name = "r2", .equation = "1 - mean delta^2 / var z*", .source = "coefficient of determination"};
};

[[nodiscard]] inline Measures built_in_measures() {
  Measures all;
  all.add<Mae>();
  all.add<Mse>();
  all.add<Nrmse>();
  all.add<R2>();
  all.add<NrmseJoint>();
  all.add<NrmseRange>();
  all.add<NrmseRangeJoint>();
  all.add<SquaredCorrelation>();
  all.add<Capacity>();
  all.add<Right>();
  all.add<RightLow>();
  all.add<RightHigh>();
  all.add<TrialCount>();
  all.add<Accuracy>();
  all.add<AccuracyLow>();
  all.add<AccuracyHigh>();
  all.add<AccuracyAtEnd>();
  all.add<SequenceCount>();
  all.add<LogLikelihood>();
  all.add<VanRossum>();
  all.add<Coincidence>();
  return all;
}

/// Names of the measures of answers.
struct AnswerMeasures {
  const char* fraction;
  const char* low;
  const char* high;
  const char* count;
};

/// Those of trials or of classes; nothing if a learner has neither.
[[nodiscard]] inline std::optional<AnswerMeasures> answer_measures(const Measures& measures) {
  if (measures.find("right") != nullptr) return AnswerMeasures{"right", "right_low", "right_high", "trials"};
  if (measures.find("accuracy") == nullptr) return {};
  return AnswerMeasures{"accuracy", "accuracy_low", "accuracy_high", "sequences"};
}

}  // namespace bayres::sim
