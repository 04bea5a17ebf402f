#pragma once
/// \file
/// Operations of a time step that all neuron models share. Bits depend neither on the instruction set nor on the number
/// of neurons.

#include <array>
#include <span>

#include "bayres/core/precision.hpp"

namespace bayres::model {

using core::Index;
using core::Real;

/// Signals to all neurons, and their weights (neurons x signals, row-major).
struct Projection {
  std::span<const Real> weights;
  std::span<const Real> signals;
};

/// Inputs to neurons in one step of leaky integration.
struct LeakyStep {
  std::span<const Real> recurrent;  ///< neurons
  std::span<const Real> bias;       ///< neurons
  std::array<Projection, 2> projections;
  Real leak = 1;                ///< of all neurons
  std::span<const Real> noise;  ///< neurons; empty without noise
  Real noise_scale = 0;
  std::span<const Real> leaks = {};         ///< neurons; or empty: all have `leak` and `noise_scale`
  std::span<const Real> noise_scales = {};  ///< neurons; or empty
};

/// state += leak (-state + recurrent + bias + weights signals) + noise_scale noise, added in this order.
void integrate(const LeakyStep& step, std::span<Real> state) noexcept;

/// Rounds rates to the grid of a precision, in place.
void round_rates(core::Precision precision, std::span<Real> rates) noexcept;

}  // namespace bayres::model
