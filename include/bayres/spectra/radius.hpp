#pragma once
/// \file
/// The spectral radius of J.

#include "bayres/comm/communicator.hpp"
#include "bayres/model/connections.hpp"

namespace bayres::sim {

using core::Index;
using core::Real;

/// What is found of the eigenvalues of shift I + scale J.
struct SpectralRadius {
  Real value = 0;      ///< the largest modulus of an eigenvalue
  Index products = 0;  ///< with J that were needed
};

/// The eigenvalue is accepted once the residual of its eigenvector, |M x - lambda x|, is at most this share of
/// |lambda| |x|. The modulus found then differs from the true one by about as much where J is well conditioned.
inline constexpr Real radius_tolerance = 1e-10;

/// Of a matrix with the rows that `J` has on this rank, of a partition of its neurons over the ranks of `comm`: by
/// Arnoldi's method, from a vector that powers of J have turned to the largest eigenvalues. Sums are over blocks of 64
/// neurons in global order: the same bits on any number of ranks. 0 for a J without cycles, whose powers vanish. Throws
/// core::Error on every rank if no eigenvalue is found in a space of 1,000 dimensions. Collective.
///
/// Source: Saad 2011, Numerical methods for large eigenvalue problems, ch. 6; orthogonalised twice, as by Giraud,
/// Langou & Rozloznik 2005, Comput Math Appl 50:1069.
[[nodiscard]] SpectralRadius spectral_radius(const model::Connectivity& J, Index neurons,
                                             const comm::Communicator& comm, Real shift = 0, Real scale = 1);

/// The gain with which J has the radius reservoir.spectral_radius, rounded to 10 digits, so that it can be set in place
/// of the radius: then J has the same bits. reservoir.gain where no radius is set. Throws core::Error on every rank if
/// the radius is 0 whatever the gain. Collective.
[[nodiscard]] Real gain_for_radius(const model::ConnectionChoice& connections,
                                   const model::ReservoirParameters& reservoir, core::Precision precision,
                                   const core::Philox& random, const comm::Communicator& comm);

/// Memory of the search on a rank with `own` of the neurons, in bytes, of a J that needs no more than 150 dimensions.
[[nodiscard]] Real search_bytes(Index own, Index neurons) noexcept;

}  // namespace bayres::sim
