#include "bayres/core/parameter.hpp"

#include "bayres/core/text.hpp"

namespace bayres::core {

std::string Bounds::text() const {
  const bool has_low = std::isfinite(low);
  const bool has_high = std::isfinite(high);
  if (has_low && has_high) {
    constexpr double tiny = 1e-5;
    const std::string range = to_text(low) + " to " + to_text(high);
    const std::string end = high < largest_number ? " to " + to_text(high) : "";
    if (low > 0 && low < tiny) return "> 0" + end + " (" + range + ")";
    return low == 0 && end.empty() ? ">= 0 (" + range + ")" : range;
  }
  if (has_low) return ">= " + to_text(low);
  if (has_high) return "<= " + to_text(high);
  return "any finite number";
}

}  // namespace bayres::core
