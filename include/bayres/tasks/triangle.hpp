#pragma once
/// \file
/// A triangle wave.

#include <cmath>

#include "bayres/tasks/task.hpp"

namespace bayres::tasks {

/// z*(t) = amplitude times a triangle wave of the given period that starts at 0 and rises. No input of its own.
class Triangle {
 public:
  static constexpr TaskInfo info{
      .name = "triangle",
      .equation = "z*(t) = amplitude (2/pi) arcsin(sin(2 pi t / (period tau)))",
      .source = "Sussillo & Abbott 2009, Neuron 63:544-557 (among their periodic targets)",
  };

  struct Parameters {
    Real period = 60;
    Real amplitude = 1;
    static constexpr auto parameters() {
      using P = core::Parameter<Parameters>;
      return std::array{
          P{"period", &Parameters::period, "tau", "period of the wave", core::positive},
          P{"amplitude", &Parameters::amplitude, "1", "largest value", core::positive},
      };
    }
    [[nodiscard]] std::string problem(const Context& context) const {
      return period_problem("period", period, context);
    }
  };

  Triangle(const Parameters& parameters, const Context& context)
      : parameters_(parameters), dt_(context.dt), tau_(context.tau) {}

  [[nodiscard]] static Index inputs() noexcept { return 0; }
  [[nodiscard]] static Index outputs() noexcept { return 1; }

  void sample(Index step, std::span<Real>, std::span<Real> target) const noexcept {
    const Real cycles = time_of(step, dt_) / (tau_ * parameters_.period) + 0.25;
    const Real phase = cycles - std::floor(cycles);
    target[0] = parameters_.amplitude * (1 - 4 * std::abs(phase - 0.5));
  }

 private:
  Parameters parameters_;
  Real dt_;
  Real tau_;
};

}  // namespace bayres::tasks
