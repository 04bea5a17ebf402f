#pragma once
/// \file
/// Classes of sequences: the answer is the readout with the largest output.

#include <algorithm>
#include <cmath>
#include <span>
#include <vector>

#include "bayres/measures/accumulator.hpp"
#include "bayres/measures/answers.hpp"

namespace bayres::sim {

[[nodiscard]] inline bool is_any_missing(std::span<const Real> values) noexcept {
  return std::ranges::any_of(values, [](Real value) { return std::isnan(value); });
}

/// The place of the largest value; -1 if it is there twice, a value is missing, or there is none.
[[nodiscard]] inline Index largest_place(std::span<const Real> values) noexcept {
  if (values.empty() || is_any_missing(values)) return -1;
  const auto largest = std::ranges::max_element(values);
  return std::ranges::count(values, *largest) > 1 ? -1 : largest - values.begin();
}

/// The class that one sequence is said to be of: the readout with the largest mean output; -1: none is known.
[[nodiscard]] inline Index class_of(std::span<const Answer> answers) {
  std::vector<Real> outputs;
  for (const auto& answer : answers) outputs.push_back(answer.output());
  return largest_place(outputs);
}

/// Counts the sequences that are taken for what they are, among those that begin and end while they are scored. The
/// target is 1 for the class of a sequence, and else 0.
class ClassCounts {
 public:
  using Parameters = core::NoParameters;
  static constexpr bool of_classes = true;
  static constexpr bool larger_is_better = true;

  ClassCounts(const Parameters&, std::size_t classes) : sums_(classes), last_(classes) {}
  void begin_trial() noexcept {
    std::ranges::fill(sums_, Real{0});
    begun_ = 1;
    class_ = -1;
  }
  void add(const ScoredStep& step, Real weight) noexcept {
    for (std::size_t k = 0; k < sums_.size(); ++k) {
      last_[k] = step.target[k] - step.delta[k];
      sums_[k] += weight * last_[k];
    }
    class_ = static_cast<Real>(largest_place(step.target));
  }
  void end_trial() noexcept {
    if (begun_ > 0 && class_ >= 0) {
      sequences_ += 1;
      right_ += is_right(sums_);
      right_at_end_ += is_right(last_);
    }
    begun_ = 0;
  }
  template <class Visit>
  void visit_state(const Visit& visit) {
    for (auto* numbers : {&sums_, &last_}) std::ranges::for_each(*numbers, visit);
    for (Real* number : {&begun_, &class_, &sequences_, &right_, &right_at_end_}) visit(*number);
  }

  [[nodiscard]] Real sequences() const noexcept { return sequences_; }
  /// Of sequences whose class has the largest mean output, or the largest at the last scored step; NaN without
  /// sequences, or once a readout has diverged.
  /// \{
  [[nodiscard]] Real fraction() const noexcept { return sequences_ > 0 ? right_ / sequences_ : core::automatic; }
  [[nodiscard]] Real fraction_at_end() const noexcept {
    return sequences_ > 0 ? right_at_end_ / sequences_ : core::automatic;
  }
  /// \}
  [[nodiscard]] Real limit(Real side) const noexcept { return wilson_limit(fraction(), sequences_, side); }

 private:
  [[nodiscard]] Real is_right(std::span<const Real> outputs) const noexcept {
    if (is_any_missing(outputs)) return core::automatic;
    return static_cast<Real>(largest_place(outputs)) == class_ ? 1 : 0;
  }

  std::vector<Real> sums_;  // of each output over the sequence
  std::vector<Real> last_;
  Real begun_ = 0;   // 1: the sequence's beginning has been seen
  Real class_ = -1;  // of the sequence; -1: no step of it is scored
  Real sequences_ = 0;
  Real right_ = 0;
  Real right_at_end_ = 0;
};

struct Accuracy : ClassCounts {
  using ClassCounts::ClassCounts;
  static constexpr core::Info info{
      .name = "accuracy",
      .equation =
          "fraction of sequences whose class has the largest mean z over scored steps; of sequences that begin "
          "and end in the time that is scored",
      .source = "classification accuracy"};
  [[nodiscard]] Real value() const noexcept { return fraction(); }
};
struct AccuracyLow : ClassCounts {
  using ClassCounts::ClassCounts;
  static constexpr core::Info info{.name = "accuracy_low",
                                   .equation = "lower limit of the 95 % confidence interval of accuracy",
                                   .source = "Wilson 1927, J. Am. Stat. Assoc. 22:209-212"};
  [[nodiscard]] Real value() const noexcept { return limit(-1); }
};
struct AccuracyHigh : ClassCounts {
  using ClassCounts::ClassCounts;
  static constexpr core::Info info{.name = "accuracy_high",
                                   .equation = "upper limit of the 95 % confidence interval of accuracy",
                                   .source = "Wilson 1927, J. Am. Stat. Assoc. 22:209-212"};
  [[nodiscard]] Real value() const noexcept { return limit(1); }
};
struct AccuracyAtEnd : ClassCounts {
  using ClassCounts::ClassCounts;
  static constexpr core::Info info{
      .name = "accuracy_at_end",
      .equation = "fraction of sequences whose class has the largest z at the last scored step",
      .source = "classification accuracy"};
  [[nodiscard]] Real value() const noexcept { return fraction_at_end(); }
};
struct SequenceCount : ClassCounts {
  using ClassCounts::ClassCounts;
  static constexpr core::Info info{
      .name = "sequences", .equation = "number of sequences that accuracy is a fraction of", .source = "a count"};
  [[nodiscard]] Real value() const noexcept { return sequences(); }
};

}  // namespace bayres::sim
