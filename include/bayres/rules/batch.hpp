#pragma once
/// \file
/// What only rules have that set the weights at the end of training.

#include "bayres/regression/fit.hpp"
#include "bayres/rules/rule.hpp"

namespace bayres::rules {

/// Base class of batch rules that learners may share, and that may choose among the solutions of others.
class BatchRule {
 public:
  /// From here on uses the sums of `first`, a rule that learns from the same steps and must outlive it; then neither
  /// may be copied any more. False if it cannot.
  virtual bool join(BatchRule& first) = 0;
  [[nodiscard]] virtual core::Fit fit() const = 0;
  /// The part of training that is held out at its end, to choose among solutions of what came before; or 0.
  [[nodiscard]] virtual Real held_out() const noexcept = 0;
  /// Is called before the first step of that part that is learned from, and may be called again. Collective.
  virtual void begin_validation(const AnyGather& gather) = 0;

 protected:
  BatchRule() = default;
  BatchRule(const BatchRule&) = default;
  BatchRule(BatchRule&&) = default;
  BatchRule& operator=(const BatchRule&) = default;
  BatchRule& operator=(BatchRule&&) = default;
  ~BatchRule() = default;
};

}  // namespace bayres::rules
