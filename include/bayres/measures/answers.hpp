#pragma once
/// \file
/// Right answers of trials.

#include <cmath>

#include "bayres/core/component.hpp"

namespace bayres::sim {

using core::Index;
using core::Real;

/// What one readout answers in one trial: its mean output beside the mean target, both weighted. Of an answer that is a
/// sign the weight is w |z*|, so that steps at which nothing is asked (z* = 0) do not count.
class Answer {
 public:
  void add(Real target, Real delta, Real weight) noexcept {
    weight_ += weight;
    target_ += weight * target;
    output_ += weight * (target - delta);
  }
  /// Whether the target has a sign.
  [[nodiscard]] bool is_asked() const noexcept { return weight_ > 0 && target_ != 0; }
  /// The means; NaN without any step.
  /// \{
  [[nodiscard]] Real target() const noexcept { return weight_ > 0 ? target_ / weight_ : core::automatic; }
  [[nodiscard]] Real output() const noexcept { return weight_ > 0 ? output_ / weight_ : core::automatic; }
  /// \}
  /// 1 if they have the same sign, else 0; NaN if nothing is asked, or the readout has diverged.
  [[nodiscard]] Real right() const noexcept {
    if (!is_asked() || std::isnan(output_)) return core::automatic;
    return (target_ > 0) == (output_ > 0) && output_ != 0 ? 1 : 0;
  }
  /// Calls `visit` for each number, which it may change.
  template <class Visit>
  void visit_state(const Visit& visit) {
    for (Real* sum : {&weight_, &target_, &output_}) visit(*sum);
  }

 private:
  Real weight_ = 0;
  Real target_ = 0;
  Real output_ = 0;
};

/// A limit of the 95 % confidence interval of a fraction p of n, below (side -1) or above it (1), by Wilson.
[[nodiscard]] inline Real wilson_limit(Real p, Real n, Real side) noexcept {
  constexpr Real z = 1.959963984540054;  // quantile of a standard normal at 0.975
  const Real half = z * std::sqrt(p * (1 - p) / n + z * z / (4 * n * n));
  return (p + z * z / (2 * n) + side * half) / (1 + z * z / n);
}

/// Counts the right answers of one readout, among the trials that begin and end while it is scored.
class AnswerCounts {
 public:
  using Parameters = core::NoParameters;
  static constexpr bool of_trials = true;
  static constexpr bool larger_is_better = true;

  explicit AnswerCounts(const Parameters&) noexcept {}
  void begin_trial() noexcept {
    answer_ = {};
    begun_ = 1;
  }
  void add(Real target, Real delta, Real weight) noexcept { answer_.add(target, delta, weight * std::abs(target)); }
  void end_trial() noexcept {
    if (begun_ > 0 && answer_.is_asked()) {
      trials_ += 1;
      right_ += answer_.right();
    }
    begun_ = 0;
  }
  template <class Visit>
  void visit_state(const Visit& visit) {
    answer_.visit_state(visit);
    for (Real* number : {&begun_, &trials_, &right_}) visit(*number);
  }

  [[nodiscard]] Real trials() const noexcept { return trials_; }
  /// Of right answers; NaN without trials, or once the readout has diverged.
  [[nodiscard]] Real fraction() const noexcept { return trials_ > 0 ? right_ / trials_ : core::automatic; }
  /// The limit of its 95 % confidence interval below (side -1) or above it (1).
  [[nodiscard]] Real limit(Real side) const noexcept { return wilson_limit(fraction(), trials_, side); }

 private:
  Answer answer_;
  Real begun_ = 0;  // 1: the trial's beginning has been seen
  Real trials_ = 0;
  Real right_ = 0;
};

struct Right : AnswerCounts {
  using AnswerCounts::AnswerCounts;
  static constexpr core::Info info{
      .name = "right",
      .equation =
          "fraction of trials in which mean z has the sign of mean z*, over scored steps with weights |z*|; of "
          "trials that begin and end in the time that is scored",
      .source = "percent correct"};
  [[nodiscard]] Real value() const noexcept { return fraction(); }
};
struct RightLow : AnswerCounts {
  using AnswerCounts::AnswerCounts;
  static constexpr core::Info info{.name = "right_low",
                                   .equation = "lower limit of the 95 % confidence interval of right",
                                   .source = "Wilson 1927, J. Am. Stat. Assoc. 22:209-212"};
  [[nodiscard]] Real value() const noexcept { return limit(-1); }
};
struct RightHigh : AnswerCounts {
  using AnswerCounts::AnswerCounts;
  static constexpr core::Info info{.name = "right_high",
                                   .equation = "upper limit of the 95 % confidence interval of right",
                                   .source = "Wilson 1927, J. Am. Stat. Assoc. 22:209-212"};
  [[nodiscard]] Real value() const noexcept { return limit(1); }
};
struct TrialCount : AnswerCounts {
  using AnswerCounts::AnswerCounts;
  static constexpr core::Info info{
      .name = "trials", .equation = "number of trials that right is a fraction of", .source = "a count"};
  [[nodiscard]] Real value() const noexcept { return trials(); }
};

}  // namespace bayres::sim
