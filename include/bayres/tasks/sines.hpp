#pragma once
/// \file
/// A sum of sines, the standard target of FORCE learning.

#include "bayres/kernels/elementary.hpp"
#include "bayres/tasks/forecast.hpp"

namespace bayres::tasks {

/// s(t) = scale sum_k amplitude_k sin(2 pi t / (period_k tau)); z*(t) = s(t + horizon).
class Sines {
 public:
  static constexpr core::Info info{
      .name = "sines",
      .equation = "s(t) = scale sum_k amplitudes_k sin(2 pi t / (periods_k tau)), z*(t) = s(t + horizon)",
      .source = "Sussillo & Abbott 2009, Neuron 63:544-557 (their demonstration of FORCE)",
  };

  struct Parameters {
    std::vector<Real> periods = {120, 60, 40, 30};
    std::vector<Real> amplitudes = {1, 1.0 / 2, 1.0 / 6, 1.0 / 3};
    Real scale = 1.3 / 1.5;
    Real horizon = 0;
    static constexpr auto parameters() {
      using P = core::Parameter<Parameters>;
      return std::array{
          P{"periods", &Parameters::periods, "tau", "periods of the sines", core::positive},
          P{"amplitudes", &Parameters::amplitudes, "1", "amplitudes of the sines, as many as periods"},
          P{"scale", &Parameters::scale, "1", "common factor of all amplitudes"},
          horizon_parameter(&Parameters::horizon),
      };
    }
    /// The least common multiple of the periods, if it is at most 100 times the longest.
    [[nodiscard]] Real target_period(const Context& context) const {
      constexpr int most = 100;
      const Real longest = periods.empty() ? 0 : *std::ranges::max_element(periods);
      const auto divides = [](Real period, Real time) {
        return std::abs(time / period - std::round(time / period)) <= 1e-9 * (time / period);
      };
      for (int times = 1; times <= most; ++times) {
        const auto fits = [&](Real period) { return divides(period, times * longest); };
        if (std::ranges::all_of(periods, fits)) return times * longest * context.tau;
      }
      return 0;
    }
    [[nodiscard]] std::string problem(const Context& context) const {
      if (periods.empty()) return "task.periods is empty: give at least one period";
      if (periods.size() == amplitudes.size()) {
        const auto of_horizon = horizon_problem(horizon, context.dt);
        return of_horizon.empty() ? period_problem("periods", *std::ranges::min_element(periods), context) : of_horizon;
      }
      return "task.periods has " + std::to_string(periods.size()) + " values and task.amplitudes " +
             std::to_string(amplitudes.size()) + ": give as many of the one as of the other";
    }
  };

  Sines(const Parameters& parameters, const Context& context)
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
    const Real t = time_of(step, dt_) / tau_;
    Real sum = 0;
    for (std::size_t k = 0; k < parameters_.periods.size(); ++k) {
      sum += parameters_.amplitudes[k] * core::sine_of_turns(t / parameters_.periods[k]);
    }
    return parameters_.scale * sum;
  }

  Parameters parameters_;
  Real dt_;
  Real tau_;
  Index horizon_;  // steps
};

}  // namespace bayres::tasks
