#include "bayres/regression/validation.hpp"

#include <algorithm>
#include <limits>

#include "bayres/core/parameter.hpp"
#include "bayres/kernels/block_sum.hpp"

namespace bayres::core {

void Validation::make_room(std::size_t candidates) {
  solutions_.resize(1 + candidates * outputs_ * neurons_);
  sums_.resize(outputs_ * (1 + candidates));
}

void Validation::begin(const std::vector<std::vector<Real>>& solutions) {
  make_room(solutions.size());
  auto place = solutions_.begin() + 1;
  for (const auto& weights : solutions) {
    std::ranges::copy(weights, place);
    place += static_cast<std::ptrdiff_t>(outputs_ * neurons_);
  }
  solutions_.front() = 1;
}

void Validation::add(std::span<const Real> rates, std::span<const Real> target) noexcept {
  if (!has_begun()) return;
  for (std::size_t m = 0; m < outputs_; ++m) sums_[m] += target[m] * target[m];
  for (std::size_t k = outputs_; k < sums_.size(); ++k) {
    const auto weights = std::span<const Real>(solutions_).subspan(1 + (k - outputs_) * neurons_, neurons_);
    const Real error = target[k % outputs_] - blocked_dot(weights, rates, Partition::block_size);
    sums_[k] += error * error;
  }
}

std::vector<Real> Validation::errors() const {
  std::vector<Real> errors;
  for (std::size_t k = outputs_; k < sums_.size(); ++k) errors.push_back(sums_[k] / sums_[k % outputs_]);
  return errors;
}

Real Validation::best(std::span<const Real> lambdas) const {
  Real best = automatic;
  Real smallest = std::numeric_limits<Real>::infinity();
  const auto all = errors();
  for (std::size_t c = 0; c < lambdas.size() && has_begun(); ++c) {
    Real error = 0;
    for (std::size_t m = 0; m < outputs_; ++m) {
      if (sums_[m] > 0) error += all[c * outputs_ + m];  // an output that is 0 throughout says nothing
    }
    if (!(error < smallest || (error == smallest && lambdas[c] > best))) continue;
    smallest = error;
    best = lambdas[c];
  }
  return best;
}

void Validation::visit_state(StateVisitor& visit, bool writes) {
  visit(shared_array("solutions", std::ssize(solutions_), writes), std::span<Real>(solutions_));
  visit(shared_array("validation", std::ssize(sums_), writes), std::span<Real>(sums_));
}

}  // namespace bayres::core
