#pragma once
/// \file
/// What must be true of learners whatever happens.

#include <vector>

#include "bayres/simulation/simulation.hpp"

namespace bayres::sim {

/// Verifies learners as a run goes on, in its first training step, every 100 steps and after its last: posterior
/// variances are positive, finite, and do not rise unless the rule says so; the total one-step correction of a rule
/// that never overshoots is at most 1; covariances are symmetric and positive definite. Ends with an error that names
/// the learner, the step and what is wrong.
class InvariantCheck final : public Observer {
 public:
  explicit InvariantCheck(const Simulation& simulation);
  /// Throws on every rank. Collective.
  void after_step(const Simulation& simulation) override;

 private:
  void check(const Simulation& simulation, std::size_t learner);

  comm::NeuronGather gather_;
  std::vector<std::vector<Real>> rates_;  // of each learner when it was looked at last: own; empty before that
};

/// What is wrong with posterior variances (own) that follow on `before` (own, or empty), or "".
[[nodiscard]] std::string unsound_rates(std::span<const Real> before, std::span<const Real> now, bool may_rise);

}  // namespace bayres::sim
