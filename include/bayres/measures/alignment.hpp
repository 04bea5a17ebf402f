#pragma once
/// \file
/// How alike an output and a periodic target are when the phase does not matter.

#include <span>
#include <vector>

#include "bayres/core/types.hpp"

namespace bayres::sim {

using core::Index;
using core::Real;

/// One period of an output against that of its target.
struct Alignment {
  Real lag;              ///< steps by which the output is late, from -1/2 to 1/2 of the period; NaN: it is constant
  Real nrmse;            ///< sqrt(mean over outputs of mean (z - z*)^2 / var z*), z* shifted circularly by the lag
  Real amplitude_ratio;  ///< sqrt(mean over outputs of var z / var z*)
};

/// Finds the best lag: where the circular cross-correlation of output and target, each output divided by var z*, is
/// largest, by the parabola through the largest value and those beside it. Between steps the target is interpolated by
/// cubics. The largest value is sought among means over at most 512 parts of the period, and then step by step near the
/// best of these. Outputs with a constant target are left out; everything is NaN if there are no others, or if a value
/// is not finite.
class Aligner {
 public:
  /// For periods of so many steps, at least 4. Afterwards nothing is allocated.
  Aligner(Index steps, Index outputs);
  /// Target and output of a period, each outputs x steps.
  [[nodiscard]] Alignment operator()(std::span<const Real> target, std::span<const Real> output);
  /// Memory in bytes.
  [[nodiscard]] static Index bytes(Index steps, Index outputs);

 private:
  void centre(std::span<const Real> target, std::span<const Real> output);
  [[nodiscard]] Index coarse_lag(std::span<const Real> output);
  [[nodiscard]] Real correlation(std::span<const Real> output, Index lag) const;
  [[nodiscard]] Real best_lag(std::span<const Real> output);
  [[nodiscard]] Real squared_error(std::span<const Real> target, std::span<const Real> output, Real lag) const;

  Index steps_;
  Index outputs_;
  Index length_;  // of a part in steps
  Index parts_;
  std::vector<Real> centred_;    // outputs x steps: (z* - mean) / var; 0 where z* is constant
  std::vector<Real> variance_;   // outputs: of z*
  std::vector<Real> ratio_;      // outputs: var z / var z*
  std::vector<Real> backwards_;  // parts, twice: means of centred_ over them, backwards in time
  std::vector<Real> coarse_;     // parts: correlation at their lags
};

}  // namespace bayres::sim
