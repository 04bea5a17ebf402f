#pragma once
/// \file
/// Sums over time of products of many columns, with a fixed order of additions: bits depend neither on the ranks nor on
/// the instruction set.
///
/// Columns, such as the rates of neurons, stand in strips of 16: the number of column c at time t of a strip is
/// strip[16 t + c]. Every sum below starts from 0 at the first of `rows` times, takes the products in the order of
/// time, and is then added to what stands in `sums`.

#include "bayres/core/types.hpp"

namespace bayres::core::kernels {

/// Columns of a strip.
inline constexpr Index strip_width = 16;

/// Times whose products are added up by themselves before such sums are added in order; it bounds rounding, as
/// chunk_columns does in kernels.hpp.
inline constexpr Index strip_rows = 128;

/// sums[16 a + b] += sum_t left[t, a] right[t, b] for every pair of columns of two strips.
void add_strip_products(const Real* left, const Real* right, Index rows, Real* sums) noexcept;

/// sums[16 k + c] += sum_t strip[t, c] strip[t - k, c] for the lags k = 0..lags. `lags` times stand before `strip`.
void add_lagged_products(const Real* strip, Index rows, Index lags, Real* sums) noexcept;

}  // namespace bayres::core::kernels
