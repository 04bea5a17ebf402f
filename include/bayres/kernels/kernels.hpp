#pragma once
/// \file
/// The most expensive products, with a fixed order of additions: bits depend neither on the number of ranks nor on the
/// instruction set.
///
/// Every function is compiled for several instruction sets, and the widest one is chosen when the program starts.
/// Multiplications and additions are contracted only where that changes no bit, so that all instruction sets round
/// alike. A matrix may be read forwards or backwards: if the direction alternates, a product begins with the data that
/// the last one left in the cache.
///
/// Products and sums are computed in the type T of the rates. Weights have this type or a narrower one. Narrower
/// weights are widened first, so that the result has the bits of the same weights stored in the wider type.

#include <cstdint>
#include <string_view>

#include "bayres/core/partition.hpp"
#include "bayres/core/precision.hpp"
#include "bayres/core/types.hpp"

namespace bayres::core::kernels {

/// Rows of a tile: those of one block of the partition of neurons.
inline constexpr Index tile_rows = 64;

/// Columns of a chunk: products are summed within chunks, and the sums of the chunks are added in order. This bounds
/// rounding: the error of a sum over n columns in arithmetic of unit roundoff u is at most about
/// (chunk + n/chunk) u sum |J r|, for any order of rows and any number of vectors.
inline constexpr Index chunk_columns = 256;

/// `count` vectors to be multiplied by one matrix, which is read once. Inputs are `in_stride` apart, results
/// `out_stride`.
template <class T>
struct Vectors {
  Index count = 1;
  const T* in = nullptr;
  Index in_stride = 0;
  Real* out = nullptr;
  Index out_stride = 0;
};

/// Position of a row's weight among the 64 of its tile and column. A tile is stored column by column, so that a vector
/// register holds one column of several rows and no sum goes across a register. In bfloat16, rows i and i + 32 share a
/// word of 32 bits, from which a shift or a mask gives a float32.
template <class Weight>
[[nodiscard]] constexpr Index place_in_tile(Index row) noexcept {
  if constexpr (sizeof(Weight) == sizeof(Bfloat16)) return row < 32 ? 2 * row : 2 * (row - 32) + 1;
  return row;
}

/// out[row] = sum_j J[row, j] in[j] for `rows` rows, in tiles of 64 rows x `columns`; the last tile is padded with
/// zeros. Tiles start on a cache line. A row's bits depend neither on the other rows nor on the other vectors.
template <class Weight, class T>
void tiled_product(const Weight* tiles, Index rows, Index columns, bool backwards, const Vectors<T>& vectors) noexcept;

/// Rows of a sparse matrix within one block of columns: row i has entries [row_start[i], row_start[i + 1]), with
/// columns relative to the first of the block. A block has fewer than 2^32 entries. `sparse_reach` entries after the
/// last are read but not used; their columns must exist.
template <class Weight>
struct SparseBlock {
  const std::uint32_t* row_start = nullptr;
  const std::uint16_t* columns = nullptr;
  const Weight* values = nullptr;
  Index rows = 0;
};

inline constexpr Index sparse_reach = 8;

/// out[row] += sum_k values[k] in[columns[k]] over the row's entries, in eight interleaved lanes that are added
/// pairwise; `vectors.in` begins with the block's first column.
template <class Weight, class T>
void sparse_product(const SparseBlock<Weight>& block, bool backwards, const Vectors<T>& vectors) noexcept;

/// The same to the bit, for interleaved vectors: in[column * in_stride + vector]. Up to `side_by_side_reach` numbers
/// after the last are read but not used.
template <class Weight, class T>
void sparse_product_side_by_side(const SparseBlock<Weight>& block, bool backwards, const Vectors<T>& vectors) noexcept;
inline constexpr Index side_by_side_reach = 16;

/// `rows` rows (a multiple of `panel_padding`) of a matrix stored column by column, columns `stride` apart. No
/// alignment is needed.
template <class T>
struct Panel {
  T* values = nullptr;
  Index stride = 0;
  Index rows = 0;
  Index columns = 0;
};
inline constexpr Index panel_padding = 8;

/// Vectors k_s, s = 0 .. count - 1, `stride` apart: `row` holds their entries for the rows of a panel, padded to a
/// multiple of `panel_padding`; `column` those for its columns.
struct Downdates {
  Index count = 0;
  Index stride = 0;
  const Real* row = nullptr;
  const Real* column = nullptr;
};

/// A[i, j] -= k_s[i] k_s[j] for each s in order, then out[i] = sum_j A[i, j] in[j] in the order of `tiled_product`; A
/// is read once. A symmetric matrix stays symmetric to the bit. In float32 A is rounded once all k_s are subtracted,
/// and what is multiplied is what is stored.
template <class T>
void downdate_and_multiply(const Panel<T>& panel, const Downdates& downdates, const Real* in, Real* out) noexcept;

/// Vectors v_s, s = 0 .. count - 1, with room for `room`, in strips of `stripped_width` entries: a strip of all of them
/// is contiguous. The last strip is padded.
struct Stripped {
  const Real* values = nullptr;
  Index room = 0;
  Index count = 0;
};
inline constexpr Index stripped_width = 32;

/// Position of v_s[entry].
[[nodiscard]] constexpr Index place_in_strips(Index entry, Index s, Index room) noexcept {
  return (entry / stripped_width * room + s) * stripped_width + entry % stripped_width;
}

/// matrix[i, j] += v_s[i] v_s[j] for each s in order, for the rows `own` of a matrix of so many columns, from a
/// multiple of 4 on. The bits are those of one update for each s, each product rounded first: a symmetric matrix stays
/// symmetric to the bit, and it does not matter how many vectors are added at once.
void add_outer_products(Real* matrix, Range own, Index columns, const Stripped& vectors) noexcept;

/// The sum of `count` numbers, read forwards or backwards at full memory speed, to measure this speed.
[[nodiscard]] Real read_all(const Real* values, Index count, bool backwards) noexcept;

}  // namespace bayres::core::kernels
