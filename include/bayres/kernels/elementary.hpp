#pragma once
/// \file
/// The elementary functions of bayres, with the same bits on any processor and for any length and position of an array.
/// Those of the C library differ, because it chooses versions by what the processor can do. SLEEF's deterministic
/// functions are slower for single numbers, and Debian has them only as a shared library, whose version would then
/// decide the bits.
///
/// Only additions, multiplications, divisions and square roots, in the same fixed order for every element. The largest
/// errors found are 3 units in the last place (tanh), 4 (normals), 2 (log_of_rest) and 1 (all others).

#include <span>

#include "bayres/core/types.hpp"

namespace bayres::core {

/// out[i] = tanh(x[i]), for any x including infinity and NaN. May work in place.
void tanh_of(std::span<const Real> x, std::span<Real> out) noexcept;

/// x[i] = exp(x[i]) in place, for any x including infinity and NaN.
void exp_in_place(std::span<Real> x) noexcept;

/// x[i] = ln(x[i]) in place, for positive normal numbers.
void log_in_place(std::span<Real> x) noexcept;

/// The same of one number.
/// \{
[[nodiscard]] inline Real exp_of(Real x) noexcept {
  exp_in_place({&x, 1});
  return x;
}
[[nodiscard]] inline Real log_of(Real x) noexcept {
  log_in_place({&x, 1});
  return x;
}
/// \}

/// ln(1 - p), 0 <= p < 1.
[[nodiscard]] Real log_of_rest(Real p) noexcept;

/// sin and cos of 2 pi `turns`. Whole turns are removed exactly, so that `turns` may be arbitrarily large. NaN for
/// infinity and NaN.
/// \{
[[nodiscard]] Real sine_of_turns(Real turns) noexcept;
[[nodiscard]] Real cosine_of_turns(Real turns) noexcept;
/// \}

/// Converts words of 64 random bits to uniforms in (0, 1), in place: their upper 53 bits, the last one always 1, as
/// r123::u01fixedpt does.
void uniforms_from_words(std::span<Real> words) noexcept;

/// x[i] = 1 + floor(ln x[i] / log_failure) in place: converts uniforms in (0, 1) to geometric numbers, the trial of the
/// first success. log_failure is the logarithm of the probability of a failure.
void geometric_from_uniforms(std::span<Real> x, Real log_failure) noexcept;

/// Box-Muller: pairs (u, v) of uniforms in (0, 1) become pairs of standard normals
/// sqrt(-2 ln u) (cos 2 pi v, sin 2 pi v), in place. The number of elements is even.
void normals_from_uniforms(std::span<Real> pairs) noexcept;

}  // namespace bayres::core
