#include "bayres/neurons/propagators.hpp"

#include <algorithm>
#include <array>

#include "bayres/kernels/elementary.hpp"

namespace bayres::model {
namespace {

constexpr std::size_t most_points = 3;
using Points = std::array<Real, most_points>;

/// exp(-x) differenced over `count` points within 1/2 of the first, which is the least: with y_i = x_i - x_0 and k + 1
/// points, exp(-x_0) times the sum over j of (-1)^(j+k) h_j(y) / (j+k)!, where h_j is the sum of all products of j y.
Real near_difference(const Points& x, std::size_t count) {
  constexpr std::size_t terms = 24;
  std::array<Real, terms> h{1};  // of the points so far
  for (std::size_t i = 1; i < count; ++i) {
    for (std::size_t j = 1; j < terms; ++j) h[j] += (x[i] - x[0]) * h[j - 1];
  }
  Real coefficient = 1;  // (-1)^n / n!
  Real sum = 0;
  for (std::size_t n = 0; n < terms; ++n) {
    if (n > 0) coefficient /= -static_cast<Real>(n);
    if (n + 1 >= count) sum += coefficient * h[n + 1 - count];
  }
  return core::exp_of(-x[0]) * sum;
}

Real difference(const Points& x, std::size_t count) {
  if (x[count - 1] - x[0] < 0.5) return near_difference(x, count);
  Points later{};
  std::copy(x.begin() + 1, x.begin() + static_cast<std::ptrdiff_t>(count), later.begin());
  return (difference(later, count - 1) - difference(x, count - 1)) / (x[count - 1] - x[0]);
}

}  // namespace

Real exp_difference(std::span<const Real> points) {
  Points sorted{};
  const auto end = std::ranges::copy(points, sorted.begin()).out;
  std::sort(sorted.begin(), end);
  return difference(sorted, points.size());
}

// Each arrow of h -> I -> V gives a factor dt/tau, and each stage a point.
Propagators::Propagators(const TimeConstants& tau, Real dt) {
  const Real m = dt / tau.membrane;
  const Real d = dt / tau.decay;
  keep_V = exp_difference(std::array{m});
  keep_h = exp_difference(std::array{d});
  V_from_current = -m * exp_difference(std::array{Real{0}, m});
  if (tau.rise == 0) {
    V_from_h = -m * exp_difference(std::array{m, d});
    I_from_h = keep_h;
    return;
  }
  const Real r = dt / tau.rise;
  keep_I = exp_difference(std::array{r});
  I_from_h = -r * exp_difference(std::array{r, d});
  V_from_I = -m * exp_difference(std::array{m, r});
  V_from_h = m * r * exp_difference(std::array{m, r, d});
}

}  // namespace bayres::model
