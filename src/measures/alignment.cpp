#include "bayres/measures/alignment.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <utility>

#include "bayres/core/aligned.hpp"

namespace bayres::sim {
namespace {

constexpr Index most_parts = 512;
constexpr Real unknown = std::numeric_limits<Real>::quiet_NaN();

struct Moments {
  Real mean;
  Real variance;
};

Moments moments_of(std::span<const Real> values) {
  Real sum = 0;
  for (const Real value : values) sum += value - values.front();  // exactly 0 if they are all the same
  const Real mean = values.front() + sum / static_cast<Real>(values.size());
  Real squares = 0;
  for (const Real value : values) squares += (value - mean) * (value - mean);
  return {mean, squares / static_cast<Real>(values.size())};
}

/// The mean of the values in part number `part`, of `length` steps; the last one may be shorter.
Real part_mean(std::span<const Real> values, Index part, Index length) {
  const Index last = std::min((part + 1) * length, std::ssize(values));
  Real sum = 0;
  for (Index t = part * length; t < last; ++t) sum += values[core::as_size(t)];
  return sum / static_cast<Real>(last - part * length);
}

/// Weights of the values at -1, 0, 1 and 2 for the cubic through them, at `u` from 0 to 1 (Lagrange).
std::array<Real, 4> cubic_weights(Real u) {
  return {-u * (u - 1) * (u - 2) / 6, (u + 1) * (u - 1) * (u - 2) / 2, -(u + 1) * u * (u - 2) / 2,
          (u + 1) * u * (u - 1) / 6};
}

}  // namespace

Aligner::Aligner(Index steps, Index outputs)
    : steps_(steps),
      outputs_(outputs),
      length_((steps + most_parts - 1) / most_parts),
      parts_(steps > 0 ? (steps + length_ - 1) / length_ : 0),
      centred_(core::as_size(outputs * steps)),
      variance_(core::as_size(outputs)),
      ratio_(core::as_size(outputs)),
      backwards_(core::as_size(2 * parts_)),
      coarse_(core::as_size(parts_)) {}

Index Aligner::bytes(Index steps, Index outputs) {
  return Index{sizeof(Real)} * (outputs * (steps + 2) + 3 * std::min(steps, most_parts));
}

void Aligner::centre(std::span<const Real> target, std::span<const Real> output) {
  for (Index m = 0; m < outputs_; ++m) {
    const auto goal = core::row_of(target, m, steps_);
    const auto [mean, variance] = moments_of(goal);
    const auto centred = core::row_of(centred_, m, steps_);
    const Real factor = variance > 0 ? 1 / variance : variance;  // NaN stays NaN
    for (std::size_t t = 0; t < goal.size(); ++t) centred[t] = (goal[t] - mean) * factor;
    variance_[core::as_size(m)] = variance;
    ratio_[core::as_size(m)] = moments_of(core::row_of(output, m, steps_)).variance * factor;
  }
}

/// The number of parts by which the output is late, by the correlation of means over parts.
Index Aligner::coarse_lag(std::span<const Real> output) {
  std::ranges::fill(coarse_, Real{0});
  for (Index m = 0; m < outputs_; ++m) {
    const auto goal = core::row_of(std::as_const(centred_), m, steps_);
    for (Index b = 0; b < parts_; ++b) {
      const Real mean = part_mean(goal, b, length_);
      for (const Index place : {parts_ - 1 - b, 2 * parts_ - 1 - b}) backwards_[core::as_size(place)] = mean;
    }
    for (Index b = 0; b < parts_; ++b) {
      const Real z = part_mean(core::row_of(output, m, steps_), b, length_);
      const Real* from = backwards_.data() + (parts_ - 1 - b);  // the goal of part b, and then of those before it
      for (Index lag = 0; lag < parts_; ++lag) coarse_[core::as_size(lag)] += z * from[lag];
    }
  }
  return std::ranges::max_element(coarse_) - coarse_.begin();
}

/// The sum over outputs and steps of z(t) z*(t - lag) / var z*.
Real Aligner::correlation(std::span<const Real> output, Index lag) const {
  const Index late = (lag % steps_ + steps_) % steps_;
  Real sum = 0;
  for (Index m = 0; m < outputs_; ++m) {
    const Real* z = output.data() + m * steps_;
    const Real* goal = centred_.data() + m * steps_;
    for (Index t = 0; t < late; ++t) sum += z[t] * goal[t - late + steps_];
    for (Index t = late; t < steps_; ++t) sum += z[t] * goal[t - late];
  }
  return sum;
}

Real Aligner::best_lag(std::span<const Real> output) {
  const Index middle = coarse_lag(output) * length_;
  const Index reach = 2 * length_;  // the last part may be shorter
  Index best = middle;
  Real largest = correlation(output, middle);
  for (Index lag = middle - reach; lag <= middle + reach; ++lag) {
    const Real value = correlation(output, lag);
    if (value <= largest) continue;
    largest = value;
    best = lag;
  }
  const Real before = correlation(output, best - 1);
  const Real after = correlation(output, best + 1);
  const Real curvature = before - 2 * largest + after;
  const Real rest = curvature < 0 ? std::clamp((before - after) / (2 * curvature), -0.5, 0.5) : 0;
  const Real lag = static_cast<Real>(best) + rest;
  const auto period = static_cast<Real>(steps_);
  return lag - period * std::ceil(lag / period - 0.5);
}

/// The mean over outputs of mean (z(t) - z*(t - lag))^2 / var z*.
Real Aligner::squared_error(std::span<const Real> target, std::span<const Real> output, Real lag) const {
  const auto before = static_cast<Index>(std::floor(-lag));
  const auto weights = cubic_weights(-lag - std::floor(-lag));
  Real mean = 0;
  Real count = 0;
  for (Index m = 0; m < outputs_; ++m) {
    const Real variance = variance_[core::as_size(m)];
    if (variance == 0) continue;
    const auto z = core::row_of(output, m, steps_);
    const auto goal = core::row_of(target, m, steps_);
    Real squares = 0;
    Index place = ((before - 1) % steps_ + steps_) % steps_;  // of the first of the four values
    for (std::size_t t = 0; t < z.size(); ++t) {
      Real shifted = 0;
      for (std::size_t k = 0; k < weights.size(); ++k) {
        shifted += weights[k] * goal[(core::as_size(place) + k) % z.size()];
      }
      squares += (z[t] - shifted) * (z[t] - shifted);
      place = place + 1 == steps_ ? 0 : place + 1;
    }
    mean += squares / static_cast<Real>(steps_) / variance;
    ++count;
  }
  return mean / count;
}

Alignment Aligner::operator()(std::span<const Real> target, std::span<const Real> output) {
  centre(target, output);
  Real sum = 0;
  Real count = 0;
  for (std::size_t m = 0; m < ratio_.size(); ++m) {
    sum += ratio_[m];
    count += variance_[m] == 0 ? 0 : 1;
  }
  if (!std::isfinite(sum) || count == 0) return {unknown, unknown, unknown};
  if (sum == 0) return {unknown, std::sqrt(squared_error(target, output, 0)), 0};
  const Real lag = best_lag(output);
  return {lag, std::sqrt(squared_error(target, output, lag)), std::sqrt(sum / count)};
}

}  // namespace bayres::sim
