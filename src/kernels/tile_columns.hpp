#pragma once
/// \file
/// Columns of tiles in vectors. Included by the files that instantiate products with tiles for a type of weights.

#include <type_traits>

#include "bayres/kernels/dispatch.hpp"
#include "bayres/kernels/kernels.hpp"

// Each file has its own copy, compiled with the options of that file.
namespace bayres::core::kernels {
namespace {

/// Loads one column of V vectors of N rows each, from the first of the rows on, converted for arithmetic.
/// \{
template <Index N, Index V, class T, class Numbers>
requires std::is_arithmetic_v<T> BAYRES_INLINE void load_column(const T* column, Numbers (&out)[std::size_t{V}]) {
  for (Index v = 0; v < V; ++v) {
    Vector<T, N> narrow;
    load(column + v * N, narrow);
    widen(narrow, out[v]);
  }
}
template <Index N, Index V, class Numbers>
BAYRES_INLINE void load_column(const Bfloat16* column, Numbers (&out)[std::size_t{V}]) {
  using Words = Vector<std::uint32_t, N>;
  for (Index v = 0; v < V / 2; ++v) {
    Words words;
    load(reinterpret_cast<const std::uint32_t*>(column) + v * N, words);
    widen(reinterpret_cast<Vector<float, N>>(words << 16U), out[v]);
    widen(reinterpret_cast<Vector<float, N>>(words & 0xffff0000U), out[v + V / 2]);
  }
}
/// \}

/// The first row of vector v, if the rows of a pass begin with `first`.
template <class Weight, Index N, Index V>
constexpr Index row_of_vector(Index first, Index v) {
  if constexpr (sizeof(Weight) == sizeof(Bfloat16)) {
    return v < V / 2 ? first / 2 + v * N : tile_rows / 2 + first / 2 + (v - V / 2) * N;
  }
  return first + v * N;
}

}  // namespace
}  // namespace bayres::core::kernels
