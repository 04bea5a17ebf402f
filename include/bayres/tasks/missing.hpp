#pragma once
/// \file
/// Missing values (NaN) of a series.

#include <string>
#include <string_view>
#include <vector>

#include "bayres/core/types.hpp"

namespace bayres::tasks {

/// Fills in what is missing in `values`: `hold` takes the last value before it, `interpolate` the straight line between
/// its neighbours; `skip` leaves it, but where the series is an input it must be possible to hold it. Returns what is
/// in the way, or "".
[[nodiscard]] std::string fill_missing(std::vector<core::Real>& values, std::string_view how, bool is_input);

/// The last value at or before `at` that is not missing; the first one there is must not be after `at`.
[[nodiscard]] core::Real held_value(const std::vector<core::Real>& values, std::size_t at) noexcept;

}  // namespace bayres::tasks
