#pragma once
/// \file
/// The Walsh-Hadamard transform of length M = 2^k, not normalised: (H v)_i = sum_j (-1)^(ones in i AND j) v_j, by
/// butterflies (a, b) -> (a + b, a - b), k M / 2 of them.
///
/// A butterfly is one addition and one subtraction, wherever and whenever it is made, so that bits depend only on the
/// order in which the bits of the index are gone through.

#include <cstdint>

#include "bayres/core/partition.hpp"
#include "bayres/core/precision.hpp"
#include "bayres/core/team.hpp"

namespace bayres::model {

using core::Index;
using core::Real;

/// v (2^bits) = H v, the bits of the index ascending, by plain loops.
void hadamard(Real* v, Index bits) noexcept;

/// Bit i of these words says that element i changes its sign. They have at least one word.
using SignBits = const std::uint64_t*;

/// H D3 H D2 H D1 for vectors of length 2^bits. D1 and D3 change signs; D2 does, or multiplies by numbers in double or
/// float32.
template <class Diagonal>
struct ThreeTransforms {
  Index bits = 0;
  SignBits first = nullptr;          ///< D1
  SignBits middle_signs = nullptr;   ///< D2: either these
  const Diagonal* middle = nullptr;  ///< or these
  SignBits last = nullptr;           ///< D3
};

/// v (2^bits) = H D3 H D2 H D1 r, r (count) padded with zeros. The first transform goes through the bits of the index
/// in ascending order, the second in descending, the third in ascending order. `work` has `transform_work(bits)`
/// elements. All arrays start on a cache line, but for r.
template <class T, class Diagonal>
void transform(const ThreeTransforms<Diagonal>& three, const T* r, Index count, T* v, T* work) noexcept;

/// What one rank of a team has of `count` rates: those of the neurons `own`.
template <class T>
struct OwnRates {
  const T* rates = nullptr;
  core::Range own = {};
  Index count = 0;
};

/// The same by a team, each rank a share of rows and columns: v is in the memory of all, `work` is each rank's, of
/// `transform_work(bits, ranks)` elements. For more than 7 bits. Nobody may write to v before; when it returns v is
/// complete. Collective.
template <class T, class Diagonal>
void transform(const ThreeTransforms<Diagonal>& three, const OwnRates<T>& r, core::Team& team, T* v, T* work) noexcept;

[[nodiscard]] Index transform_work(Index bits, int ranks = 1) noexcept;

/// Where an index of so many bits is found once its lower floor(bits/2) bits have changed places with the others.
[[nodiscard]] constexpr Index exchanged_halves(Index i, Index bits) noexcept {
  const Index low = bits - bits / 2;  // bits of the row of (T v)
  return ((i & ((Index{1} << low) - 1)) << (bits / 2)) | (i >> low);
}

/// out[i - own.first] = factor (T v)_i for the indices `own`, where (T v)_i = v[exchanged_halves(i, bits)].
template <class T>
void exchange_halves(const T* v, Index bits, core::Range own, Real factor, Real* out) noexcept;

}  // namespace bayres::model
