#include "sample.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "bayres/kernels/elementary.hpp"
#include "bayres/kernels/random.hpp"

namespace bayres::analysis {

std::vector<Real> columns(std::span<const Real> rows, std::size_t width, std::size_t first, std::size_t last) {
  std::vector<Real> some;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (i % width >= first && i % width < last) some.push_back(rows[i]);
  }
  return some;
}

std::vector<Real> quantiles_over(std::span<const Real> values, Index width, std::span<const Real> qs) {
  const auto columns = static_cast<std::size_t>(width);
  std::vector<Real> result(qs.size() * columns);
  std::vector<Real> column(values.size() / std::max<std::size_t>(columns, 1));
  for (std::size_t c = 0; c < columns; ++c) {
    for (std::size_t k = 0; k < column.size(); ++k) column[k] = values[k * columns + c];
    const auto ascending = core::ranked(column);
    for (std::size_t i = 0; i < qs.size(); ++i) result[i * columns + c] = core::quantile(ascending, qs[i]);
  }
  return result;
}

std::vector<Real> quantiles_of_known(std::vector<Real> values, std::span<const Real> qs) {
  std::erase_if(values, [](Real value) { return std::isnan(value); });
  if (values.empty()) return std::vector<Real>(qs.size(), std::numeric_limits<Real>::quiet_NaN());
  return quantiles_over(values, 1, qs);
}

std::vector<Real> movement_of(std::span<const Real> before, std::span<const Real> now, std::span<const Real> qs) {
  std::vector<Real> weights;
  std::vector<Real> changes;
  for (std::size_t k = 0; k < now.size(); ++k) {
    if (now[k] == 0 && before[k] == 0) continue;
    weights.push_back(now[k]);
    changes.push_back(now[k] - before[k]);
  }
  const bool is_finite = std::ranges::all_of(weights, [](Real weight) { return std::isfinite(weight); });
  if (weights.empty() || !is_finite) return std::vector<Real>(2 * qs.size(), std::numeric_limits<Real>::quiet_NaN());
  auto found = quantiles_over(weights, 1, qs);
  append(found, quantiles_over(changes, 1, qs));
  return found;
}

namespace {

/// Quantile 1/2, for which only the middle has to be in order.
Real median(std::span<const Real> values) {
  std::vector<Real> some(values.begin(), values.end());
  for (auto& value : some) {
    if (std::isnan(value)) value = std::numeric_limits<Real>::infinity();
  }
  const auto middle = some.begin() + std::ssize(some) / 2;
  std::nth_element(some.begin(), middle, some.end());
  if (some.size() % 2 == 1) return *middle;
  return core::quantile(std::array{*std::max_element(some.begin(), middle), *middle}, 0.5);
}

/// Sample `number` of the values, drawn with replacement.
std::vector<Real> draw(std::span<const Real> values, const core::Philox& random, Index number) {
  std::vector<Real> drawn(values.size());
  random.fill_uniforms(core::Stream::resample, number, 0, drawn);
  for (auto& one : drawn) one = values[static_cast<std::size_t>(one * static_cast<Real>(values.size()))];
  return drawn;
}

constexpr Interval no_interval{std::numeric_limits<Real>::quiet_NaN(), std::numeric_limits<Real>::quiet_NaN()};
constexpr Real lower_limit = -1.959963984540054;  ///< of a standard normal, at (1 - interval_level) / 2

/// The z at which normal_below is p.
Real normal_place(Real p) {
  Real low = -8;
  Real high = 8;
  for (int halving = 0; halving < 60; ++halving) {
    const Real middle = (low + high) / 2;
    (normal_below(middle) < p ? low : high) = middle;
  }
  return (low + high) / 2;
}

/// How the statistic changes with the weight of each value, by leaving it out: added to `all`.
template <class StatisticOf>
void add_influences(std::span<const Real> values, StatisticOf statistic_of, std::vector<Real>& all) {
  std::vector<Real> without;
  for (std::size_t k = 0; k < values.size(); ++k) {
    std::vector<Real> rest(values.begin(), values.end());
    rest.erase(rest.begin() + static_cast<std::ptrdiff_t>(k));
    without.push_back(statistic_of(rest));
  }
  const auto count = static_cast<Real>(values.size());
  Real mean = 0;
  for (const Real one : without) mean += one / count;
  for (const Real one : without) all.push_back((mean - one) * (count - 1) / count);
}

Real acceleration_of(std::span<const Real> influences) {
  Real squares = 0;
  Real cubes = 0;
  for (const Real one : influences) {
    squares += one * one;
    cubes += one * one * one;
  }
  const Real acceleration = cubes / (6 * squares * std::sqrt(squares));
  return std::isfinite(acceleration) ? acceleration : 0;
}

/// Limits from the statistic of every sample drawn, of which those that are NaN do not count.
Interval bca_interval(std::vector<Real> drawn, Real found, std::span<const Real> influences) {
  std::erase_if(drawn, [](Real one) { return std::isnan(one); });
  if (drawn.empty() || std::isnan(found)) return no_interval;
  std::ranges::sort(drawn);
  const auto [first, last] =
      std::equal_range(drawn.begin(), drawn.end(), found);  // clang 14 cannot read that of ranges
  const auto below = static_cast<Real>(first - drawn.begin()) + static_cast<Real>(last - first) / 2;
  const auto count = static_cast<Real>(drawn.size());
  const Real bias = normal_place(std::clamp(below / count, 1 / (count + 1), count / (count + 1)));
  const Real acceleration = acceleration_of(influences);
  const auto limit = [&](Real z) {
    const Real moved = bias + z;
    return core::quantile(drawn, normal_below(bias + moved / (1 - acceleration * moved)));
  };
  return {limit(lower_limit), limit(-lower_limit)};
}

}  // namespace

