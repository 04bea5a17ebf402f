#pragma once
/// \file
/// Operations on many readout synapses: sums of w r and the common updates of w. Bits depend neither on the instruction
/// set nor on the number of synapses.

#include <span>

#include "bayres/core/types.hpp"

namespace bayres::core {

/// sums[q] = `block_dot` of row q of `weights` and `rates`, for `sums.size()` rows `stride` apart, in one pass over the
/// rates. At most 64 rates.
void block_dots(const Real* weights, Index stride, std::span<const Real> rates, std::span<Real> sums) noexcept;

/// w_i += scale r_i.
void add_scaled(Real scale, std::span<const Real> rates, std::span<Real> weights) noexcept;

/// w_i += scale r_i / p_i.
void add_scaled_ratio(Real scale, std::span<const Real> rates, std::span<const Real> precision,
                      std::span<Real> weights) noexcept;

/// p_i += r_i^2.
void add_squares(std::span<const Real> rates, std::span<Real> precision) noexcept;

}  // namespace bayres::core
