#pragma once
/// \file
/// What readers say of missing values; for the sources of this room only.

namespace bayres::io {

inline constexpr const char* what_to_do_with_missing =
    ": fill it in, or set task.missing = hold (the value before it), interpolate, or skip (the step is not learned)";

}  // namespace bayres::io
