#pragma once
/// \file
/// A sum of sines, the standard target of FORCE learning.

#include "bayres/core/elementary.hpp"
#include "bayres/tasks/task.hpp"

namespace bayres::tasks {

/// z*(t) = scale sum_k amplitude_k sin(2 pi t / (period_k tau)). No input of its own.
class Sines {
 public:
  static constexpr TaskInfo info{
      .name = "sines",
      .equation = "z*(t) = scale sum_k amplitudes_k sin(2 pi t / (periods_k tau))",
      .source = "Sussillo & Abbott 2009, Neuron 63:544-557 (their demonstration of FORCE)",
  };

  struct Parameters {
    std::vector<Real> periods = {120, 60, 40, 30};
    std::vector<Real> amplitudes = {1, 1.0 / 2, 1.0 / 6, 1.0 / 3};
    Real scale = 1.3 / 1.5;
    static constexpr auto parameters() {
      using P = core::Parameter<Parameters>;
      return std::array{
          P{"periods", &Parameters::periods, "tau", "periods of the sines", core::positive},
          P{"amplitudes", &Parameters::amplitudes, "1", "amplitudes of the sines, as many as periods"},
          P{"scale", &Parameters::scale, "1", "common factor of all amplitudes"},
      };
    }
    [[nodiscard]] std::string problem(const Context& context) const {
      if (periods.empty()) return "task.periods is empty: give at least one period";
      if (periods.size() == amplitudes.size()) {
        return period_problem("periods", *std::ranges::min_element(periods), context);
      }
      return "task.periods has " + std::to_string(periods.size()) + " values and task.amplitudes " +
             std::to_string(amplitudes.size()) + ": give as many of the one as of the other";
    }
  };

  Sines(const Parameters& parameters, const Context& context)
      : parameters_(parameters), dt_(context.dt), tau_(context.tau) {}

  [[nodiscard]] static Index inputs() noexcept { return 0; }
  [[nodiscard]] static Index outputs() noexcept { return 1; }

  void sample(Index step, std::span<Real>, std::span<Real> target) const noexcept {
    const Real t = time_of(step, dt_) / tau_;
    Real sum = 0;
    for (std::size_t k = 0; k < parameters_.periods.size(); ++k) {
      sum += parameters_.amplitudes[k] * core::sine_of_turns(t / parameters_.periods[k]);
    }
    target[0] = parameters_.scale * sum;
  }

 private:
  Parameters parameters_;
  Real dt_;
  Real tau_;
};

}  // namespace bayres::tasks
