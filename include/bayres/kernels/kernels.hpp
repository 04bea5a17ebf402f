#pragma once
/// \file
/// The hot products, with a fixed order of additions: bits depend neither on the ranks nor on the instruction set.
///
/// Every function is compiled for several instruction sets and the widest one is chosen when the program starts.
/// Multiplications and additions are contracted only where that changes no bit, so that all of them round alike. A
/// matrix may be read forwards or backwards: in turns, the next product begins with what the last one left in the
/// cache.
///
/// Weights are of the type T of the rates, in which products and sums are formed, or of a narrower one. A narrower
/// weight is widened before anything is done with it, so that the bits are those of the same number in a wider type.

#include <cstdint>
#include <string_view>

#include "bayres/core/precision.hpp"
#include "bayres/core/types.hpp"

namespace bayres::core::kernels {

/// Rows that stand side by side in a tile: those of one block of the partition of neurons.
inline constexpr Index tile_rows = 64;

/// Columns whose products are added up by themselves, before the sums of such chunks are added in order. It bounds
/// rounding: the error of a sum over n columns in arithmetic of unit roundoff u is at most about
/// (chunk + n/chunk) u sum |J r|, for any order of rows and any number of vectors.
inline constexpr Index chunk_columns = 256;

/// `count` vectors that one matrix multiplies, so that it is read once: inputs `in_stride` and results `out_stride`
/// apart.
template <class T>
struct Vectors {
  Index count = 1;
  const T* in = nullptr;
  Index in_stride = 0;
  Real* out = nullptr;
  Index out_stride = 0;
};

/// Where the weight of a row stands among the 64 of its tile and column. A tile is stored column by column, so that
/// a vector register holds one column of several rows, and no sum ever goes across a register. Of bfloat16, rows i and
/// i + 32 share a word of 32 bits, from which a shift or a mask makes a float32.
template <class Weight>
[[nodiscard]] constexpr Index place_in_tile(Index row) noexcept {
  if constexpr (sizeof(Weight) == sizeof(Bfloat16)) return row < 32 ? 2 * row : 2 * (row - 32) + 1;
  return row;
}

/// out[row] = sum_j J[row, j] in[j] of `rows` rows in tiles of 64 rows x `columns`, the last one filled up with zeros.
/// Tiles start on a cache line. A row's bits depend neither on the other rows nor on the other vectors.
template <class Weight, class T>
void tiled_product(const Weight* tiles, Index rows, Index columns, bool backwards, const Vectors<T>& vectors) noexcept;

/// Rows of a sparse matrix within one block of columns: row i has entries [row_start[i], row_start[i + 1]), whose
/// columns count from the first one of the block. It has fewer than 2^32 entries, and `sparse_reach` more after the
/// last one, which are read and not used: their columns must be there.
template <class Weight>
struct SparseBlock {
  const std::uint32_t* row_start = nullptr;
  const std::uint16_t* columns = nullptr;
  const Weight* values = nullptr;
  Index rows = 0;
};

inline constexpr Index sparse_reach = 8;

/// out[row] += sum_k values[k] in[columns[k]] over the row's entries, in eight interleaved lanes that are added up
/// pairwise; `vectors.in` begins with the block's first column.
template <class Weight, class T>
void sparse_product(const SparseBlock<Weight>& block, bool backwards, const Vectors<T>& vectors) noexcept;

/// The same to the bit, for vectors whose numbers stand side by side: in[column * in_stride + vector]. Up to
/// `side_by_side_reach` numbers after the last one are read too, and not used.
template <class Weight, class T>
void sparse_product_side_by_side(const SparseBlock<Weight>& block, bool backwards, const Vectors<T>& vectors) noexcept;
inline constexpr Index side_by_side_reach = 16;

/// `rows` rows (a multiple of `panel_padding`) of a matrix that is stored column by column, `stride` apart; columns and
/// `stride` begin on no particular boundary.
struct Panel {
  Real* values = nullptr;
  Index stride = 0;
  Index rows = 0;
  Index columns = 0;
};
inline constexpr Index panel_padding = 8;

/// Vectors k_s, s = 0 .. count - 1, `stride` apart: `row` holds their entries for the rows of a panel, from its first
/// one on and up to a multiple of `panel_padding`; `column` those for its columns.
struct Downdates {
  Index count = 0;
  Index stride = 0;
  const Real* row = nullptr;
  const Real* column = nullptr;
};

/// A[i, j] -= k_s[i] k_s[j] for each s in turn, then out[i] = sum_j A[i, j] in[j] in the order of `tiled_product`; A is
/// read once. A symmetric matrix stays symmetric to the bit.
void downdate_and_multiply(const Panel& panel, const Downdates& downdates, const Real* in, Real* out) noexcept;

/// matrix[row, j] -= scale (left[row] right[j]). The product of the two vectors is rounded first, so that a symmetric
/// matrix stays symmetric to the bit.
void subtract_outer(Real* matrix, Index rows, Index stride, Real scale, const Real* left, const Real* right) noexcept;

/// The sum of `count` numbers, read forwards or backwards, as fast as memory gives them: to measure that.
[[nodiscard]] Real read_all(const Real* values, Index count, bool backwards) noexcept;

/// The widest instruction set that these functions use on this machine.
[[nodiscard]] std::string_view instruction_set() noexcept;

}  // namespace bayres::core::kernels
