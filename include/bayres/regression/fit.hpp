#pragma once
/// \file
/// How well a solution of least squares fits.

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bayres/core/parameter.hpp"

namespace bayres::core {

/// What was found. Errors are sums of squares over steps, as parts of that of z*; NaN: not known.
struct Fit {
  Real lambda = automatic;
  std::vector<Real> error;       ///< of the solution, on the steps that it was solved from (outputs)
  std::vector<Real> rounding;    ///< what rounding may make of it (outputs)
  std::vector<Real> candidates;  ///< the lambda that it was chosen from, or empty
  std::vector<Real> validation;  ///< the error of each, on steps that were held out (candidates x outputs)
};

/// The same as NRMSE, means over outputs: sqrt(error x mean z*^2 / var z*). An output that is 0 throughout is left out.
struct FitScores {
  Real lambda = automatic;
  Real nrmse = automatic;  ///< not less than `rounding`, below which it is not known
  Real rounding = automatic;
  std::vector<Real> candidates;
  std::vector<Real> validation;  ///< as many as candidates
};

/// `nrmse_of_zero`: of z = 0 in all of training (outputs); NaN: z* is 0 throughout.
[[nodiscard]] FitScores scores_of(const Fit& fit, std::span<const Real> nrmse_of_zero);

/// Names and numbers for files, beginning with `fit_`; none of rules that fit nothing. Their count depends on the
/// configuration alone: a learner that has found no solution has NaN.
[[nodiscard]] std::vector<std::pair<std::string, std::vector<Real>>> attributes_of(const FitScores& scores);
inline constexpr std::string_view fit_prefix = "fit_";

}  // namespace bayres::core
