#pragma once
/// \file
/// Linear least squares of which no unknown can be negative.

#include <Eigen/Core>

namespace bayres::core {

/// x >= 0 that minimises |A x - b|, by descent along one x after the other. No column of A is zero.
[[nodiscard]] Eigen::VectorXd non_negative_solution(const Eigen::MatrixXd& A, const Eigen::VectorXd& b);

}  // namespace bayres::core
