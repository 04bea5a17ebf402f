#include "bayres/trials/pattern.hpp"

namespace bayres::tasks {
namespace {

constexpr Index longest_pattern = 10'000'000;  // steps, which are kept

std::vector<Real> pattern_of(const Pattern::Parameters& p, Real dt) {
  std::vector<Real> pattern(static_cast<std::size_t>(steps_of(p.length, dt)));
  for (std::size_t step = 0; step < pattern.size(); ++step) {
    const Real t = time_of(static_cast<Index>(step), dt);
    for (std::size_t k = 0; k < p.periods.size(); ++k) {
      pattern[step] += p.amplitudes[k] * core::sine_of_turns(t / p.periods[k]);
    }
  }
  return pattern;
}

}  // namespace

std::string Pattern::Parameters::problem(const Context& context) const {
  if (periods.empty()) return "task.periods is empty: give at least one period";
  if (periods.size() != amplitudes.size()) {
    return "task.periods has " + std::to_string(periods.size()) + " values and task.amplitudes " +
           std::to_string(amplitudes.size()) + ": give as many of the one as of the other";
  }
  if (steps_of(length, context.dt) > longest_pattern) {
    return "task.length = " + core::to_text(length) + " is more than " + std::to_string(longest_pattern) +
           " steps of reservoir.dt = " + core::to_text(context.dt) + ": shorten the pattern";
  }
  return part_problem({{"cue", cue}, {"length", length}}, context.dt);
}

Pattern::Pattern(const Parameters& p, const Context& context)
    : cue_(steps_of(p.cue, context.dt)),
      pattern_(pattern_of(p, context.dt)),
      trials_(cue_ + std::ssize(pattern_), {cue_, cue_ + std::ssize(pattern_)}, p.reset) {}

}  // namespace bayres::tasks
