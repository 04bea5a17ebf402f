#pragma once
/// \file
/// The random diagonals of a J that is a product of transforms.

#include <cstdint>
#include <vector>

#include "bayres/core/aligned.hpp"
#include "bayres/kernels/random.hpp"

namespace bayres::model {

using core::Index;
using core::Real;

/// Which of them. Results depend on these numbers, which are those of rows of draws: never change them.
enum class DiagonalNumber : Index { first = 0, last = 1, middle = 2, order = 3 };

/// 2^bits random signs, as bits: pure functions of the seed.
[[nodiscard]] std::vector<std::uint64_t> draw_signs(const core::Philox& random, DiagonalNumber which, Index bits);

/// 2^bits numbers with random signs, whose moduli are quantiles of the density sqrt(4 - x^2)/pi on [0, 2] in random
/// order, each of up to 4,096 equally often. Their mean square is 1. Pure functions of the seed.
template <class T>
[[nodiscard]] core::AlignedVector<T> draw_quarter_circle(const core::Philox& random, Index bits);

}  // namespace bayres::model
