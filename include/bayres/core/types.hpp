#pragma once
/// \file
/// The number types of the whole program, kept in one place.

#include <cstdint>

namespace bayres::core {

/// Scalar of states, weights and signals. Narrower types change this line and the HDF5 type beside it.
using Real = double;

/// Neuron, synapse, step and block numbers. Signed, so that differences are safe.
using Index = std::int64_t;

}  // namespace bayres::core
