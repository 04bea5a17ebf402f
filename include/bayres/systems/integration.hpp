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

/// The steps of a method that give one sample per `interval` of the equation's time.
struct Sampling {
  /// The first sample comes after the transient, or by `before` samples earlier.
  Sampling(const Integration& method, Real interval, Index before);

  Index substeps;  ///< between samples
  Real h;          ///< step of the method, at most its longest
  Index skipped;   ///< steps before the first sample's
};

/// What is wrong with the speed and the horizon of an equation of `width` variables, or "". A step of the reservoir is
/// `interval` of the equation's time; the transient and the horizon are integrated before the first step of the run,
/// which must not take too long, and the series over the horizon is kept in memory.
[[nodiscard]] std::string flow_problem(Real speed, Real horizon, const Integration& method, const Context& context,
                                       Index width = 1);

/// What is wrong with the interval and the horizon of a map, of which so many iterates before the first step are known,
/// or "".
[[nodiscard]] std::string map_problem(Real interval, Real horizon, Index transient, const Context& context);

}  // namespace bayres::tasks
