#include "hessenberg.hpp"

#include <Eigen/Eigenvalues>
#include <cmath>

namespace bayres::sim {

std::vector<std::complex<Real>> eigenvalues_of(const Eigen::MatrixXd& H, Index size) {
  Eigen::RealSchur<Eigen::MatrixXd> schur(size);
  schur.computeFromHessenberg(H.topLeftCorner(size, size), Eigen::MatrixXd::Identity(size, size), false);
  std::vector<std::complex<Real>> all;
  if (schur.info() != Eigen::Success) return all;
  const auto& T = schur.matrixT();
  for (Index i = 0; i < size; ++i) {
    if (i + 1 == size || T(i + 1, i) == 0) {
      all.emplace_back(T(i, i), 0);
      continue;
    }
    const Real half = 0.5 * (T(i, i) - T(i + 1, i + 1));
    const Real imaginary = std::sqrt(std::abs(half * half + T(i + 1, i) * T(i, i + 1)));
    all.emplace_back(T(i + 1, i + 1) + half, imaginary);
    all.emplace_back(T(i + 1, i + 1) + half, -imaginary);
    ++i;
  }
  return all;
}

// Row i of (H - lambda I) y = 0 gives y_(i-1) from those below.
Real last_component(const Eigen::MatrixXd& H, Index size, std::complex<Real> eigenvalue) {
  std::vector<std::complex<Real>> y(core::as_size(size));
  Real squares = 1;
  Real last = 1;
  y.back() = 1;
  for (Index i = size - 1; i > 0; --i) {
    std::complex<Real> sum = -eigenvalue * y[core::as_size(i)];
    for (Index k = i; k < size; ++k) sum += H(i, k) * y[core::as_size(k)];
    y[core::as_size(i - 1)] = -sum / H(i, i - 1);
    squares += std::norm(y[core::as_size(i - 1)]);
    constexpr Real large = 1e200;
    if (squares < large) continue;
    const Real scale = 1 / std::sqrt(squares);
    for (auto& component : y) component *= scale;
    last *= scale;
    squares = 1;
  }
  return last / std::sqrt(squares);
}

}  // namespace bayres::sim
