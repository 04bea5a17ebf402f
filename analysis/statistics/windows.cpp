#include "windows.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <complex>

#include "bayres/fourier/complex.hpp"

namespace bayres::analysis {
namespace {

/// Deviations from the mean in units of the standard deviation; 0 where there is no number. Empty if all are equal.
std::vector<Real> standardised(std::span<const Real> values, std::size_t columns, std::size_t column) {
  std::vector<Real> found;
  Real sum = 0;
  Real count = 0;
  for (std::size_t k = column; k < values.size(); k += columns) {
    found.push_back(values[k]);
    if (!std::isfinite(values[k])) continue;
    sum += values[k];
    ++count;
  }
  Real squares = 0;
  for (auto& one : found) {
    one = std::isfinite(one) ? one - sum / count : 0;
    squares += one * one;
  }
  if (squares == 0) return {};
  const Real scale = std::sqrt(squares / static_cast<Real>(found.size()));
  for (auto& one : found) one /= scale;
  return found;
}

/// At lags below a half of the number of times; empty if nothing varies.
std::vector<Real> autocorrelation_of(std::span<const Real> values, std::size_t columns) {
  const std::size_t times = values.size() / columns;
  const std::size_t size = std::bit_ceil(2 * times);
  core::FourierTransform fourier(static_cast<Index>(size));
  std::vector<std::complex<Real>> power(size);
  std::vector<std::complex<Real>> transform(size);
  bool varies = false;
  for (std::size_t column = 0; column < columns; ++column) {
    const auto one = standardised(values, columns, column);
    varies = varies || !one.empty();
    std::vector<std::complex<Real>> padded(one.begin(), one.end());
    padded.resize(size);
    fourier(padded, transform);
    for (std::size_t f = 0; f < size; ++f) power[f] += std::norm(transform[f]);
  }
  if (!varies) return {};
  fourier(power, transform);  // is its own inverse, since powers of real numbers are symmetric
  std::vector<Real> correlation;
  for (std::size_t lag = 0; lag < times / 2; ++lag) {
    correlation.push_back(transform[lag].real() / static_cast<Real>(times - lag));
  }
  return correlation;
}

}  // namespace

std::optional<Real> period_of(std::span<const Real> values, std::size_t columns) {
  constexpr std::size_t fewest = 8;
  constexpr Real near = 0.95;
  if (values.size() < fewest * columns) return std::nullopt;
  const auto c = autocorrelation_of(values, columns);
  const auto falls = std::ranges::find_if(c, [](Real one) { return one < 0; }) - c.begin();
  for (auto lag = static_cast<std::size_t>(falls) + 1; lag + 1 < c.size(); ++lag) {
    if (c[lag] <= near * c[0] || c[lag] < c[lag - 1] || c[lag] <= c[lag + 1]) continue;
    // The top of the parabola through the three.
    return static_cast<Real>(lag) + 0.5 * (c[lag - 1] - c[lag + 1]) / (c[lag - 1] - 2 * c[lag] + c[lag + 1]);
  }
  return std::nullopt;
}

std::vector<Index> window_edges(core::Range steps, Index most, std::optional<Real> period) {
  const Index windows = std::min(most, steps.size());
  std::vector<Index> edges;
  if (!period || windows == 0) {
    for (Index w = 0; w <= windows; ++w) edges.push_back(steps.first + steps.size() * w / std::max<Index>(windows, 1));
    return edges;
  }
  constexpr Real rounding = 1e-6;  // of a period that is not known to all digits
  const Real periods = static_cast<Real>(steps.size()) / *period;
  const Real length = *period * std::max<Real>(1, std::ceil(periods / static_cast<Real>(windows) - rounding));
  const auto whole = static_cast<Index>(static_cast<Real>(steps.size()) / length + rounding);
  edges.push_back(steps.first);
  for (Index w = whole - 1; w >= 0; --w) {
    edges.push_back(steps.last - static_cast<Index>(std::round(static_cast<Real>(w) * length)));
  }
  return edges;
}

}  // namespace bayres::analysis
