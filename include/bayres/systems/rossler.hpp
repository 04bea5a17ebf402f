#pragma once
/// \file
/// The Rössler system.

#include "bayres/systems/flow.hpp"

namespace bayres::tasks {

struct RosslerSystem {
  using State = std::array<Real, 3>;
  static constexpr State start{-1, 0, 0};
  static constexpr Integration integration{.longest_step = 0.01, .transient = 200};
  static State velocity(const State& s) { return {-s[1] - s[2], s[0] + 0.2 * s[1], 0.2 + s[2] * (s[0] - 5.7)}; }
  static State shown(const State& s) { return s; }
};

struct RosslerParameters {
  Real speed = 0.5;
  Real horizon = 0;
  Index dimensions = 1;
  Real scale = 0.1;
  static constexpr auto parameters() {
    using P = core::Parameter<RosslerParameters>;
    return std::array{
        P{"speed", &RosslerParameters::speed, "1/tau",
          "units of the system's own time in one tau; it goes round in about 6 of them", core::between(1e-3, 1e4)},
        horizon_parameter(&RosslerParameters::horizon),
        P{"dimensions", &RosslerParameters::dimensions, "1", "how many of x, y, z are targets", core::between(1, 3)},
        P{"scale", &RosslerParameters::scale, "1", "factor of the target", core::positive},
    };
  }
  /// Sprott 2003, Chaos and Time-Series Analysis: 0.0714 in the system's own time.
  [[nodiscard]] Real lyapunov_exponent(const Context& context) const { return 0.0714 * speed / context.tau; }
  [[nodiscard]] std::string problem(const Context& context) const {
    return flow_problem(speed, horizon, RosslerSystem::integration, context);
  }
};

/// dx/ds = -y - z, dy/ds = x + 0.2 y, dz/ds = 0.2 + z (x - 5.7), with s = speed t / tau.
class Rossler : public FlowTask<RosslerSystem, RosslerParameters> {
 public:
  static constexpr core::Info info{
      .name = "rossler",
      .equation =
          "dx/ds = -y - z, dy/ds = x + 0.2 y, dz/ds = 0.2 + z (x - 5.7); s = speed t / tau; "
          "z* = scale (x, y, z), the first `dimensions` of them, horizon ahead of the input",
      .source = "Roessler 1976, Phys. Lett. A 57:397-398; fourth-order Runge-Kutta",
  };
  using Parameters = RosslerParameters;
  using FlowTask::FlowTask;
};

}  // namespace bayres::tasks
