#pragma once
/// \file
/// The hot products, with a fixed order of additions: bits depend neither on the ranks nor on the instruction set.
///
/// Every function is compiled for several instruction sets and the best one is chosen when the program starts.
/// Each row's sum is formed in lanes that are added up in one fixed tree, whatever the width of the registers, and
/// multiply-add contraction is off, so that all of them round alike.

#include <cstdint>
#include <string_view>

#include "bayres/core/types.hpp"

namespace bayres::core::kernels {

/// Rows of dense matrices and the vectors they multiply are padded with zeros to a multiple of this.
inline constexpr Index padding = 16;
[[nodiscard]] constexpr Index padded(Index n) noexcept { return (n + padding - 1) / padding * padding; }

/// `count` vectors that one matrix multiplies, so that it is read once: inputs `in_stride` and results `out_stride`
/// apart.
struct Vectors {
  Index count = 1;
  const Real* in = nullptr;
  Index in_stride = 0;
  Real* out = nullptr;
  Index out_stride = 0;
};

/// out[row] = sum_j matrix[row, j] in[j] for `rows` rows of `stride` entries (a multiple of `padding`); matrix and
/// inputs are aligned to 64 bytes. A vector's result does not depend on the other vectors.
void dense_product(const Real* matrix, Index rows, Index stride, const Vectors& vectors) noexcept;

/// out[row] = sum_k values[k] in[columns[k]] for k in [row_start[row], row_start[row + 1]).
void sparse_product(const Index* row_start, const std::uint32_t* columns, const Real* values, Index rows,
                    const Vectors& vectors) noexcept;

/// out = matrix vector for a symmetric size x size matrix without padding: columns are added up in order.
void symmetric_product(const Real* matrix, Index size, const Real* vector, Real* out) noexcept;

/// matrix[row, j] -= scale (left[row] right[j]): the rank-one step of recursive least squares. The product of the two
/// vectors is rounded first, so that a symmetric matrix stays symmetric to the bit.
void subtract_outer(Real* matrix, Index rows, Index stride, Real scale, const Real* left, const Real* right) noexcept;

/// The widest instruction set that these functions use on this machine.
[[nodiscard]] std::string_view instruction_set() noexcept;

}  // namespace bayres::core::kernels
