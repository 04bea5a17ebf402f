#pragma once
/// \file
/// The solution of least squares from sums over steps, for any penalty of the weights.

#include "bayres/regression/gram.hpp"

namespace bayres::core {

/// w = (G + lambda I)^-1 p.
struct Solution {
  std::vector<Real> weights;  ///< outputs x N; empty if a sum is not finite
  /// sum (z* - w.r)^2 over the steps, and what rounding may make of it, as parts of sum z*^2 (outputs). It is a small
  /// difference of sums: the rounding of G alone contributes about epsilon trace(G) |w|^2.
  /// \{
  std::vector<Real> error;
  std::vector<Real> rounding;
  /// \}
};

/// The weight of a neuron that is always 1, which is not penalised. Of no neuron if it is -1.
class Intercept {
 public:
  /// Leaves of the sums what is left once the best intercept, for given other weights, is subtracted.
  Intercept(Index bias, GramSums& sums);
  /// Sets the intercept of a readout, given its other weights (N).
  void set(std::span<Real> weights, std::size_t output) const;

 private:
  std::size_t bias_ = 0;
  std::vector<Real> row_;       // sum r r_bias (N), or empty if there is none
  std::vector<Real> products_;  // sum z* r_bias (outputs)
};

/// From this lambda on, a Cholesky factorisation is exact to about 1e-8, and is what `solve` uses.
[[nodiscard]] Real direct_from(const GramSums& sums, Index neurons);

/// By a Cholesky factorisation.
[[nodiscard]] Solution solve(GramSums sums, Index neurons, Index bias, Real lambda);

/// The eigenvalues d_k and eigenvectors of G, and c_k, what p is along them: w = sum_k v_k c_k/(d_k + lambda), for
/// every lambda.
///
/// Computed once, in a fixed order. A d_k that rounding has made negative counts as 0. With lambda = 0, directions are
/// left out whose d_k is at most N epsilon max d, and so may be rounding alone.
class Spectrum {
 public:
  Spectrum(GramSums sums, Index neurons, Index bias);
  [[nodiscard]] Solution solve(Real lambda) const;
  /// `direct_from` of the sums.
  [[nodiscard]] Real reaches() const noexcept { return reaches_; }

 private:
  /// 1/(d_k + lambda), or 0 if direction k is left out.
  [[nodiscard]] Real gain(std::size_t k, Real lambda) const noexcept;

  std::size_t n_;
  Real reaches_;
  std::vector<Real> all_squares_;  // outputs: sum z*^2
  Intercept intercept_;
  std::vector<Real> target_squares_;  // outputs: what the intercept leaves of it
  std::vector<Real> values_;          // d, ascending; empty if there are none
  std::vector<Real> vectors_;         // v_k: N numbers each
  std::vector<Real> along_;           // c: outputs x N
};

}  // namespace bayres::core
