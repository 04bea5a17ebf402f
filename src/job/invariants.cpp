#include "bayres/job/invariants.hpp"

#include <cmath>

#include "bayres/core/error.hpp"

namespace bayres::app {

using core::Index;
using core::Real;

namespace {

constexpr Index check_every = 100;
constexpr Real rounding = 1e-9;

}  // namespace

std::string unsound_rates(std::span<const Real> before, std::span<const Real> now, bool may_rise) {
  for (std::size_t i = 0; i < now.size(); ++i) {
    const auto synapse = [&] {
      return " of synapse " + std::to_string(i) + " of this rank is " + core::to_text(now[i]);
    };
    if (!(std::isfinite(now[i]) && now[i] > 0)) return "the posterior variance" + synapse() + ": it must be above 0";
    if (may_rise || before.empty() || now[i] <= before[i] * (1 + rounding)) continue;
    return "the posterior variance" + synapse() + ", and was " + core::to_text(before[i]) + ": it must not rise";
  }
  return {};
}

InvariantCheck::InvariantCheck(const sim::Simulation& simulation) : rates_(simulation.learners().size()) {}

void InvariantCheck::after_step(const sim::Simulation& simulation) {
  const auto& schedule = simulation.schedule();
  const Index step = simulation.steps_done() - 1;
  if (schedule.phase(step) != sim::Phase::train) return;
  if (simulation.weight() == 0) return;  // it did not learn
  if ((step - schedule.washout_end()) % check_every != 0 && step + 1 != schedule.train_end()) return;
  for (std::size_t l = 0; l < rates_.size(); ++l) {
    if (simulation.learners()[l].active()) check(simulation, l);
  }
}

void InvariantCheck::check(const sim::Simulation& simulation, std::size_t l) {
  const auto& learner = simulation.learners()[l];
  const auto& comm = simulation.comm();
  std::string problem;
  Real correction = 0;
  if (learner.has_learning_rate()) {
    std::vector<Real> now(learner.rate_count());
    learner.learning_rate(now);
    problem = unsound_rates(rates_[l], now, learner.rates_may_rise());
    // Groups that share readouts correct them one after the other.
    const bool is_one = !simulation.configuration().groups().any();
    const auto r = is_one ? simulation.heard(l) : std::span<const Real>();
    for (std::size_t i = 0; i < r.size(); ++i) correction += now[i] * r[i] * r[i];
    rates_[l] = std::move(now);
  }
  comm.sum(std::span<Real>(&correction, 1));
  if (problem.empty() && learner.never_overshoots() && !(correction <= 1 + rounding)) {
    problem = "the total one-step correction is " + core::to_text(correction) + ": it must be at most 1";
  }
  const auto posterior = learner.unsound(simulation.gather());
  comm.together([&] {
    if (problem.empty()) problem = posterior;
    if (problem.empty()) return;
    throw core::Error(core::ExitCode::failure, "check: learner " + learner.name() + ", step " +
                                                   std::to_string(simulation.steps_done() - 1) + ": " + problem);
  });
}

}  // namespace bayres::app
