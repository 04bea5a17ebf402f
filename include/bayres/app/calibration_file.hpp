#pragma once
/// \file
/// Files that bayres calibrate writes.

#include "bayres/job/job.hpp"
#include "bayres/parameters/calibration.hpp"

namespace bayres::app {

/// The calibration in the text of a file. Throws core::Error that names every problem.
[[nodiscard]] sim::Calibration read_calibration(const std::string& text, const std::string& path);

/// Has products with J use the instruction set that bayres calibrate has found to be the fastest on this machine, so
/// that a run does not measure it. Only if $BAYRES_CALIBRATION names a file that says so; what is wrong with it is
/// printed, unless the job is quiet. Collective.
void use_calibrated_products(const Job& job, const comm::Communicator& comm);

}  // namespace bayres::app
