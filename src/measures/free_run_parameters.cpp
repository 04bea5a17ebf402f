#include "bayres/measures/free_run_parameters.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

#include "bayres/core/text.hpp"

namespace bayres::sim {

FreeRunPlan::FreeRunPlan(const FreeRunParameters& given, Real step, Index count, bool may_grow)
    : parameters(given), dt(step), steps(count) {
  const Real always_held = may_grow ? 1 << 20 : 0;
  const Real wanted = std::round(given.period / step);
  if (wanted <= std::max(always_held, static_cast<Real>(count))) period = static_cast<Index>(wanted);
  if (may_grow || given.segment <= count) segment = given.segment;
}

std::vector<std::string> problems_of(const FreeRunPlan& plan, const std::string& duration) {
  constexpr Index fewest = 4;
  std::vector<std::string> problems;
  const auto& p = plan.parameters;
  const auto text = [&](Index steps) { return core::rounded_text(static_cast<Real>(steps) * plan.dt); };
  const Real wanted = p.period / plan.dt;
  if (p.period > 0 && (wanted < fewest || plan.windows() < 1)) {
    problems.push_back("free_run.period = " + core::to_text(p.period) + " is " +
                       (wanted < fewest ? "less than 4 steps of reservoir.dt = " + core::to_text(plan.dt)
                                        : "longer than the free run, " + duration + " = " + text(plan.steps)) +
                       ": allowed is 0 (no period), or " + text(fewest) + " to " + text(plan.steps));
  }
  if (!std::has_single_bit(static_cast<std::uint64_t>(p.segment))) {
    problems.push_back("free_run.segment = " + std::to_string(p.segment) +
                       " is no power of 2: allowed are 16, 32, 64, ..., 65536");
  }
  return problems;
}

}  // namespace bayres::sim
