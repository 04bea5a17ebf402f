#pragma once
/// \file
/// The Lorenz system.

#include "bayres/tasks/forecast.hpp"

namespace bayres::tasks {

/// dx/ds = 10 (y - x), dy/ds = x (28 - z) - y, dz/ds = x y - 8/3 z, with s = speed t / tau.
class Lorenz {
 public:
  static constexpr core::Info info{
      .name = "lorenz",
      .equation =
          "dx/ds = 10 (y - x), dy/ds = x (28 - z) - y, dz/ds = x y - 8 z/3; s = speed t / tau; "
          "z* = scale (x, y, z - 25), the first `dimensions` of them, horizon ahead of the input",
      .source = "Lorenz 1963, J. Atmos. Sci. 20:130-141; fourth-order Runge-Kutta",
  };

  static constexpr Integration integration{.longest_step = 0.005, .transient = 50};

  struct Parameters {
    Real speed = 0.1;
    Real horizon = 0;
    Index dimensions = 1;
    Real scale = 0.05;
    static constexpr auto parameters() {
      using P = core::Parameter<Parameters>;
      return std::array{
          P{"speed", &Parameters::speed, "1/tau", "units of the Lorenz system's time in one tau",
            core::between(1e-4, 1e4)},
          horizon_parameter(&Parameters::horizon),
          P{"dimensions", &Parameters::dimensions, "1", "how many of x, y, z are targets", core::between(1, 3)},
          P{"scale", &Parameters::scale, "1", "factor of the target", core::positive},
      };
    }
    /// Sprott 2003, Chaos and Time-Series Analysis: 0.906 in the system's own time.
    [[nodiscard]] Real lyapunov_exponent(const Context& context) const { return 0.906 * speed / context.tau; }
    [[nodiscard]] std::string problem(const Context& context) const {
      const auto of_horizon = horizon_problem(horizon, context.dt);
      return of_horizon.empty() ? speed_problem(speed, horizon, integration, context) : of_horizon;
    }
  };

  Lorenz(const Parameters& p, const Context& context)
      : series_(Flow(p, context.dt / context.tau * p.speed), p.dimensions, steps_of(p.horizon, context.dt)) {}

  [[nodiscard]] Index inputs() const noexcept { return series_.inputs(); }
  [[nodiscard]] Index outputs() const noexcept { return series_.outputs(); }
  void sample(Index step, std::span<Real> input, std::span<Real> target) { series_.sample(step, input, target); }

 private:
  using State = std::array<Real, 3>;

  /// The trajectory, one sample per step of the reservoir, after a transient.
  class Flow {
   public:
    Flow(const Parameters& p, Real interval) : scale_(p.scale) {
      substeps_ = static_cast<Index>(std::ceil(interval / integration.longest_step));
      h_ = interval / static_cast<Real>(substeps_);
      const auto skipped = static_cast<Index>(std::ceil(integration.transient / h_));
      for (Index i = 0; i < skipped; ++i) runge_kutta();
    }
    void next(std::span<Real> sample) {
      for (Index i = 0; i < substeps_; ++i) runge_kutta();
      const State centred{state_[0], state_[1], state_[2] - 25};
      for (std::size_t d = 0; d < sample.size(); ++d) sample[d] = scale_ * centred[d];
    }

   private:
    static State velocity(const State& s) {
      return {10 * (s[1] - s[0]), s[0] * (28 - s[2]) - s[1], s[0] * s[1] - 8.0 / 3.0 * s[2]};
    }
    static State moved(const State& s, const State& v, Real h) {
      return {s[0] + h * v[0], s[1] + h * v[1], s[2] + h * v[2]};
    }
    void runge_kutta() {
      const State k1 = velocity(state_);
      const State k2 = velocity(moved(state_, k1, h_ / 2));
      const State k3 = velocity(moved(state_, k2, h_ / 2));
      const State k4 = velocity(moved(state_, k3, h_));
      for (std::size_t d = 0; d < 3; ++d) state_[d] += h_ / 6 * (k1[d] + 2 * k2[d] + 2 * k3[d] + k4[d]);
    }
    State state_{1, 1, 25};
    Real scale_;
    Index substeps_ = 1;
    Real h_ = 0;
  };

  Forecast<Flow> series_;
};

}  // namespace bayres::tasks
