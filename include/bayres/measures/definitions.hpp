#pragma once
/// \file
/// Measures by which others report errors: by the range of the target, over all outputs together, by correlation.

#include <utility>
#include <vector>

#include "bayres/core/component.hpp"
#include "bayres/measures/accumulator.hpp"

namespace bayres::sim {

/// Error and range of a readout's target.
class RangeScore {
 public:
  void add(Real target, Real delta, Real weight) noexcept {
    low_ = score_.count() > 0 ? std::min(low_, target) : target;
    high_ = score_.count() > 0 ? std::max(high_, target) : target;
    score_.add(target, delta, weight);
  }
  [[nodiscard]] const Score& score() const noexcept { return score_; }
  [[nodiscard]] Real low() const noexcept { return low_; }
  [[nodiscard]] Real high() const noexcept { return high_; }
  template <class Visit>
  void visit_state(const Visit& visit) {
    score_.visit_state(visit);
    for (Real* number : {&low_, &high_}) visit(*number);
  }

 private:
  Score score_;
  Real low_ = 0;
  Real high_ = 0;
};

struct NrmseRange : RangeScore {
  using Parameters = core::NoParameters;
  static constexpr core::Info info{
      .name = "nrmse_range",
      .equation = "sqrt(mean delta^2) / (max z* - min z*)",
      .source = "root mean squared error by the range of the target",
  };
  explicit NrmseRange(const Parameters&) noexcept {}
  [[nodiscard]] Real value() const noexcept { return std::sqrt(score().mse()) / (high() - low()); }
};

/// Sums over the steps of each readout, from which one number follows for all of them.
template <class One>
class OfAllReadouts {
 public:
  using Parameters = core::NoParameters;
  explicit OfAllReadouts(std::vector<One> readouts) : readouts_(std::move(readouts)) {}
  void add(const ScoredStep& step, Real weight) noexcept {
    for (std::size_t m = 0; m < readouts_.size(); ++m) readouts_[m].add(step.target[m], step.delta[m], weight);
  }
  template <class Visit>
  void visit_state(const Visit& visit) {
    for (auto& readout : readouts_) readout.visit_state(visit);
  }

 protected:
  [[nodiscard]] const std::vector<One>& readouts() const noexcept { return readouts_; }

 private:
  std::vector<One> readouts_;
};

struct NrmseRangeJoint : OfAllReadouts<RangeScore> {
  static constexpr core::Info info{
      .name = "nrmse_range_joint",
      .equation =
          "sqrt(mean over outputs and steps of delta^2) / (max - min over outputs and steps of z*); the same for "
          "every output",
      .source = "nrmse of ReservoirPy (Trouvain et al. 2020, ICANN, LNCS 12397:494-505)",
  };
  NrmseRangeJoint(const Parameters&, std::size_t count) : OfAllReadouts(std::vector<RangeScore>(count)) {}
  [[nodiscard]] Real value() const noexcept {
    Real squares = 0;
    Real low = readouts().front().low();
    Real high = readouts().front().high();
    for (const auto& readout : readouts()) {
      squares += readout.score().mse();
      low = std::min(low, readout.low());
      high = std::max(high, readout.high());
    }
    return std::sqrt(squares / static_cast<Real>(readouts().size())) / (high - low);
  }
};

/// Outputs of large variance count more.
struct NrmseJoint : OfAllReadouts<Score> {
  static constexpr core::Info info{
      .name = "nrmse_joint",
      .equation = "sqrt(sum over outputs of mean delta^2 / sum over outputs of var z*); the same for every output",
      .source = "normalised root mean squared error of a vector",
  };
  NrmseJoint(const Parameters&, std::size_t count) : OfAllReadouts(std::vector<Score>(count)) {}
  [[nodiscard]] Real value() const noexcept {
    Real squares = 0;
    Real variance = 0;
    for (const auto& readout : readouts()) {
      squares += readout.mse();
      variance += readout.target_variance();
    }
    return std::sqrt(squares / variance);
  }
};

/// What a linear function of the output explains of the target: unlike r2 it forgives a wrong scale or offset.
class SquaredCorrelation {
 public:
  using Parameters = core::NoParameters;
  static constexpr bool larger_is_better = true;
  static constexpr core::Info info{
      .name = "squared_correlation",
      .equation = "cov(z, z*)^2 / (var z var z*)",
      .source = "square of Pearson's correlation",
  };
  explicit SquaredCorrelation(const Parameters&) noexcept {}
  void add(Real target, Real delta, Real weight) noexcept {  // Welford's recursion for both
    const Real z = target - delta;
    count_ += weight;
    const Real of_target = target - target_;
    const Real of_output = z - output_;
    target_ += weight * of_target / count_;
    output_ += weight * of_output / count_;
    targets_ += weight * of_target * (target - target_);
    outputs_ += weight * of_output * (z - output_);
    products_ += weight * of_target * (z - output_);
  }
  /// NaN where the target is constant; 0 where the output is.
  [[nodiscard]] Real value() const noexcept {
    if (outputs_ == 0 && targets_ > 0) return 0;
    return products_ / outputs_ * (products_ / targets_);
  }
  template <class Visit>
  void visit_state(const Visit& visit) {
    for (Real* sum : {&count_, &target_, &output_, &targets_, &outputs_, &products_}) visit(*sum);
  }

 private:
  Real count_ = 0;
  Real target_ = 0;  // means
  Real output_ = 0;
  Real targets_ = 0;  // sums of squared deviations, and of their products
  Real outputs_ = 0;
  Real products_ = 0;
};

struct Capacity : OfAllReadouts<SquaredCorrelation> {
  static constexpr bool larger_is_better = true;
  static constexpr core::Info info{
      .name = "capacity",
      .equation =
          "sum over outputs of squared_correlation; of task memory the memory capacity; the same for every output",
      .source = "Jaeger 2001, Short term memory in echo state networks, GMD Report 152",
  };
  Capacity(const Parameters& parameters, std::size_t count)
      : OfAllReadouts(std::vector<SquaredCorrelation>(count, SquaredCorrelation(parameters))) {}
  [[nodiscard]] Real value() const noexcept {
    Real sum = 0;
    for (const auto& readout : readouts()) sum += readout.value();
    return sum;
  }
};

}  // namespace bayres::sim
