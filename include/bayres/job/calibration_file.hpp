#pragma once
/// \file
/// Files that bayres calibrate writes.

#include "bayres/job/job.hpp"
#include "bayres/parameters/calibration.hpp"

namespace bayres::app {

/// The calibration in a file, which rank 0 reads. Throws core::Error that names every problem. Collective.
[[nodiscard]] sim::Calibration read_calibration(const std::string& path, const comm::Communicator& comm);

/// The path that an option gives, or else $BAYRES_CALIBRATION; empty if neither does. Collective.
[[nodiscard]] std::string calibration_path(std::string option, const comm::Communicator& comm);

/// Configuration::fastest_products as a calibration has it whose hosts this rank's machine is one of. What is wrong
/// with the file is printed, unless the job is quiet; then it is not known. Collective.
[[nodiscard]] std::string fastest_products_of(const Job& job, const comm::Communicator& comm);

}  // namespace bayres::app
