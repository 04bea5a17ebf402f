#pragma once
/// \file
/// Spectra of square matrices, and how a matrix has changed. Each on one rank.

#include <span>
#include <vector>

#include "bayres/core/types.hpp"

namespace bayres::analysis {

using core::Index;
using core::Real;

/// Eigenvalues, the largest modulus first; of equal ones the larger real part, then the larger imaginary part. NaN if
/// the matrix is not finite.
struct Spectrum {
  std::vector<Real> real;
  std::vector<Real> imaginary;
  /// The largest modulus.
  [[nodiscard]] Real radius() const;
};

/// Of a matrix of `size` rows, row-major, by its real Schur form.
[[nodiscard]] Spectrum spectrum_of(std::span<const Real> matrix, Index size);

/// A change D of a matrix A, by the singular values of D.
struct Change {
  Real relative = 0;                  ///< |D| / |A|, Frobenius norms
  std::vector<Real> singular_values;  ///< of D, the largest first
  Real rank = 0;                      ///< singular values above N times the rounding error of the largest
  /// (sum s^2)^2 / sum s^4: how many singular values carry the change. NaN if there is none.
  Real effective_rank = 0;
};

/// From `before` to `after`, matrices of `size` rows, row-major; everything is NaN if one is not finite.
/// `with_singular_values`: otherwise there is only the norm.
[[nodiscard]] Change change_of(std::span<const Real> before, std::span<const Real> after, Index size,
                               bool with_singular_values);

/// Memory that the two functions need beside the matrices, in bytes.
[[nodiscard]] constexpr Index spectrum_bytes(Index size) noexcept { return 4 * size * size * Index{sizeof(Real)}; }

}  // namespace bayres::analysis
