#pragma once
/// \file
/// Tasks from a generated series: generate it (horizon 0), or predict it from its present value.

#include <algorithm>

#include "bayres/tasks/sequence.hpp"
#include "bayres/tasks/task.hpp"

namespace bayres::tasks {

/// The key task.horizon of a generated series.
template <class Parameters>
[[nodiscard]] constexpr core::Parameter<Parameters> horizon_parameter(Real Parameters::*member) {
  return {"horizon", member, "time",
          "0: the target is the series; else: the input is the series, and the target is so far ahead of it",
          core::between(0, 1e5)};
}

/// With horizon 0 the target is the series and there is no input; with horizon h > 0 the input is the series at t and
/// the target the series at t + h.
template <class Generator>
class Forecast {
 public:
  Forecast(Generator generator, Index width, Index horizon_steps)
      : series_(std::move(generator), static_cast<std::size_t>(width), horizon_steps + 1),
        width_(width),
        horizon_(horizon_steps) {}

  [[nodiscard]] Index inputs() const noexcept { return horizon_ > 0 ? width_ : 0; }
  [[nodiscard]] Index outputs() const noexcept { return width_; }

  void sample(Index step, std::span<Real> input, std::span<Real> target) {
    std::ranges::copy(series_.at(step + horizon_), target.begin());
    if (horizon_ > 0) std::ranges::copy(series_.at(step), input.begin());
  }

 private:
  Sequence<Generator> series_;
  Index width_;
  Index horizon_;
};

/// What is wrong with a horizon, or "": unless 0, it must be at least one step, and the series over the horizon is kept
/// in memory.
[[nodiscard]] inline std::string horizon_problem(Real horizon, Real dt) {
  constexpr Index most_steps = 1'000'000;
  const Index steps = steps_of(horizon, dt);
  if (horizon == 0 || (steps >= 1 && steps <= most_steps)) return {};
  return "task.horizon = " + core::to_text(horizon) + " is " +
         (steps < 1 ? "less than half" : "more than " + std::to_string(most_steps) + " times") +
         " of reservoir.dt = " + core::to_text(dt) + ": allowed is 0, or 1 to " + std::to_string(most_steps) + " steps";
}

/// Integration of a differential equation, in units of its own time.
struct Integration {
  Real longest_step;  ///< longest step of the method
  Real transient;     ///< time before the first sample
};

/// What is wrong with the speed of an equation, or "". A step of the reservoir is `interval` of the equation's time;
/// the transient and the horizon are integrated before the first step of the run, which must not take too long.
[[nodiscard]] inline std::string speed_problem(Real speed, Real horizon, const Integration& method,
                                               const Context& context) {
  constexpr Real most = 2e7;
  const Real interval = context.dt / context.tau * speed;
  const Real substeps = std::ceil(interval / method.longest_step);
  const auto samples = static_cast<Real>(steps_of(horizon, context.dt) + 1);
  const Real needed = method.transient * substeps / interval + samples * substeps;
  if (needed <= most) return {};
  return "task.speed = " + core::to_text(speed) + " with task.horizon = " + core::to_text(horizon) +
         ": a step of reservoir.dt is " + core::to_text(interval) + " of the equation's own time, so that " +
         core::to_text(std::ceil(needed)) + " steps of integration come before the first of the run: allowed are " +
         core::to_text(most) + "; choose another speed or dt, or a shorter horizon";
}

}  // namespace bayres::tasks
