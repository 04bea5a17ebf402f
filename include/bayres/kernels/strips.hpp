#pragma once
/// \file
/// Sums over time of products of many columns, with a fixed order of additions: bits depend neither on the ranks nor on
/// the instruction set.
///
/// Columns, such as the rates of neurons, are stored in strips of 16: the value of column c at time t is
/// strip[16 t + c]. Every sum below starts from 0 at the first of `rows` times, adds the products in order of time, and
/// is then added to `sums`.

#include "bayres/core/types.hpp"

namespace bayres::core::kernels {

/// Columns of a strip.
inline constexpr Index strip_width = 16;

/// Times whose products are summed before such sums are added in order. This bounds rounding, as chunk_columns does in
/// kernels.hpp.
inline constexpr Index strip_rows = 128;

/// sums[16 a + b] += sum_t left[t, a] right[t, b] for every pair of columns of two strips.
void add_strip_products(const Real* left, const Real* right, Index rows, Real* sums) noexcept;

/// sums[16 k + c] += sum_t strip[t, c] strip[t - k, c] for the lags k = 0..lags. `rows` is even, and the `lags`
/// times before `strip` must exist.
void add_lagged_products(const Real* strip, Index rows, Index lags, Real* sums) noexcept;

}  // namespace bayres::core::kernels
