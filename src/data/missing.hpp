#pragma once
/// \file
/// What readers say of missing values; for the sources of this room only.

#include <string>
#include <vector>

#include "bayres/core/types.hpp"

namespace bayres::io {

inline constexpr const char* what_to_do_with_missing =
    ": fill it in, or set task.missing = hold (the value before it), interpolate, or skip (the step is not learned)";

/// Throws if a value is infinite or, unless it may be, missing (NaN). `where` names file and column.
void require_finite(const std::vector<core::Real>& values, const std::string& where, bool keep_missing);

}  // namespace bayres::io
