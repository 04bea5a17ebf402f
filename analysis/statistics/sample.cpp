#include "sample.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

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

Real median(std::span<const Real> values) { return core::quantile(core::ranked(values), 0.5); }

/// Sample `number` of the values, drawn with replacement.
std::vector<Real> draw(std::span<const Real> values, const core::Philox& random, Index number) {
  std::vector<Real> drawn(values.size());
  random.fill_uniforms(core::Stream::resample, number, 0, drawn);
  for (auto& one : drawn) one = values[static_cast<std::size_t>(one * static_cast<Real>(values.size()))];
  return drawn;
}

/// Percentiles of `statistic_of(number)` of every sample.
template <class StatisticOf>
Interval percentiles(const Resampling& resampling, StatisticOf statistic_of) {
  std::vector<Real> statistics;
  for (Index b = 0; b < resampling.samples; ++b) statistics.push_back(statistic_of(b));
  const auto ascending = core::ranked(statistics);
  const Real tail = (1 - interval_level) / 2;
  return {core::quantile(ascending, tail), core::quantile(ascending, 1 - tail)};
}

}  // namespace

Interval median_interval(std::span<const Real> values, const Resampling& resampling) {
  const core::Philox random(resampling.seed);
  return percentiles(resampling, [&](Index b) { return median(draw(values, random, 2 * b)); });
}

Real ratio_of_medians(std::span<const Real> first, std::span<const Real> second) {
  const Real a = median(first);
  const Real b = median(second);
  return a == b ? 1 : a / b;
}

Interval ratio_interval(std::span<const Real> first, std::span<const Real> second, bool paired,
                        const Resampling& resampling) {
  const core::Philox random(resampling.seed);
  return percentiles(resampling, [&](Index b) {
    return ratio_of_medians(draw(first, random, 2 * b), draw(second, random, paired ? 2 * b : 2 * b + 1));
  });
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
