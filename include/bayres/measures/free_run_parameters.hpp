#pragma once
/// \file
/// Section [free_run]: what scores of a free run go by.

#include <array>
#include <string>
#include <vector>

#include "bayres/core/parameter.hpp"

namespace bayres::sim {

using core::Index;
using core::Real;

/// Times are in the unit of tau.
struct FreeRunParameters {
  Real period = core::automatic;
  Real lyapunov_exponent = core::automatic;
  Real valid_error = 0.4;
  Real held_nrmse = 0.3;
  Real held_amplitude = 0.25;
  Index segment = 1024;
  static constexpr auto parameters() {
    using F = FreeRunParameters;
    using P = core::Parameter<F>;
    return std::array{
        P{"period",
          &F::period,
          "time",
          "period of the target; 0: it has none",
          core::non_negative,
          {},
          "that of the task"},
        P{"lyapunov_exponent",
          &F::lyapunov_exponent,
          "1/time",
          "largest Lyapunov exponent of the target; 0: it has none, or it is not known",
          core::non_negative,
          {},
          "that of the task"},
        P{"valid_error", &F::valid_error, "1", "error up to which an output is valid (valid_time)", core::positive},
        P{"held_nrmse", &F::held_nrmse, "1", "a period is held if aligned_nrmse is below this", core::positive},
        P{"held_amplitude", &F::held_amplitude, "1", "and amplitude_ratio is not further than this from 1",
          core::positive},
        P{"segment", &F::segment, "steps", "segments of the power spectrum (spectrum_distance), a power of 2",
          core::between(16, 65536)},
    };
  }
};

/// The same in whole steps.
struct FreeRunPlan {
  FreeRunParameters parameters;  ///< without `auto`
  Real dt = 1;
  Index steps = 0;    ///< of the free run
  Index segment = 0;  ///< of the power spectrum; 0: none
  Index period = 0;   ///< 0: none, or longer than the run and 2^20 steps. A shorter run may be prolonged to it

  FreeRunPlan() = default;
  /// `given` must be without `auto`. A run that cannot be prolonged has no segment and no period longer than it is.
  FreeRunPlan(const FreeRunParameters& given, Real step, Index count, bool may_grow = true);
  /// Whole periods in the run.
  [[nodiscard]] Index windows() const noexcept { return period > 0 ? steps / period : 0; }
};

/// Problems of the parameters with a free run of so many steps, or none. `duration`: the key that says how long it is.
[[nodiscard]] std::vector<std::string> problems_of(const FreeRunPlan& plan, const std::string& duration);

}  // namespace bayres::sim
