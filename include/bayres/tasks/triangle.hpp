#pragma once
/// \file
/// A triangle wave.

#include <cmath>

#include "bayres/tasks/forecast.hpp"

namespace bayres::tasks {

/// s(t) = amplitude times a triangle wave of the given period that starts at 0 and rises; z*(t) = s(t + horizon).
class Triangle {
 public:
  static constexpr core::Info info{
      .name = "triangle",
      .equation = "s(t) = amplitude (2/pi) arcsin(sin(2 pi t / (period tau))), z*(t) = s(t + horizon)",
      .source = "Sussillo & Abbott 2009, Neuron 63:544-557 (among their periodic targets)",
  };

  struct Parameters {
    Real period = 60;
    Real amplitude = 1;
    Real horizon = 0;
    static constexpr auto parameters() {
      using P = core::Parameter<Parameters>;
      return std::array{
          P{"period", &Parameters::period, "tau", "period of the wave", core::positive},
          P{"amplitude", &Parameters::amplitude, "1", "largest value", core::positive},
          horizon_parameter(&Parameters::horizon),
      };
    }
    [[nodiscard]] Real target_period(const Context& context) const { return period * context.tau; }
    [[nodiscard]] std::string problem(const Context& context) const {
      const auto of_horizon = horizon_problem(horizon, context.dt);
      return of_horizon.empty() ? period_problem("period", period, context) : of_horizon;
    }
  };

  Triangle(const Parameters& parameters, const Context& context)
      : parameters_(parameters),
        dt_(context.dt),
        tau_(context.tau),
        horizon_(steps_of(parameters.horizon, context.dt)) {}

  [[nodiscard]] Index inputs() const noexcept { return horizon_ != 0 ? 1 : 0; }
  [[nodiscard]] static Index outputs() noexcept { return 1; }

  void sample(Index step, std::span<Real> input, std::span<Real> target) const noexcept {
    target[0] = series(step + horizon_);
    if (horizon_ != 0) input[0] = series(step);
  }

 private:
  [[nodiscard]] Real series(Index step) const noexcept {
    const Real cycles = time_of(step, dt_) / (tau_ * parameters_.period) + 0.25;
    const Real phase = cycles - std::floor(cycles);
    return parameters_.amplitude * (1 - 4 * std::abs(phase - 0.5));
  }

  Parameters parameters_;
  Real dt_;
  Real tau_;
  Index horizon_;  // steps
};

}  // namespace bayres::tasks
