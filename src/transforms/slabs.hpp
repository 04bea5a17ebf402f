#pragma once
/// \file
/// Parts of the three transforms on whole rows, or whole columns, of their vector as a matrix.

#include "bayres/transforms/hadamard.hpp"

namespace bayres::model {

/// The matrix: the lower floor(bits/2) bits of the index are the column's number, the others the row's.
struct SquareLayout {
  explicit SquareLayout(Index bits) : columns(Index{1} << (bits / 2)), rows(Index{1} << (bits - bits / 2)) {}
  Index columns;
  Index rows;
};

/// H1 within rows, with D1; H1 across rows, D2 and H2 across rows; H2, D3 and H3 within rows; H3 across rows.
enum class SlabStep { first_rows, first_columns, last_rows, last_columns };

/// One of them, in place, on the rows or columns `some`: `values` are these rows, one after the other; or all rows of
/// these columns, whose number is a multiple of `slab_columns<T>`. `count`: of all rates, behind which are zeros.
/// `work` has `slab_work<T>(bits)` elements. In the order of the names, they make the bits of `transform`.
template <class T, class Diagonal>
void slab_step(SlabStep step, const ThreeTransforms<Diagonal>& three, core::Range some, Index count, T* values,
               T* work) noexcept;

/// Columns of a slab come in cache lines.
template <class T>
constexpr Index slab_columns = 64 / Index{sizeof(T)};

template <class T>
[[nodiscard]] Index slab_work(Index bits) noexcept;

}  // namespace bayres::model
