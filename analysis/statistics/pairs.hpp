#pragma once
/// \file
/// Two samples of errors of the same networks, network by network.

#include "sample.hpp"

namespace bayres::analysis {

/// How the first of two samples of errors compares with the second. NaN, the error of a learner that diverged, counts
/// as infinite.
struct PairedComparison {
  Real networks = 0;  ///< pairs
  Real better = 0;    ///< pairs in which the first is the smaller one
  Real ties = 0;      ///< in which they are equal, or both infinite
  Real worse = 0;
  Real ratio = 0;     ///< median of first / second over the pairs that have a ratio: not both infinite, and not both 0
  Interval limits{};  ///< of the ratio, as in median_interval
  Real p = 0;         ///< of signed_ranks_p
};

/// Both samples have one number, at least 0 or NaN, of each network.
[[nodiscard]] PairedComparison compare_pairs(std::span<const Real> first, std::span<const Real> second,
                                             const Resampling& resampling);

/// p of the two-sided signed-rank test (Wilcoxon 1945, Biometrics Bull 1:80) that the errors of pairs differ, by the
/// sizes of their ratios, of which those of 0 or infinite errors are the largest. Pairs of equal errors are left out,
/// and equal ratios share their ranks. Of up to 50 pairs it is exact: over all signs that the ranks that there are
/// could have. Of more, by the normal distribution. 1 if all are equal, NaN if there are no pairs.
[[nodiscard]] Real signed_ranks_p(std::span<const Real> first, std::span<const Real> second);

/// p values corrected for how many they are, step by step (Holm 1979, Scand J Stat 6:65). NaN is none, and stays NaN.
[[nodiscard]] std::vector<Real> holm(std::span<const Real> p);

}  // namespace bayres::analysis
