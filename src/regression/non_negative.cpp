#include "bayres/regression/non_negative.hpp"

#include <algorithm>

namespace bayres::core {

Eigen::VectorXd non_negative_solution(const Eigen::MatrixXd& A, const Eigen::VectorXd& b) {
  constexpr int sweeps = 300;
  const Eigen::MatrixXd squares = A.transpose() * A;
  const Eigen::VectorXd products = A.transpose() * b;
  Eigen::VectorXd x = Eigen::VectorXd::Zero(A.cols());
  for (int sweep = 0; sweep < sweeps; ++sweep) {
    for (Eigen::Index k = 0; k < x.size(); ++k) {
      x[k] = std::max(0.0, x[k] + (products[k] - squares.row(k).dot(x)) / squares(k, k));
    }
  }
  return x;
}

}  // namespace bayres::core
