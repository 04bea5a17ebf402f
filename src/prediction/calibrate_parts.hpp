#pragma once
/// \file
/// The parts of a calibration that have to do with networks. All functions are collective.

#include "bayres/prediction/calibrate.hpp"
#include "bayres/prediction/performance_model.hpp"
#include "repetition.hpp"

namespace bayres::sim {

/// The line y = first + slope x through two points, with neither below 0.
struct Line {
  Real first = 0;
  Real slope = 0;
};
[[nodiscard]] inline Line line_through(Real x0, Real y0, Real x1, Real y1) noexcept {
  const Real slope = std::max(0.0, (y1 - y0) / (x1 - x0));
  return {std::max(0.0, y0 - slope * x0), slope};
}

void measure_kernel(const Repetition&, const CalibrationPlan::Kernel&, Calibration&);
void measure_neurons(const Repetition&, Calibration&);
void measure_rule(const Repetition&, const LearnerParameters&, Calibration&);
void measure_output(const comm::Communicator&, const std::string& path, Calibration&);

}  // namespace bayres::sim
