#include "bayres/regression/non_negative.hpp"

#include <gtest/gtest.h>

namespace bayres::core {
namespace {

TEST(NonNegativeSolution, IsThatOfLeastSquaresIfNoneIsNegative) {
  Eigen::MatrixXd A(3, 2);
  A << 1, 0, 0, 2, 1, 1;
  const auto x = non_negative_solution(A, A * Eigen::Vector2d(3, 0.5));
  EXPECT_NEAR(x[0], 3, 1e-12);
  EXPECT_NEAR(x[1], 0.5, 1e-12);
}

TEST(NonNegativeSolution, IsZeroWhereLeastSquaresIsNegative) {
  Eigen::MatrixXd A(2, 2);
  A << 1, 1, 1, 2;
  const auto x = non_negative_solution(A, Eigen::Vector2d(2, 1));  // without the bound: 3 and -1
  EXPECT_NEAR(x[0], 1.5, 1e-12);
  EXPECT_EQ(x[1], 0);
}

}  // namespace
}  // namespace bayres::core
