#pragma once
/// \file
/// Size and variation of a target since the start of a run.

#include <algorithm>
#include <cmath>
#include <span>
#include <vector>

#include "bayres/core/types.hpp"
#include "bayres/measures/free_run.hpp"

namespace bayres::sim {

using core::Index;
using core::Real;

/// Mean and variance of every output's z* so far. A missing z* (NaN) is skipped.
class TargetStatistics {
 public:
  explicit TargetStatistics(std::size_t outputs) : each_(outputs) {}

  void add(std::span<const Real> target) noexcept {
    Real largest = 1;
    for (std::size_t m = 0; m < each_.size(); ++m) {
      auto& one = each_[m];
      if (!std::isnan(target[m])) one.add(target[m]);
      largest = std::max(largest, one.mean_square());
    }
    size_ = std::sqrt(largest);
  }

  /// The root mean square of the largest output, but at least 1, the size of a rate.
  [[nodiscard]] Real size() const noexcept { return size_; }
  [[nodiscard]] std::size_t outputs() const noexcept { return each_.size(); }
  /// Number of known values; mean; standard deviation, exactly 0 for a constant target.
  /// \{
  [[nodiscard]] Index count(std::size_t output) const noexcept { return each_[output].count; }
  [[nodiscard]] Real mean(std::size_t output) const noexcept { return each_[output].mean; }
  [[nodiscard]] Real sd(std::size_t output) const noexcept { return std::sqrt(each_[output].variance()); }
  /// \}

 private:
  struct One {
    Index count = 0;
    Real mean = 0;
    Real squares = 0;                 // of deviations from the mean
    void add(Real target) noexcept {  // Welford's recursion
      const Real deviation = target - mean;
      mean += deviation / static_cast<Real>(++count);
      squares += deviation * (target - mean);
    }
    [[nodiscard]] Real variance() const noexcept { return count > 0 ? squares / static_cast<Real>(count) : 0; }
    [[nodiscard]] Real mean_square() const noexcept { return mean * mean + variance(); }
  };
  std::vector<One> each_;
  Real size_ = 1;
};

/// Mean and sd of each output's target.
[[nodiscard]] inline std::vector<TargetScale> scales_of(const TargetStatistics& target) {
  std::vector<TargetScale> scales;
  for (std::size_t m = 0; m < target.outputs(); ++m) scales.push_back({target.mean(m), target.sd(m)});
  return scales;
}

/// Whether an output is infinite, NaN, or larger than `limit` times the size of the target.
[[nodiscard]] inline bool has_diverged(std::span<const Real> z, Real limit, Real size) noexcept {
  return !std::ranges::all_of(z, [&](Real v) { return std::isfinite(v) && std::abs(v) <= limit * size; });
}

}  // namespace bayres::sim
