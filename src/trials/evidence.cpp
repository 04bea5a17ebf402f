#include "bayres/trials/evidence.hpp"

#include <algorithm>

namespace bayres::tasks {

std::string Evidence::Parameters::problem(const Context& context) const {
  if (cues % 2 == 0) {
    return "task.cues = " + std::to_string(cues) +
           " is even, so that as many may be left as right: allowed is an odd number, such as " +
           std::to_string(cues - 1);
  }
  constexpr Real longest = 1e15;
  if (cue + gap > longest * context.dt) {
    return "task.cue = " + core::to_text(cue) + " and task.gap = " + core::to_text(gap) + " together are more than " +
           core::to_text(longest) + " steps of reservoir.dt = " + core::to_text(context.dt) + ": shorten them";
  }
  return part_problem({{"cue", cue}, {"response", response}}, context.dt);
}

namespace {

core::Range response_of(const Evidence::Parameters& p, Real dt) {
  Parts parts(dt);
  for (Index k = 0; k < p.cues; ++k) (void)parts.next(p.cue + p.gap);
  return parts.next(p.response, p.delay);
}

}  // namespace

Evidence::Evidence(const Parameters& p, const Context& context)
    : random_(static_cast<std::uint64_t>(p.seed)),
      cues_(p.cues),
      probability_(p.probability),
      cue_(steps_of(p.cue, context.dt)),
      apart_(steps_of(p.cue + p.gap, context.dt)),
      response_(response_of(p, context.dt)),
      trials_(response_.last, response_, p.reset) {}

bool Evidence::is_right(Index trial, Index cue) const noexcept {
  constexpr Index at_a_time = 4;
  const bool favours_right = random_.uniform(core::Stream::task_input, 0, trial) < 0.5;
  const auto draws = random_.uniforms(core::Stream::task_input, 1 + cue / at_a_time, trial);
  return (draws[static_cast<std::size_t>(cue % at_a_time)] < probability_) == favours_right;
}

Index Evidence::rights(Index trial) const noexcept {
  Index count = 0;
  for (Index cue = 0; cue < cues_; ++cue) count += is_right(trial, cue) ? 1 : 0;
  return count;
}

void Evidence::sample(Index step, std::span<Real> input, std::span<Real> target) const noexcept {
  const Index trial = trials_.number(step);
  const Index now = trials_.within(step);
  std::ranges::fill(input, Real{0});
  target[0] = 0;
  if (now < cues_ * apart_ && now % apart_ < cue_) input[is_right(trial, now / apart_) ? 1 : 0] = 1;
  if (!response_.contains(now)) return;
  input[2] = 1;
  target[0] = 2 * rights(trial) > cues_ ? 1 : -1;
}

Mark Evidence::mark(Index step) const noexcept { return trials_.mark(step, rights(trials_.number(step))); }

}  // namespace bayres::tasks
