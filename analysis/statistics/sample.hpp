#pragma once
/// \file
/// Statistics of samples of networks, quantiles and bootstrap intervals of medians; and of their curves.

#include <cstdint>
#include <span>
#include <vector>

#include "bayres/core/quantile.hpp"

namespace bayres::analysis {

using core::Index;
using core::Real;

/// Adds numbers at the end.
inline void append(std::vector<Real>& all, const std::vector<Real>& more) {
  all.insert(all.end(), more.begin(), more.end());
}

/// Columns [first, last) of rows of `width` numbers.
[[nodiscard]] std::vector<Real> columns(std::span<const Real> rows, std::size_t width, std::size_t first,
                                        std::size_t last);

/// Quantiles over the first axis of values (sample, width): (quantile, width).
[[nodiscard]] std::vector<Real> quantiles_over(std::span<const Real> values, Index width, std::span<const Real> qs);

/// Quantiles of the values that are not NaN; NaN if there are none.
[[nodiscard]] std::vector<Real> quantiles_of_known(std::vector<Real> values, std::span<const Real> qs);

/// Quantiles of weights that exist, and of how far they have moved: (2, quantile). One that is 0 before and now does
/// not exist. NaN if there are none, or one is not finite.
[[nodiscard]] std::vector<Real> movement_of(std::span<const Real> before, std::span<const Real> now,
                                            std::span<const Real> qs);

/// Limits of a statistic of a sample.
struct Interval {
  Real low = 0;
  Real high = 0;
};

/// How often samples are drawn again, and from which seed.
struct Resampling {
  Index samples = 2000;
  std::uint64_t seed = 1;
};

/// Level of every interval.
inline constexpr Real interval_level = 0.95;

/// Samples of fewer values have no interval: the limits would be their extremes, which miss the median too often.
inline constexpr std::size_t fewest_of_interval = 5;

/// Standard normal distribution function, to 1e-15.
[[nodiscard]] Real normal_below(Real z);

/// Bias-corrected and accelerated (BCa) interval of the median (Efron 1987, J Am Stat Assoc 82:171; Efron & Tibshirani
/// 1993, ch. 14): quantiles of the medians of samples drawn with replacement. The bias counts half of the draws that
/// are equal to the median; the acceleration, by leaving out one value at a time, is 0 if it is not finite. Draw j of
/// sample b is value floor(n u) with u = Philox(seed).uniform(resample, 2 b, j). NaN for fewer than
/// `fewest_of_interval` values.
[[nodiscard]] Interval median_interval(std::span<const Real> values, const Resampling& resampling);

/// Median of `first` over median of `second`; NaN where both are infinite or both 0.
[[nodiscard]] Real ratio_of_medians(std::span<const Real> first, std::span<const Real> second);

/// BCa interval of ratio_of_medians of samples of different networks; `second` is drawn with 2 b + 1 in place of 2 b.
/// NaN if either has fewer than `fewest_of_interval` values.
[[nodiscard]] Interval ratio_interval(std::span<const Real> first, std::span<const Real> second,
                                      const Resampling& resampling);

/// First of the times, counted from `start`, from which on every error is at most `criterion`; infinite if there is
/// none. NaN is above every criterion.
[[nodiscard]] Real time_to_criterion(std::span<const Real> times, std::span<const Real> errors, Real criterion,
                                     Real start);

/// `wanted` of `count` places, evenly spaced and ascending; all if they are not more.
[[nodiscard]] std::vector<Index> evenly_spaced(Index count, Index wanted);

}  // namespace bayres::analysis
