#include "bayres/trials/trials.hpp"

namespace bayres::tasks {

std::string part_problem(std::initializer_list<std::pair<std::string_view, Real>> parts, Real dt) {
  for (const auto& [name, duration] : parts) {
    if (steps_of(duration, dt) >= 1) continue;
    return "task." + std::string(name) + " = " + core::to_text(duration) +
           " is shorter than reservoir.dt = " + core::to_text(dt) + ": make it at least as long";
  }
  return {};
}

}  // namespace bayres::tasks
