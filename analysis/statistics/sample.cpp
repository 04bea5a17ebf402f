#include "sample.hpp"

#include <algorithm>

#include "bayres/kernels/random.hpp"

namespace bayres::analysis {

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

namespace {

Real median(std::span<const Real> values) { return core::quantile(core::ranked(values), 0.5); }

/// Sample `number` of the values, drawn with replacement.
void draw(std::span<const Real> values, const core::Philox& random, Index number, std::vector<Real>& drawn) {
  std::vector<Real> uniforms(values.size());
  random.fill_uniforms(core::Stream::resample, number, 0, uniforms);
  drawn.resize(values.size());
  for (std::size_t j = 0; j < values.size(); ++j) {
    drawn[j] = values[static_cast<std::size_t>(uniforms[j] * static_cast<Real>(values.size()))];
  }
}

Interval percentiles(std::span<const Real> statistics) {
  const auto ascending = core::ranked(statistics);
  const Real tail = (1 - interval_level) / 2;
  return {core::quantile(ascending, tail), core::quantile(ascending, 1 - tail)};
}

}  // namespace

Interval median_interval(std::span<const Real> values, const Resampling& resampling) {
  const core::Philox random(resampling.seed);
  std::vector<Real> medians;
  std::vector<Real> drawn;
  for (Index b = 0; b < resampling.samples; ++b) {
    draw(values, random, 2 * b, drawn);
    medians.push_back(median(drawn));
  }
  return percentiles(medians);
}

Real ratio_of_medians(std::span<const Real> first, std::span<const Real> second) {
  const Real a = median(first);
  const Real b = median(second);
  return a == b ? 1 : a / b;
}

Interval ratio_interval(std::span<const Real> first, std::span<const Real> second, bool paired,
                        const Resampling& resampling) {
  const core::Philox random(resampling.seed);
  std::vector<Real> ratios;
  std::vector<Real> a;
  std::vector<Real> b;
  for (Index k = 0; k < resampling.samples; ++k) {
    draw(first, random, 2 * k, a);
    draw(second, random, paired ? 2 * k : 2 * k + 1, b);
    ratios.push_back(ratio_of_medians(a, b));
  }
  return percentiles(ratios);
}

}  // namespace bayres::analysis
