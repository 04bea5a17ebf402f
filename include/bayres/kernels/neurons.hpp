#pragma once
/// \file
/// What all neurons do alike in a time step, many at once, with the same bits whatever the instruction set and their
/// number.

#include <array>
#include <span>

#include "bayres/core/precision.hpp"

namespace bayres::core {

/// Signals that reach every neuron, and the weights by which they do (neurons x signals, row-major).
struct Projection {
  std::span<const Real> weights;
  std::span<const Real> signals;
};

/// What drives neurons in one step of leaky integration.
struct LeakyStep {
  std::span<const Real> recurrent;  ///< neurons
  std::span<const Real> bias;       ///< neurons
  std::array<Projection, 2> projections;
  Real leak = 1;
  std::span<const Real> noise;  ///< neurons, or none
  Real noise_scale = 0;
};

/// state += leak (-state + recurrent + bias + weights signals) + noise_scale noise, added up in this order.
void integrate(const LeakyStep& step, std::span<Real> state) noexcept;

/// Rounds rates to the grid of a precision, in place.
void round_rates(Precision precision, std::span<Real> rates) noexcept;

}  // namespace bayres::core
