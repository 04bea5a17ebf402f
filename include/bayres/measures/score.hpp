#pragma once
/// \file
/// The error of one readout.

#include <algorithm>
#include <cmath>
#include <limits>

#include "bayres/core/state.hpp"
#include "bayres/core/types.hpp"

namespace bayres::sim {

using core::Index;
using core::Real;

/// Accumulates the error of one readout over steps, in one pass.
class Score {
 public:
  /// One step, which counts as `weight` steps (tasks::Mark).
  void add(Real target, Real delta, Real weight = 1) noexcept {
    count_ += weight;
    absolute_ += weight * std::abs(delta);
    squared_ += weight * (delta * delta);
    const Real deviation = target - mean_;  // Welford's recursion for the variance of the target
    mean_ += weight * deviation / count_;
    target_squares_ += weight * (deviation * (target - mean_));
  }

  /// Adds the steps of another score, which follow those of this one (Chan, Golub & LeVeque 1983, Am Stat 37:242).
  void join(const Score& later) noexcept {
    if (later.count_ == 0) return;
    const Real count = count_;
    const Real more = later.count_;
    const Real apart = later.mean_ - mean_;
    target_squares_ += later.target_squares_ + apart * apart * count * more / (count + more);
    mean_ += apart * more / (count + more);
    count_ += later.count_;
    absolute_ += later.absolute_;
    squared_ += later.squared_;
  }

  /// Sum of the weights of the steps.
  [[nodiscard]] Real count() const noexcept { return count_; }
  /// mean |delta|; NaN without any step, as are the following.
  [[nodiscard]] Real mae() const noexcept { return absolute_ / n(); }
  /// mean delta^2
  [[nodiscard]] Real mse() const noexcept { return squared_ / n(); }
  /// sqrt(mean delta^2 / var z*); infinite or NaN for a constant target.
  [[nodiscard]] Real nrmse() const noexcept { return std::sqrt(squared_ / target_squares_); }
  /// 1 - mean delta^2 / var z*
  [[nodiscard]] Real r2() const noexcept { return 1 - squared_ / target_squares_; }

  /// var z*
  [[nodiscard]] Real target_variance() const noexcept { return target_squares_ / n(); }

  /// Calls `visit` for each accumulated number, which it may change.
  template <class Visit>
  void visit_state(const Visit& visit) {
    for (Real* sum : {&count_, &absolute_, &squared_, &mean_, &target_squares_}) visit(*sum);
  }

 private:
  [[nodiscard]] Real n() const noexcept { return count_ > 0 ? count_ : std::numeric_limits<Real>::quiet_NaN(); }
  Real count_ = 0;
  Real absolute_ = 0;
  Real squared_ = 0;
  Real mean_ = 0;
  Real target_squares_ = 0;
};

}  // namespace bayres::sim
