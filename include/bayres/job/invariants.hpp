#pragma once
/// \file
/// Invariants of learners.

#include <vector>

#include "bayres/simulation/simulation.hpp"

namespace bayres::app {

/// Checks learners after the first training step, every 100 steps and after the last: posterior variances are positive
/// and finite, and rise only if the rule allows it; the total one-step correction of a rule that never overshoots is at
/// most 1; covariances are symmetric and positive definite. Otherwise throws an error that names the learner, the step
/// and the problem.
class InvariantCheck final : public sim::Observer {
 public:
  explicit InvariantCheck(const sim::Simulation& simulation);
  /// Throws on every rank. Collective.
  void after_step(const sim::Simulation& simulation) override;

 private:
  void check(const sim::Simulation& simulation, std::size_t learner);

  std::vector<std::vector<core::Real>> rates_;  // of each learner at its last check: own; empty before the first
};

/// The problem of posterior variances (own), compared with those of the last check, `before` (own, or empty); "" if
/// there is none.
[[nodiscard]] std::string unsound_rates(std::span<const core::Real> before, std::span<const core::Real> now,
                                        bool may_rise);

}  // namespace bayres::app
