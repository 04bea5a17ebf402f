#include "missing.hpp"

#include <algorithm>
#include <cmath>

#include "bayres/core/error.hpp"

namespace bayres::io {

void require_finite(const std::vector<core::Real>& values, const std::string& where, bool keep_missing) {
  const auto bad = std::ranges::find_if(
      values, [&](core::Real value) { return std::isinf(value) || (std::isnan(value) && !keep_missing); });
  if (bad == values.end()) return;
  const std::string what = where + ": sample " + std::to_string(bad - values.begin()) + " (from 0)";
  if (std::isnan(*bad)) throw core::io_error(what + " is a missing value" + what_to_do_with_missing);
  throw core::io_error(what + " is not a finite number");
}

}  // namespace bayres::io
