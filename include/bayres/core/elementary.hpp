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

/// Numbers whose 64 bits are random, taken as words, become uniforms in (0, 1), in place: of their upper 53 bits, the
/// last one always 1, as r123::u01fixedpt makes them.
void uniforms_from_words(std::span<Real> words) noexcept;

/// x[i] = 1 + floor(ln x[i] / log_failure): of uniforms in (0, 1) the numbers of the first successes, in place, where
/// log_failure is the logarithm of the probability of a failure.
void geometric_from_uniforms(std::span<Real> x, Real log_failure) noexcept;

/// Box-Muller: pairs (u, v) of uniforms in (0, 1) become pairs of standard normals
/// sqrt(-2 ln u) (cos 2 pi v, sin 2 pi v), in place. An even number of them.
void normals_from_uniforms(std::span<Real> pairs) noexcept;

}  // namespace bayres::core
