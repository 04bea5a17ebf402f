#pragma once
/// \file
/// The Lorenz system.

#include "bayres/systems/flow.hpp"

namespace bayres::tasks {

struct LorenzSystem {
  using State = std::array<Real, 3>;
  static constexpr State start{1, 1, 25};
  static constexpr Integration integration{.longest_step = 0.005, .transient = 50};
  static State velocity(const State& s) {
    return {10 * (s[1] - s[0]), s[0] * (28 - s[2]) - s[1], s[0] * s[1] - 8.0 / 3.0 * s[2]};
  }
  static State shown(const State& s) { return {s[0], s[1], s[2] - 25}; }
};

struct LorenzParameters {
  Real speed = 0.1;
  Real horizon = 0;
  Index dimensions = 1;
  Real scale = 0.05;
  static constexpr auto parameters() {
    using P = core::Parameter<LorenzParameters>;
    return std::array{
        P{"speed", &LorenzParameters::speed, "1/tau", "units of the Lorenz system's time in one tau",
          core::between(1e-4, 1e4)},
        horizon_parameter(&LorenzParameters::horizon),
        P{"dimensions", &LorenzParameters::dimensions, "1", "how many of x, y, z are targets", core::between(1, 3)},
        P{"scale", &LorenzParameters::scale, "1", "factor of the target", core::positive},
    };
  }
  /// Sprott 2003, Chaos and Time-Series Analysis: 0.906 in the system's own time.
  [[nodiscard]] Real lyapunov_exponent(const Context& context) const { return 0.906 * speed / context.tau; }
  [[nodiscard]] std::string problem(const Context& context) const {
    return flow_problem(speed, horizon, LorenzSystem::integration, context);
  }
};

/// dx/ds = 10 (y - x), dy/ds = x (28 - z) - y, dz/ds = x y - 8/3 z, with s = speed t / tau.
class Lorenz : public FlowTask<LorenzSystem, LorenzParameters> {
 public:
  static constexpr core::Info info{
      .name = "lorenz",
      .equation =
          "dx/ds = 10 (y - x), dy/ds = x (28 - z) - y, dz/ds = x y - 8 z/3; s = speed t / tau; "
          "z* = scale (x, y, z - 25), the first `dimensions` of them, horizon ahead of the input",
      .source = "Lorenz 1963, J. Atmos. Sci. 20:130-141; fourth-order Runge-Kutta",
  };
  using Parameters = LorenzParameters;
  using FlowTask::FlowTask;
};

}  // namespace bayres::tasks
