#pragma once
/// \file
/// The number types of the whole program, kept in one place.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>

namespace bayres::core {

/// Scalar of states, weights and signals. Narrower types change this line and the HDF5 type beside it.
using Real = double;

/// Neuron, synapse, step and block numbers. Signed, so that differences are safe.
using Index = std::int64_t;

/// An index or number of elements as the size type of containers, and as a real number.
/// \{
[[nodiscard]] constexpr std::size_t as_size(Index n) noexcept { return static_cast<std::size_t>(n); }
[[nodiscard]] constexpr Real as_real(Index n) noexcept { return static_cast<Real>(n); }
/// \}

/// Whether any number is missing (NaN).
[[nodiscard]] inline bool lacks_any(std::span<const Real> values) noexcept {
  return std::ranges::any_of(values, [](Real value) { return std::isnan(value); });
}

}  // namespace bayres::core
