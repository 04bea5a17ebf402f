#pragma once
/// \file
/// Quantiles of a sample in which NaN (the error of a diverged learner) counts as infinity.

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>
#include <vector>

#include "bayres/core/types.hpp"

namespace bayres::core {

/// The values in ascending order, NaN as infinity.
[[nodiscard]] inline std::vector<Real> ranked(std::span<const Real> values) {
  std::vector<Real> ascending(values.begin(), values.end());
  for (auto& value : ascending) {
    if (std::isnan(value)) value = std::numeric_limits<Real>::infinity();
  }
  std::ranges::sort(ascending);
  return ascending;
}

/// Quantile `q` (0 to 1) of at least one value, in ascending order: linear interpolation, with the kth of n values at
/// (k - 1)/(n - 1) (Hyndman & Fan 1996, Am Stat 50:361, type 7; numpy's default). Between a finite and an infinite
/// value it is infinite.
[[nodiscard]] inline Real quantile(std::span<const Real> ascending, Real q) {
  const Real place = q * static_cast<Real>(ascending.size() - 1);
  const auto below = static_cast<std::size_t>(place);
  const Real share = place - static_cast<Real>(below);
  const Real low = ascending[below];
  if (share == 0) return low;
  const Real high = ascending[below + 1];
  return low == high ? low : low + share * (high - low);
}

}  // namespace bayres::core
