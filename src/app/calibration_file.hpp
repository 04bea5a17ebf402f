#pragma once
/// \file
/// The file of `bayres calibrate`: INI, with a section for each part of the performance model.

#include <string>

#include "bayres/prediction/calibration.hpp"

namespace bayres::app {

/// Each value has a comment with its unit and meaning.
[[nodiscard]] std::string calibration_ini(const sim::Calibration& calibration);

/// Throws core::Error with all problems. `path` is what the file is called in messages.
[[nodiscard]] sim::Calibration read_calibration(const std::string& text, const std::string& path);

}  // namespace bayres::app
