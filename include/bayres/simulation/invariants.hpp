#pragma once
/// \file
/// Invariants of learners.

#include <vector>

#include "bayres/simulation/simulation.hpp"

namespace bayres::sim {

/// Checks learners after the first training step, every 100 steps and after the last: posterior variances are positive
/// and finite, and rise only if the rule allows it; the total one-step correction of a rule that never overshoots is at
/// most 1; covariances are symmetric and positive definite. Otherwise throws an error that names the learner, the step
/// and the problem.
class InvariantCheck final : public Observer {
 public:
  explicit InvariantCheck(const Simulation& simulation);
  /// Throws on every rank. Collective.
  void after_step(const Simulation& simulation) override;

 private:
  void check(const Simulation& simulation, std::size_t learner);

  comm::NeuronGather gather_;
  std::vector<std::vector<Real>> rates_;  // of each learner at its last check: own; empty before the first
};

/// The problem of posterior variances (own), compared with those of the last check, `before` (own, or empty); "" if
/// there is none.
[[nodiscard]] std::string unsound_rates(std::span<const Real> before, std::span<const Real> now, bool may_rise);

}  // namespace bayres::sim
