#pragma once
/// \file
/// Eigenvalues of small matrices in Hessenberg form.

#include <Eigen/Core>
#include <complex>
#include <vector>

#include "bayres/core/types.hpp"

namespace bayres::sim {

using core::Index;
using core::Real;

/// Eigenvalues of the first `size` rows and columns of H, which is upper Hessenberg; empty if they are not found.
[[nodiscard]] std::vector<std::complex<Real>> eigenvalues_of(const Eigen::MatrixXd& H, Index size);

/// |y_n| / |y| of the eigenvector y of an eigenvalue of the first n = `size` rows and columns of H.
[[nodiscard]] Real last_component(const Eigen::MatrixXd& H, Index size, std::complex<Real> eigenvalue);

}  // namespace bayres::sim
