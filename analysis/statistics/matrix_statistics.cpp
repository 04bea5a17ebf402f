#include "matrix_statistics.hpp"

#include <Eigen/Eigenvalues>
#include <Eigen/SVD>
#include <algorithm>
#include <cmath>
#include <complex>
#include <limits>
#include <tuple>

#include "bayres/kernels/block_sum.hpp"

namespace bayres::analysis {
namespace {

using RowMajor = Eigen::Matrix<Real, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

constexpr Real undefined = std::numeric_limits<Real>::quiet_NaN();

Real sum_of_squares(std::span<const Real> values) { return core::blocked_dot(values, values, 64); }

Real modulus(Real a, Real b) { return std::sqrt(a * a + b * b); }

}  // namespace

Real Spectrum::radius() const { return real.empty() ? 0 : modulus(real.front(), imaginary.front()); }

Spectrum spectrum_of(std::span<const Real> matrix, Index size) {
  const auto n = static_cast<std::size_t>(size);
  Spectrum found{std::vector<Real>(n, undefined), std::vector<Real>(n, undefined)};
  if (!std::isfinite(sum_of_squares(matrix))) return found;
  const Eigen::Map<const RowMajor> view(matrix.data(), size, size);
  const Eigen::EigenSolver<Eigen::MatrixXd> solver(view, false);
  if (solver.info() != Eigen::Success) return found;
  std::vector<std::tuple<Real, Real, Real>> ordered;
  for (const auto& value : solver.eigenvalues()) {
    ordered.emplace_back(modulus(value.real(), value.imag()), value.real(), value.imag());
  }
  std::ranges::sort(ordered, std::greater<>());
  for (std::size_t k = 0; k < n; ++k) {
    found.real[k] = std::get<1>(ordered[k]);
    found.imaginary[k] = std::get<2>(ordered[k]);
  }
  return found;
}

Change change_of(std::span<const Real> before, std::span<const Real> after, Index size, bool with_singular_values) {
  std::vector<Real> difference(after.begin(), after.end());
  for (std::size_t k = 0; k < difference.size(); ++k) difference[k] -= before[k];
  const Real squares = sum_of_squares(difference);
  Change found{std::sqrt(squares) / std::sqrt(sum_of_squares(before)), {}, undefined, undefined};
  if (!with_singular_values) return found;
  found.singular_values.assign(static_cast<std::size_t>(size), undefined);
  if (!std::isfinite(squares)) return found;
  const Eigen::Map<const RowMajor> view(difference.data(), size, size);
  const Eigen::BDCSVD<Eigen::MatrixXd> solver(view);
  Real fourth_powers = 0;
  Real second_powers = 0;
  const Real least = solver.singularValues()[0] * static_cast<Real>(size) * std::numeric_limits<Real>::epsilon();
  found.rank = 0;
  for (std::size_t k = 0; k < found.singular_values.size(); ++k) {
    const Real value = solver.singularValues()[static_cast<Eigen::Index>(k)];
    found.singular_values[k] = value;
    second_powers += value * value;
    fourth_powers += value * value * value * value;
    if (value > least) ++found.rank;
  }
  if (fourth_powers > 0) found.effective_rank = second_powers * second_powers / fourth_powers;
  return found;
}

}  // namespace bayres::analysis
