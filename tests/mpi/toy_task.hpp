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
    static constexpr auto parameters() {
      using P = core::Parameter<Parameters>;
      return std::array{P{"hold", &Parameters::hold, "time", "how long the target stays as it is", core::positive}};
    }
  };
  Task(const Parameters& p, const tasks::Context& context)
      : steps_(std::max<core::Index>(1, tasks::steps_of(p.hold, context.dt))) {}
  static core::Index inputs() { return 0; }
  static core::Index outputs() { return 1; }
  void sample(core::Index step, std::span<core::Real>, std::span<core::Real> target) const {
    target[0] = step / steps_ % 2 == 0 ? 1 : -1;
  }

 private:
  core::Index steps_;
};
}  // namespace toys
