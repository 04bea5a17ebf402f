#pragma once
/// \file
/// Memory of this machine.

#include <string>

#include "bayres/core/types.hpp"

namespace bayres::core {

/// MemAvailable of this machine, or the limit of this process's control group if that is less; the largest Index if
/// neither is known.
[[nodiscard]] Index available_bytes();

/// As "1.25 GB".
[[nodiscard]] std::string gigabytes(double bytes);

}  // namespace bayres::core
