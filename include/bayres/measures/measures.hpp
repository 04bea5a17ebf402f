#pragma once
/// \file
/// All measures. A new one needs a class, here or in its own header, and a line in the list.

#include "bayres/measures/answers.hpp"
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
  all.add<Right>();
  all.add<RightLow>();
  all.add<RightHigh>();
  all.add<TrialCount>();
  all.add<LogLikelihood>();
  all.add<VanRossum>();
  all.add<Coincidence>();
  return all;
}

}  // namespace bayres::sim
