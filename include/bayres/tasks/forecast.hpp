#pragma once
/// \file
/// Tasks from a generated series: generate it (horizon 0), or predict it from its present value.

#include <algorithm>
#include <cstdlib>

#include "bayres/tasks/sequence.hpp"
#include "bayres/tasks/task.hpp"

namespace bayres::tasks {

/// The key task.horizon of a generated series.
template <class Parameters>
[[nodiscard]] constexpr core::Parameter<Parameters> horizon_parameter(Real Parameters::*member) {
  return {"horizon", member, "time",
          "0: the target is the series; else: the input is the series, and the target is so far ahead of it, or, if "
          "negative, behind it: the input's own past",
          core::between(-1e5, 1e5)};
}

/// Samples of a series before the first of the run that a horizon in steps needs, each held for `hold` steps.
[[nodiscard]] constexpr Index samples_before(Index horizon_steps, Index hold = 1) noexcept {
  return horizon_steps < 0 ? (-horizon_steps + hold - 1) / hold : 0;
}

/// With horizon 0 the target is the series and there is no input; with another horizon h the input is the series at t
/// and the target the series at t + h. Each sample is held for `hold` steps.
template <class Generator>
class Forecast {
 public:
  /// The generator's first sample is the number -samples_before(horizon_steps, hold) of the series.
  Forecast(Generator generator, Index width, Index horizon_steps, Index hold = 1)
      : series_(std::move(generator), static_cast<std::size_t>(width), (std::abs(horizon_steps) + hold - 1) / hold + 1),
        width_(width),
        horizon_(horizon_steps),
        hold_(hold),
        first_(samples_before(horizon_steps, hold) * hold) {}

  [[nodiscard]] Index inputs() const noexcept { return horizon_ != 0 ? width_ : 0; }
  [[nodiscard]] Index outputs() const noexcept { return width_; }

  void sample(Index step, std::span<Real> input, std::span<Real> target) {
    std::ranges::copy(at(step + horizon_), target.begin());
    if (horizon_ != 0) std::ranges::copy(at(step), input.begin());
  }

 private:
  [[nodiscard]] std::span<const Real> at(Index step) { return series_.at((step + first_) / hold_); }

  Sequence<Generator> series_;
  Index width_;
  Index horizon_;
  Index hold_;
  Index first_;  // steps before step 0 at which the generator begins
};

/// What is wrong with a horizon, or "": unless 0, it must be at least one step ahead or behind, and the series over the
/// horizon is kept in memory.
[[nodiscard]] inline std::string horizon_problem(Real horizon, Real dt) {
  constexpr Index most_steps = 1'000'000;
  const Index steps = steps_of(std::abs(horizon), dt);
  if (horizon == 0 || (steps >= 1 && steps <= most_steps)) return {};
  return "task.horizon = " + core::to_text(horizon) + " is " +
         (steps < 1 ? "less than half" : "more than " + std::to_string(most_steps) + " times") +
         " of reservoir.dt = " + core::to_text(dt) + ": allowed is 0, or 1 to " + std::to_string(most_steps) +
         " steps ahead or (negative) behind";
}

}  // namespace bayres::tasks