Real normal_below(Real z) {
  if (std::isnan(z) || std::abs(z) > 8) return std::isnan(z) ? z : z < 0 ? 0 : 1;
  // 1/2 + density (z + z^3/3 + z^5/(3 5) + ...)
  std::array<Real, 1> density{-z * z / 2};
  core::exp_in_place(density);
  Real term = z * density[0] * 0.3989422804014327;
  Real sum = 0.5;
  for (Real odd = 3; std::abs(term) > 1e-18; odd += 2) {
    sum += term;
    term *= z * z / odd;
  }
  return std::clamp<Real>(sum, 0, 1);
}

Interval median_interval(std::span<const Real> values, const Resampling& resampling) {
  if (values.size() < fewest_of_interval) return no_interval;
  const core::Philox random(resampling.seed);
  std::vector<Real> drawn;
  for (Index b = 0; b < resampling.samples; ++b) drawn.push_back(median(draw(values, random, 2 * b)));
  std::vector<Real> influences;
  add_influences(
      values, [](std::span<const Real> some) { return median(some); }, influences);
  return bca_interval(std::move(drawn), median(values), influences);
}

Real ratio_of_medians(std::span<const Real> first, std::span<const Real> second) {
  return median(first) / median(second);
}

Interval ratio_interval(std::span<const Real> first, std::span<const Real> second, const Resampling& resampling) {
  if (std::min(first.size(), second.size()) < fewest_of_interval) return no_interval;
  const core::Philox random(resampling.seed);
  std::vector<Real> drawn;
  for (Index b = 0; b < resampling.samples; ++b) {
    drawn.push_back(ratio_of_medians(draw(first, random, 2 * b), draw(second, random, 2 * b + 1)));
  }
  std::vector<Real> influences;
  add_influences(
      first, [&](std::span<const Real> some) { return ratio_of_medians(some, second); }, influences);
  add_influences(
      second, [&](std::span<const Real> some) { return ratio_of_medians(first, some); }, influences);
  return bca_interval(std::move(drawn), ratio_of_medians(first, second), influences);
}

Real time_to_criterion(std::span<const Real> times, std::span<const Real> errors, Real criterion, Real start) {
  std::size_t first = errors.size();
  while (first > 0 && errors[first - 1] <= criterion) --first;
  return first == errors.size() ? std::numeric_limits<Real>::infinity() : times[first] - start;
}

std::vector<Index> evenly_spaced(Index count, Index wanted) {
  std::vector<Index> places;
  const Index taken = std::min(count, wanted);
  for (Index k = 0; k < taken; ++k) places.push_back(k * count / taken);
  return places;
}

}  // namespace bayres::analysis
