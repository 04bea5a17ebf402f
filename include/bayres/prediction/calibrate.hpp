#pragma once
/// \file
/// Measures the rates of a machine.

#include "bayres/parameters/calibration.hpp"
#include "bayres/parameters/parameters.hpp"

namespace bayres::sim {

/// What is to be measured, and how long.
struct CalibrationPlan {
  double seconds = 0.1;                     ///< of one measurement
  Real largest_array = 256e6;               ///< bytes
  std::vector<std::string> kernels;         ///< sections of products J r: "kernel.sparse-mixed", ...
  std::vector<LearnerParameters> learners;  ///< one for each rule
  bool instruction_sets = false;            ///< which of them each kernel is fastest in

  /// Every kernel and every rule.
  [[nodiscard]] static CalibrationPlan everything(const core::Registry<rules::Choice>& rules);
};

/// The rates of the machines that the ranks of `comm` are on; what is not in the plan is not measured. Collective.
[[nodiscard]] Calibration calibrate(const comm::Communicator& comm, const CalibrationPlan& plan);

}  // namespace bayres::sim
