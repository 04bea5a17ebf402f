#pragma once
// A task as a newcomer would write it.

#include "bayres/tasks/task.hpp"

namespace toys {
using namespace bayres;

class Task {
 public:
  static constexpr core::Info info{
      .name = "toy-task", .equation = "z* = 1 and -1 in turns, each for `hold`", .source = "a test"};
  struct Parameters {
    core::Real hold = 1;
    core::Index trial = 1000;
    static constexpr auto parameters() {
      using P = core::Parameter<Parameters>;
      return std::array{P{"hold", &Parameters::hold, "time", "how long the target stays as it is", core::positive},
                        P{"trial", &Parameters::trial, "steps", "of a segment", core::at_least(2)}};
    }
  };
  Task(const Parameters& p, const tasks::Context& context)
      : steps_(std::max<core::Index>(1, tasks::steps_of(p.hold, context.dt))), trial_(p.trial) {}
  static core::Index inputs() { return 0; }
  static core::Index outputs() { return 1; }
  void sample(core::Index step, std::span<core::Real>, std::span<core::Real> target) const {
    target[0] = step / steps_ % 2 == 0 ? 1 : -1;
  }

  /// The first half of a trial does not count.
  tasks::Mark mark(core::Index step) const {
    return {step % trial_ == 0, step / trial_ % 2, trial_ < 1000 && step % trial_ < trial_ / 2 ? 0.0 : 1.0};
  }

 private:
  core::Index steps_;
  core::Index trial_;
};
}  // namespace toys
