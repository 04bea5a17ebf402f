#pragma once
/// \file
/// Which penalty suits steps that a solution has not seen.

#include <span>
#include <vector>

#include "bayres/core/aligned.hpp"
#include "bayres/core/state.hpp"

namespace bayres::core {

/// The errors of several solutions on steps that were held out.
class Validation {
 public:
  Validation(Index neurons, Index outputs) : neurons_(as_size(neurons)), outputs_(as_size(outputs)) {}

  /// Makes room for so many solutions, if there is none.
  void make_room(std::size_t candidates);
  [[nodiscard]] bool has_begun() const noexcept { return !solutions_.empty() && solutions_.front() == 1; }
  /// Sets the weights (outputs x N) of every solution; empty ones are 0.
  void begin(const std::vector<std::vector<Real>>& solutions);
  /// A step: rates of all neurons, and target (outputs). Before `begin` it does nothing.
  void add(std::span<const Real> rates, std::span<const Real> target) noexcept;

  /// sum (z* - w.r)^2 as parts of sum z*^2 (candidates x outputs); NaN without any step.
  [[nodiscard]] std::vector<Real> errors() const;
  /// That of the `lambdas` of the solutions with the smallest sum of errors; of equal ones the largest; NaN if none.
  [[nodiscard]] Real best(std::span<const Real> lambdas) const;

  /// `writes`: whether this rank writes what all hold.
  void visit_state(StateVisitor& visit, bool writes);

 private:
  std::size_t neurons_;
  std::size_t outputs_;
  AlignedVector<Real> solutions_;  // whether they were set; then candidates x outputs x N
  std::vector<Real> sums_;         // sum z*^2 (outputs), then candidates x outputs: sum (z* - w.r)^2
};

}  // namespace bayres::core
