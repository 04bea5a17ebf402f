#pragma once
/// \file
/// Transforms by plain loops over single numbers, as the definition says.

#include "bayres/transforms/hadamard.hpp"

namespace bayres::model {

[[nodiscard]] inline bool changes_sign(SignBits signs, Index i) { return (signs[i / 64] >> (i % 64) & 1U) != 0; }

/// Of the numbers v (size), the first of which is number `first` of all.
template <class T>
void change_signs(SignBits signs, Index first, Index size, T* v) {
  for (Index i = 0; i < size; ++i) v[i] = changes_sign(signs, first + i) ? -v[i] : v[i];
}

/// One bit of the index.
template <class T>
void butterflies(T* v, Index size, Index step) {
  for (Index first = 0; first < size; first += 2 * step) {
    for (Index i = first; i < first + step; ++i) {
      const T difference = v[i] - v[i + step];
      v[i] += v[i + step];
      v[i + step] = difference;
    }
  }
}

template <class T>
void all_bits_up(T* v, Index size) {
  for (Index step = 1; step < size; step *= 2) butterflies(v, size, step);
}
template <class T>
void all_bits_down(T* v, Index size) {
  for (Index step = size / 2; step > 0; step /= 2) butterflies(v, size, step);
}

}  // namespace bayres::model
