#pragma once
/// \file
/// What all tasks of dynamical systems share: times that fit together.

#include "bayres/tasks/forecast.hpp"

namespace bayres::tasks {

/// Integration of a differential equation, in units of its own time.
struct Integration {
  Real longest_step;  ///< longest step of the method
  Real transient;     ///< time before the first sample
};

/// What is wrong with the speed and the horizon of an equation, or "". A step of the reservoir is `interval` of the
/// equation's time; the transient and the horizon are integrated before the first step of the run, which must not take
/// too long.
[[nodiscard]] std::string flow_problem(Real speed, Real horizon, const Integration& method, const Context& context);

/// What is wrong with the interval and the horizon of a map, of which so many iterates before the first step are known,
/// or "".
[[nodiscard]] std::string map_problem(Real interval, Real horizon, Index transient, const Context& context);

}  // namespace bayres::tasks
