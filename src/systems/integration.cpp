#include "bayres/systems/integration.hpp"

namespace bayres::tasks {
namespace {

std::string past_problem(Real horizon, Real known) {
  return "task.horizon = " + core::to_text(horizon) +
         " reaches further back than the series is known before the first step: allowed is at least " +
         core::to_text(-known);
}

}  // namespace

std::string flow_problem(Real speed, Real horizon, const Integration& method, const Context& context) {
  constexpr Real most = 2e7;
  if (auto problem = horizon_problem(horizon, context.dt); !problem.empty()) return problem;
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
         core::to_text(most) + "; choose another speed or dt, or a shorter horizon";
}

std::string map_problem(Real interval, Real horizon, Index transient, const Context& context) {
  if (auto problem = hold_problem(interval, context.dt); !problem.empty()) return problem;
  if (auto problem = horizon_problem(horizon, context.dt); !problem.empty()) return problem;
  const Index hold = steps_of(interval, context.dt);
  if (samples_before(steps_of(horizon, context.dt), hold) <= transient) return {};
  return past_problem(horizon, static_cast<Real>(transient * hold) * context.dt);
}

}  // namespace bayres::tasks
