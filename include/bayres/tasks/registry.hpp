#pragma once
/// \file
/// All tasks. A new task is one header and one line here.

#include "bayres/core/type_list.hpp"
#include "bayres/tasks/delayed_xor.hpp"
#include "bayres/tasks/file.hpp"
#include "bayres/tasks/lorenz.hpp"
#include "bayres/tasks/mackey_glass.hpp"
#include "bayres/tasks/memory.hpp"
#include "bayres/tasks/narma10.hpp"
#include "bayres/tasks/sines.hpp"
#include "bayres/tasks/triangle.hpp"

namespace bayres::tasks {

using Registry = core::TypeList<  //
    Sines,                        //
    Lorenz,                       //
    MackeyGlass,                  //
    Narma10,                      //
    Triangle,                     //
    Memory,                       //
    DelayedXor,                   //
    File>;

using AnyTask = Registry::Variant;
using AnyParameters = Registry::ParametersVariant;

/// The task that goes with a set of parameters.
[[nodiscard]] inline AnyTask make_task(const AnyParameters& any, const Context& context) {
  return Registry::with_type_of(
      any, [&]<class Task>(const typename Task::Parameters& p) -> AnyTask { return Task(p, context); });
}

/// How far ahead of the input the target is; 0 for tasks that have no such key.
[[nodiscard]] inline Real horizon_of(const AnyParameters& any) {
  return std::visit(
      []<class Parameters>(const Parameters& p) {
        if constexpr (requires { p.horizon; }) {
          return p.horizon;
        } else {
          return Real{0};
        }
      },
      any);
}

/// u and z* of a step; where the target drives the reservoir, u is z*. Ascending steps are cheap.
inline void sample(AnyTask& task, bool driven_by_target, Index step, std::span<Real> input, std::span<Real> target) {
  std::visit([&](auto& t) { t.sample(step, driven_by_target ? std::span<Real>() : input, target); }, task);
  if (!driven_by_target) return;
  std::ranges::copy(target, input.begin());
  const auto* file = std::get_if<File>(&task);
  const bool missing = std::ranges::any_of(target, [](Real z) { return std::isnan(z); });
  if (file != nullptr && missing) file->hold_target(step, input);
}

}  // namespace bayres::tasks
