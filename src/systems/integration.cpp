#include "bayres/systems/integration.hpp"

namespace bayres::tasks {
namespace {

std::string past_problem(Real horizon, Real known) {
  return "task.horizon = " + core::to_text(horizon) +
         " reaches further back than the series is known before the first step: allowed is at least " +
         core::to_text(-known);
}

/// What is wrong with a horizon over which so many variables are kept, or "".
std::string width_problem(Real horizon, Real dt, Index width) {
  constexpr Index most_numbers = 4'000'000;
  const Index most = most_numbers / width;
  const Index steps = steps_of(std::abs(horizon), dt);
  if (steps <= most) return {};
  return "task.horizon = " + core::to_text(horizon) + " is " + std::to_string(steps) + " steps of " +
         std::to_string(width) + " variables, which are kept in memory: allowed are " + std::to_string(most) +
         " steps of so many ahead or (negative) behind; choose a shorter horizon or fewer variables";
}

}  // namespace

Sampling::Sampling(const Integration& method, Real interval, Index before)
    : substeps(static_cast<Index>(std::ceil(interval / method.longest_step))),
      h(interval / static_cast<Real>(substeps)),
      skipped(static_cast<Index>(std::ceil(method.transient / h)) - before * substeps) {}

std::string flow_problem(Real speed, Real horizon, const Integration& method, const Context& context, Index width) {
  // A variable costs about the same in every equation. That of a few is mostly the cost of a step.
  constexpr Index few = 10;
  const Real most = 2e8 / static_cast<Real>(std::max(width, few));
  if (auto problem = horizon_problem(horizon, context.dt); !problem.empty()) return problem;
  if (auto problem = width_problem(horizon, context.dt, width); !problem.empty()) return problem;
  const Real interval = context.dt / context.tau * speed;
  const Index steps = steps_of(horizon, context.dt);
  constexpr Real rounding = 1e-12;
  if (static_cast<Real>(-steps) * interval > method.transient * (1 + rounding)) {
    return past_problem(horizon, method.transient / speed * context.tau);
  }
  const Real substeps = std::ceil(interval / method.longest_step);
  const auto samples = static_cast<Real>(std::abs(steps) + 1);
  const Real needed = method.transient * substeps / interval + samples * substeps;
  if (needed <= most) return {};
  return "task.speed = " + core::to_text(speed) + " with task.horizon = " + core::to_text(horizon) +
         ": a step of reservoir.dt is " + core::to_text(interval) + " of the equation's own time, so that " +
         core::to_text(std::ceil(needed)) + " steps of integration come before the first of the run: allowed are " +
         core::to_text(std::floor(most)) + "; choose another speed or dt, or a shorter horizon";
}

std::string map_problem(Real interval, Real horizon, Index transient, const Context& context) {
  if (auto problem = hold_problem(interval, context.dt); !problem.empty()) return problem;
  if (auto problem = horizon_problem(horizon, context.dt); !problem.empty()) return problem;
  const Index hold = steps_of(interval, context.dt);
  if (samples_before(steps_of(horizon, context.dt), hold) <= transient) return {};
  return past_problem(horizon, static_cast<Real>(transient * hold) * context.dt);
}

}  // namespace bayres::tasks
