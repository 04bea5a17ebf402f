#include "bayres/rules/ridge.hpp"

#include <Eigen/Cholesky>
#include <limits>

namespace bayres::rules {

std::vector<Real> Ridge::solve(const std::vector<Real>& matrix, const std::vector<Real>& products) const {
  using Matrix = Eigen::Matrix<Real, Eigen::Dynamic, Eigen::Dynamic>;
  // Every rank solves the same system in the same order, and so gets the same bits.
  Matrix system = Eigen::Map<const Matrix>(matrix.data(), neurons_, neurons_);
  system.diagonal().array() += lambda_;
  if (bias_ >= 0) system(bias_, bias_) -= lambda_;
  const Matrix right = Eigen::Map<const Matrix>(products.data(), neurons_, outputs_);
  const Eigen::LLT<Eigen::Ref<Matrix>> factors(system);  // in place
  if (factors.info() != Eigen::Success) {
    return std::vector<Real>(products.size(), std::numeric_limits<Real>::quiet_NaN());
  }
  const Matrix solution = factors.solve(right);
  return {solution.data(), solution.data() + solution.size()};
}

}  // namespace bayres::rules
