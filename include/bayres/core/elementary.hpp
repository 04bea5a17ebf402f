#pragma once
/// \file
/// Elementary functions of many numbers at once, with the same bits whatever the instruction set, the number of
/// numbers and their place. The C library's have not: theirs depend on the processor.
///
/// Additions, multiplications, divisions and square roots alone, in a fixed order, for every element alike. The largest
/// errors that were found are 3 units in the last place (tanh), 1 (log) and 4 (normals).

#include <span>

#include "bayres/core/types.hpp"

namespace bayres::core {

/// out[i] = tanh(x[i]), element by element; of any number, infinite or not a number too. May work in place.
void tanh_of(std::span<const Real> x, std::span<Real> out) noexcept;

/// x[i] = ln(x[i]) of normal positive numbers, in place.
void log_in_place(std::span<Real> x) noexcept;

/// Box-Muller: pairs (u, v) of uniforms in (0, 1) become pairs of standard normals
/// sqrt(-2 ln u) (cos 2 pi v, sin 2 pi v), in place. An even number of them.
void normals_from_uniforms(std::span<Real> pairs) noexcept;

}  // namespace bayres::core
