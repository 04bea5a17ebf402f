#pragma once
/// \file
/// The elementary functions that all of bayres uses, with the same bits whatever the processor, the number of numbers
/// and their place. The C library's have not: it chooses among versions by what the processor can do. SLEEF's
/// deterministic ones take three times as long for one number, and Debian has them as a shared library only, whose
/// version would then decide the bits.
///
/// Additions, multiplications, divisions and square roots alone, in a fixed order, for every element alike. The largest
/// errors that were found are 3 units in the last place (tanh), 4 (normals), 2 (log_of_rest) and 1 (all others).

#include <span>

#include "bayres/core/types.hpp"

namespace bayres::core {

/// out[i] = tanh(x[i]), element by element; of any number, infinite or not a number too. May work in place.
void tanh_of(std::span<const Real> x, std::span<Real> out) noexcept;

/// x[i] = exp(x[i]) in place; of any number, infinite or not a number too.
void exp_in_place(std::span<Real> x) noexcept;

/// x[i] = ln(x[i]) of normal positive numbers, in place.
void log_in_place(std::span<Real> x) noexcept;

/// ln(1 - p), 0 <= p < 1.
[[nodiscard]] Real log_of_rest(Real p) noexcept;

/// sin and cos of 2 pi times any number of turns: whole turns are taken off exactly, so that the number may be as large
/// as it likes. Not a number of one that is infinite or none.
/// \{
[[nodiscard]] Real sine_of_turns(Real turns) noexcept;
[[nodiscard]] Real cosine_of_turns(Real turns) noexcept;
/// \}

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
