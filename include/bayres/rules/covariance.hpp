#pragma once
/// \file
/// Posterior covariances, to which several rank-one downdates are applied at once.

#include <algorithm>
#include <span>

#include "bayres/core/partition.hpp"
#include "bayres/kernels/block_sum.hpp"
#include "bayres/kernels/kernels.hpp"

namespace bayres::rules {

using core::Index;
using core::Range;
using core::Real;

/// Rows of a symmetric matrix A - sum_s k_s k_s^T, with A in memory and the downdates k_s pending.
///
/// A new k needs the product with the whole matrix: A r, and a correction of a few numbers for each pending downdate.
/// When the maximum number of downdates is pending, they are applied in the same pass over A as the product, so that A
/// is read about once per update. With more than one pending, a prior variance of more than about 1e12 times the
/// posterior one is lost to rounding, instead of 1e16 times. The struct gives the layout; the caller holds the numbers,
/// so that a rule can store many small matrices contiguously. Bits depend neither on which rows are together nor on the
/// ranks.
struct CovarianceRows {
  Index size = 0;  ///< of the whole matrix
  Range rows;      ///< the rows on this rank

  /// A number of rows, padded for the kernels.
  [[nodiscard]] static constexpr Index padded(Index n) noexcept {
    constexpr Index unit = core::kernels::panel_padding;
    return (n + unit - 1) / unit * unit;
  }
  /// Maximum number of pending downdates. One, which the next product applies, is enough for a matrix that stays in the
  /// cache; larger matrices are written less often. It depends only on the size, because bits depend on it.
  [[nodiscard]] static constexpr Index room(Index size) noexcept {
    constexpr Index cached = 16'000'000 / sizeof(Real);
    return size <= cached / size ? 1 : 8;
  }

  /// Size of A for these rows, and of `count` downdates.
  /// \{
  [[nodiscard]] Index value_count() const noexcept { return padded(rows.size()) * size; }
  [[nodiscard]] Index pending_count(Index count) const noexcept { return count * padded(size); }
  /// \}

  /// Position of A_ij, with i among the rows.
  [[nodiscard]] std::size_t place(Index i, Index j) const noexcept {
    constexpr Index tile = core::kernels::tile_rows;
    const Index row = i - rows.first;
    const Index first = row / tile * tile;
    const Index height = std::min(tile, padded(rows.size() - first));
    return static_cast<std::size_t>(first * size + j * height + row - first);
  }

  /// c = 1/(1 + r.k), k = A r. A covariance has r.k >= 0; if rounding makes it negative, c = 0 and the update changes
  /// nothing.
  [[nodiscard]] static Real scale(std::span<const Real> r, std::span<const Real> k) noexcept {
    const Real variance = core::blocked_dot(r, k, core::Partition::block_size);
    return variance < 0 ? 0 : 1 / (1 + variance);
  }

  /// A_ij - sum_s k_s,i k_s,j.
  [[nodiscard]] Real at(Index i, Index j, std::span<const Real> values, std::span<const Real> pending,
                        Index count) const noexcept;

  /// out = (A - sum_s k_s k_s^T) r for the rows: `r` (size), `out` (rows). With `apply`, A absorbs the downdates.
  void multiply(std::span<Real> values, std::span<const Real> pending, Index count, bool apply, std::span<const Real> r,
                std::span<Real> out) const noexcept;

  /// Adds the downdate number `count`: k_count = factor k.
  void add(std::span<Real> pending, Index count, Real factor, std::span<const Real> k) const noexcept {
    std::ranges::transform(k, pending.begin() + pending_count(count), [factor](Real v) { return factor * v; });
  }
};

}  // namespace bayres::rules
