#include "bayres/tasks/missing.hpp"

#include <algorithm>
#include <cmath>

namespace bayres::tasks {
namespace {

using core::Real;

bool is_known(Real value) noexcept { return !std::isnan(value); }

/// Linear interpolation between the known values; the first and the last value are known.
void interpolate(std::span<Real> values) {
  std::size_t before = 0;
  for (std::size_t after = 1; after < values.size(); ++after) {
    if (!is_known(values[after])) continue;
    const Real slope = (values[after] - values[before]) / static_cast<Real>(after - before);
    for (std::size_t i = before + 1; i < after; ++i) values[i] = values[before] + slope * static_cast<Real>(i - before);
    before = after;
  }
}

}  // namespace

std::string fill_missing(std::span<Real> values, std::string_view how, bool is_input) {
  const auto first = std::ranges::find_if(values, is_known) - values.begin();
  const auto last = std::find_if(values.rbegin(), values.rend(), is_known) - values.rbegin();
  if (first == std::ssize(values)) return "all of its values are missing";
  if (first > 0 && (how != "skip" || is_input)) {
    return "the first " + std::to_string(first) + " of its values are missing, so that there is nothing to " +
           (how == "interpolate" ? "draw a line from" : "hold") + ": begin the file later";
  }
  if (last > 0 && how == "interpolate") {
    return "the last " + std::to_string(last) +
           " of its values are missing, so that there is nothing to draw a line to: end the file earlier, or set "
           "task.missing = hold";
  }
  if (how == "interpolate") interpolate(values);
  if (how == "hold") {
    for (std::size_t i = 1; i < values.size(); ++i) values[i] = is_known(values[i]) ? values[i] : values[i - 1];
  }
  return {};
}

Real held_value(const std::vector<Real>& values, std::size_t at) noexcept {
  while (at > 0 && !is_known(values[at])) --at;
  return values[at];
}

}  // namespace bayres::tasks
