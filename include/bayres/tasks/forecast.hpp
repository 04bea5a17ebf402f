#pragma once
/// \file
/// From a generated series to a task: generate it (horizon 0), or predict it from its present.

#include <algorithm>

#include "bayres/tasks/sequence.hpp"
#include "bayres/tasks/task.hpp"

namespace bayres::tasks {

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

/// What is wrong with a horizon: one that is not 0 must be at least one step.
[[nodiscard]] inline std::string horizon_problem(Real horizon, Real dt) {
  if (horizon == 0 || steps_of(horizon, dt) >= 1) return {};
  return "task.horizon = " + core::to_text(horizon) + " is less than half of reservoir.dt = " + core::to_text(dt) +
         ": allowed is 0, or at least one step";
}

}  // namespace bayres::tasks
