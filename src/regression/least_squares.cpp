#include "bayres/regression/least_squares.hpp"

#include <Eigen/Cholesky>
#include <Eigen/Eigenvalues>
#include <algorithm>
#include <cmath>
#include <limits>

#include "bayres/core/parameter.hpp"
#include "bayres/kernels/block_sum.hpp"
#include "bayres/kernels/synapses.hpp"

namespace bayres::core {
namespace {

using Matrix = Eigen::Matrix<Real, Eigen::Dynamic, Eigen::Dynamic>;

constexpr Real epsilon = std::numeric_limits<Real>::epsilon();

Real sum_of_products(std::span<const Real> a, std::span<const Real> b) {
  return blocked_dot(a, b, Partition::block_size);
}

/// Row k of rows of n numbers.
std::span<const Real> numbers_of(const std::vector<Real>& rows, std::size_t k, std::size_t n) {
  return std::span(rows).subspan(k * n, n);
}

bool all_finite(const std::vector<Real>& values) {
  return std::ranges::all_of(values, [](Real value) { return std::isfinite(value); });
}

Real trace(const std::vector<Real>& squares, std::size_t n) {
  Real sum = 0;
  for (std::size_t i = 0; i < n; ++i) sum += squares[i * n + i];
  return sum;
}

/// Adds the error of an output. `left`: sum z*^2 without what the intercept explains; `explained`: by the weights, of
/// squared length `length`; `largest`: bound of the eigenvalues of G.
void add_error(Solution& solution, Real all, Real left, Real explained, Real largest, Real length) {
  solution.error.push_back(all > 0 ? (left - explained) / all : automatic);
  solution.rounding.push_back(all > 0 ? epsilon * (all + largest * length) / all : automatic);
}

Solution no_solution(std::size_t outputs) {
  return {{}, std::vector<Real>(outputs, automatic), std::vector<Real>(outputs, automatic)};
}

}  // namespace

Intercept::Intercept(Index bias, GramSums& sums) {
  if (bias < 0) return;
  bias_ = static_cast<std::size_t>(bias);
  const std::size_t outputs = sums.target_squares.size();
  const std::size_t n = sums.products.size() / outputs;
  const auto row = numbers_of(sums.squares, bias_, n);
  row_.assign(row.begin(), row.end());
  const Real count = row_[bias_];
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < n; ++j) sums.squares[i * n + j] -= row_[i] * row_[j] / count;
    sums.squares[i * n + bias_] = 0;
    sums.squares[bias_ * n + i] = 0;
  }
  for (std::size_t m = 0; m < outputs; ++m) {
    const auto p = std::span(sums.products).subspan(m * n, n);
    const Real of_bias = products_.emplace_back(p[bias_]);
    for (std::size_t i = 0; i < n; ++i) p[i] -= row_[i] * of_bias / count;
    p[bias_] = 0;
    sums.target_squares[m] -= of_bias * of_bias / count;
  }
}

void Intercept::set(std::span<Real> weights, std::size_t output) const {
  if (row_.empty()) return;
  weights[bias_] = 0;
  weights[bias_] = (products_[output] - sum_of_products(row_, weights)) / row_[bias_];
}

Real direct_from(const GramSums& sums, Index neurons) {
  return 1e-8 * trace(sums.squares, static_cast<std::size_t>(neurons));
}

Solution solve(GramSums sums, Index neurons, Index bias, Real lambda) {
  const auto n = static_cast<std::size_t>(neurons);
  const auto all = sums.target_squares;
  const Intercept intercept(bias, sums);
  const Real largest = trace(sums.squares, n);
  // Every rank solves the same system in the same order, and so gets the same bits.
  Eigen::Map<Matrix> system(sums.squares.data(), neurons, neurons);
  system.diagonal().array() += lambda;
  const Eigen::LLT<Eigen::Ref<Matrix>> factors(system);  // in place
  if (factors.info() != Eigen::Success || !all_finite(sums.products)) return no_solution(all.size());
  const Matrix right = Eigen::Map<const Matrix>(sums.products.data(), neurons, std::ssize(all));
  const Matrix weights = factors.solve(right);
  Solution solution{{weights.data(), weights.data() + weights.size()}, {}, {}};
  for (std::size_t m = 0; m < all.size(); ++m) {
    const auto w = std::span(solution.weights).subspan(m * n, n);
    const Real length = sum_of_products(w, w);
    const Real explained = sum_of_products(w, numbers_of(sums.products, m, n)) + lambda * length;
    add_error(solution, all[m], sums.target_squares[m], explained, largest, length);
    intercept.set(w, m);
  }
  return solution;
}

Spectrum::Spectrum(GramSums sums, Index neurons, Index bias)
    : n_(static_cast<std::size_t>(neurons)),
      reaches_(direct_from(sums, neurons)),
      all_squares_(sums.target_squares),
      intercept_(bias, sums),
      target_squares_(sums.target_squares) {
  if (!all_finite(sums.squares) || !all_finite(sums.products)) return;
  // Every rank decomposes the same matrix in the same order, and so gets the same bits.
  const Eigen::SelfAdjointEigenSolver<Matrix> solver(Eigen::Map<const Matrix>(sums.squares.data(), neurons, neurons));
  if (solver.info() != Eigen::Success) return;
  values_.assign(solver.eigenvalues().data(), solver.eigenvalues().data() + neurons);
  vectors_ = std::move(sums.squares);  // whose memory is large enough
  std::copy_n(solver.eigenvectors().data(), n_ * n_, vectors_.begin());
  for (std::size_t m = 0; m < all_squares_.size(); ++m) {
    const auto p = numbers_of(sums.products, m, n_);
    for (std::size_t k = 0; k < n_; ++k) along_.push_back(sum_of_products(numbers_of(vectors_, k, n_), p));
  }
}

Real Spectrum::gain(std::size_t k, Real lambda) const noexcept {
  if (lambda > 0) return 1 / (std::max(values_[k], Real{0}) + lambda);
  const Real known = static_cast<Real>(n_) * epsilon * values_.back();
  return values_[k] > known ? 1 / values_[k] : 0;
}

Solution Spectrum::solve(Real lambda) const {
  const std::size_t outputs = all_squares_.size();
  if (values_.empty()) return no_solution(outputs);
  Solution solution{std::vector<Real>(outputs * n_), {}, {}};
  for (std::size_t m = 0; m < outputs; ++m) {
    const auto weights = std::span(solution.weights).subspan(m * n_, n_);
    Real explained = 0;
    Real length = 0;
    for (std::size_t k = 0; k < n_; ++k) {
      const Real g = gain(k, lambda);
      const Real along = along_[m * n_ + k];
      explained += g * along * along * (2 - g * std::max(values_[k], Real{0}));
      length += g * along * (g * along);
      add_scaled(g * along, numbers_of(vectors_, k, n_), weights);
    }
    add_error(solution, all_squares_[m], target_squares_[m], explained, values_.back(), length);
    intercept_.set(weights, m);
  }
  return solution;
}

}  // namespace bayres::core
