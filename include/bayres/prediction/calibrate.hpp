#pragma once
/// \file
/// Measures the rates of the performance model.

#include <string>
#include <utility>
#include <vector>

#include "bayres/comm/communicator.hpp"
#include "bayres/prediction/calibration.hpp"
#include "bayres/simulation/parameters.hpp"

namespace bayres::sim {

/// What is to be measured, and how long.
struct CalibrationPlan {
  struct Kernel {
    bool sparse = false;
    core::Precision precision = core::Precision::full;
  };
  double seconds = 0.1;  ///< of one measurement
  std::vector<Kernel> kernels;
  std::vector<LearnerParameters> learners;  ///< one for each rule
  Real largest_array = 256e6;               ///< bytes
  std::string scratch;                      ///< a file that may be written; empty: the output is not measured

  /// Every kernel and every rule.
  [[nodiscard]] static CalibrationPlan everything(const core::Registry<rules::Choice>& rules);
};

/// The rates of the machines that the ranks of `comm` are on; what is not in the plan is not measured. Collective.
[[nodiscard]] Calibration calibrate(const comm::Communicator& comm, const CalibrationPlan& plan);

}  // namespace bayres::sim
