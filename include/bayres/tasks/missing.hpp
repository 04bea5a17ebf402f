#pragma once
/// \file
/// Missing values (NaN) of a series.

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "bayres/core/types.hpp"

namespace bayres::tasks {

/// Fills in missing values: `hold` repeats the last value before, `interpolate` interpolates linearly; `skip` leaves
/// them, but an input must have a value to hold. Returns what prevents it, or "".
[[nodiscard]] std::string fill_missing(std::span<core::Real> values, std::string_view how, bool is_input);

/// The last value at or before `at` that is not missing; there must be one.
[[nodiscard]] core::Real held_value(const std::vector<core::Real>& values, std::size_t at) noexcept;

}  // namespace bayres::tasks
