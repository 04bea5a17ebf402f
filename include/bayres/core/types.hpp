#pragma once
/// \file
/// The number types of the whole program, kept in one place.

#include <cstddef>
#include <cstdint>

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

}  // namespace bayres::core
