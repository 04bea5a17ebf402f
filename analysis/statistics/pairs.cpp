#include "pairs.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace bayres::analysis {
namespace {

constexpr std::size_t most_exact = 50;  ///< pairs

Real not_nan(Real error) { return std::isnan(error) ? std::numeric_limits<Real>::infinity() : error; }

/// Twice the mean of the places, from 1, that values as large as each one take in their order.
std::vector<Index> doubled_ranks(std::span<const Real> values) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, {}, [&](std::size_t k) { return values[k]; });
  std::vector<Index> ranks(values.size());
  for (std::size_t first = 0, last = 0; first < order.size(); first = last) {
    while (last < order.size() && values[order[last]] == values[order[first]]) ++last;
    for (std::size_t k = first; k < last; ++k) ranks[order[k]] = static_cast<Index>(first + 1 + last);
  }
  return ranks;
}

/// Chance that a sum of the ranks, each in it or not with probability 1/2, is at most `limit`.
Real chance_of_at_most(Index limit, std::span<const Index> ranks) {
  std::vector<Real> chances(static_cast<std::size_t>(limit) + 1);
  chances.front() = 1;
  for (const Index rank : ranks) {
    for (auto sum = chances.size(); sum-- > 0;) {
      const auto step = static_cast<std::size_t>(rank);
      chances[sum] = (chances[sum] + (sum >= step ? chances[sum - step] : 0)) / 2;
    }
  }
  return std::accumulate(chances.begin(), chances.end(), Real{0});
}

}  // namespace

PairedComparison compare_pairs(std::span<const Real> first, std::span<const Real> second,
                               const Resampling& resampling) {
  PairedComparison found;
  std::vector<Real> ratios;
  for (std::size_t k = 0; k < first.size(); ++k) {
    const Real a = not_nan(first[k]);
    const Real b = not_nan(second[k]);
    ++(a < b ? found.better : a > b ? found.worse : found.ties);
    const bool has_ratio = !std::isnan(a / b);
    if (has_ratio) ratios.push_back(a / b);
  }
  found.networks = static_cast<Real>(first.size());
  found.ratio = ratios.empty() ? std::numeric_limits<Real>::quiet_NaN() : core::quantile(core::ranked(ratios), 0.5);
  found.limits = median_interval(ratios, resampling);
  found.p = signed_ranks_p(first, second);
  return found;
}

Real signed_ranks_p(std::span<const Real> first, std::span<const Real> second) {
  if (first.empty()) return std::numeric_limits<Real>::quiet_NaN();
  std::vector<Real> sizes;
  std::vector<bool> smaller;
  for (std::size_t k = 0; k < first.size(); ++k) {
    const Real a = not_nan(first[k]);
    const Real b = not_nan(second[k]);
    if (a == b) continue;
    sizes.push_back(std::max(a, b) / std::min(a, b));
    smaller.push_back(a < b);
  }
  const auto ranks = doubled_ranks(sizes);
  Index all = 0;
  Index of_smaller = 0;
  Real squares = 0;
  for (std::size_t k = 0; k < ranks.size(); ++k) {
    all += ranks[k];
    of_smaller += smaller[k] ? ranks[k] : 0;
    squares += static_cast<Real>(ranks[k]) * static_cast<Real>(ranks[k]);
  }
  const Index fewer = std::min(of_smaller, all - of_smaller);
  if (ranks.empty() || 2 * fewer == all) return 1;
  if (ranks.size() <= most_exact) return std::min<Real>(1, 2 * chance_of_at_most(fewer, ranks));
  return 2 * normal_below((2 * static_cast<Real>(fewer) - static_cast<Real>(all)) / std::sqrt(squares));
}

std::vector<Real> holm(std::span<const Real> p) {
  std::vector<Real> corrected(p.begin(), p.end());
  std::vector<std::size_t> order;
  for (std::size_t k = 0; k < p.size(); ++k) {
    if (!std::isnan(p[k])) order.push_back(k);
  }
  std::ranges::sort(order, {}, [&](std::size_t k) { return p[k]; });
  Real largest = 0;
  for (std::size_t k = 0; k < order.size(); ++k) {
    largest = std::max(largest, std::min<Real>(1, p[order[k]] * static_cast<Real>(order.size() - k)));
    corrected[order[k]] = largest;
  }
  return corrected;
}

}  // namespace bayres::analysis
