#pragma once
/// \file
/// Posterior covariances, to which several rank-one downdates are applied at once.

#include <algorithm>
#include <span>

#include "bayres/core/parameter.hpp"
#include "bayres/core/partition.hpp"
#include "bayres/kernels/block_sum.hpp"
#include "bayres/kernels/kernels.hpp"

namespace bayres::core {

/// Rows of a symmetric matrix A - sum_s k_s k_s^T, with A in memory and the downdates k_s pending.
///
/// A new k needs the product with the whole matrix: A r, and a correction of a few numbers for each pending downdate.
/// When the maximum number of downdates is pending, they are applied in the same pass over A as the product, so that A
/// is read about once per update. With more than one pending, a prior variance of more than about 1e12 times the
/// posterior one is lost to rounding, instead of 1e16 times. The struct gives the layout; the caller holds the numbers,
/// so that a rule can store many small matrices contiguously. Bits depend neither on which rows are together nor on the
/// ranks. A is in double or in float32, with half the memory: what is computed is in double in both cases, but an
/// entry is rounded to 6e-8 of itself when it is stored, and a downdate that is less is lost.
struct CovarianceRows {
  Index size = 0;  ///< of the whole matrix
  Range rows;      ///< the rows on this rank

  /// A number of rows, padded for the kernels.
  [[nodiscard]] static constexpr Index padded(Index n) noexcept {
    constexpr Index unit = kernels::panel_padding;
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
    constexpr Index tile = kernels::tile_rows;
    const Index row = i - rows.first;
    const Index first = row / tile * tile;
    const Index height = std::min(tile, padded(rows.size() - first));
    return static_cast<std::size_t>(first * size + j * height + row - first);
  }

  /// c = 1/(1 + v), v = r.A r. A covariance has v >= 0; if rounding makes it negative, c = 0 and the update changes
  /// nothing.
  [[nodiscard]] static Real gain(Real variance) noexcept { return variance < 0 ? 0 : 1 / (1 + variance); }

  /// The trace of these rows: sum_i A_ii - sum_s k_s,i^2.
  template <class T>
  [[nodiscard]] Real trace(std::span<const T> values, std::span<const Real> pending, Index count) const noexcept;

  /// A_ij - sum_s k_s,i k_s,j.
  template <class T>
  [[nodiscard]] Real at(Index i, Index j, std::span<const T> values, std::span<const Real> pending,
                        Index count) const noexcept;

  /// out = (A - sum_s k_s k_s^T) r for the rows: `r` (size), `out` (rows). With `apply`, A absorbs the downdates.
  template <class T>
  void multiply(std::span<T> values, std::span<const Real> pending, Index count, bool apply, std::span<const Real> r,
                std::span<Real> out) const noexcept;

  /// Adds the downdate number `count`: k_count = factor k.
  void add(std::span<Real> pending, Index count, Real factor, std::span<const Real> k) const noexcept {
    std::ranges::transform(k, pending.begin() + pending_count(count), [factor](Real v) { return factor * v; });
  }
};

/// A factor f of a posterior covariance f (A - sum_s k_s k_s^T) that forgets: before an update it is divided by
/// `lambda`, but only while its trace is at most that of the prior. Without this bound directions that the rates leave
/// out would grow without limit (wind-up: Astrom & Wittenmark, Adaptive Control, 1995, section 11.5). The matrix itself
/// is left alone, except that now and then a power of 4 moves from f into it, which is exact.
struct Forgetting {
  Real lambda = 1;       ///< 1: nothing is forgotten
  Real prior_trace = 0;  ///< largest trace that may grow

  /// `trace` is that of f (A - ...).
  template <class T>
  void forget(Real& factor, Real trace, std::span<T> values, std::span<Real> pending) const noexcept {
    if (!(trace <= prior_trace)) return;
    factor /= lambda;
    while (factor >= 4) {
      factor /= 4;
      for (T& value : values) value *= 4;
      for (Real& value : pending) value *= 2;
    }
  }
};

/// The key `forgetting` of a rule.
template <class Parameters>
[[nodiscard]] constexpr Parameter<Parameters> forgetting_parameter(Real Parameters::*member) {
  return {"forgetting", member, "1",
          "the covariance is divided by this before an update, while its trace is at most that of the prior; 1: not",
          between(0.01, 1)};
}

}  // namespace bayres::core
