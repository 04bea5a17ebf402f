#pragma once
/// \file
/// What a neuron does in one time step: a leaky integrator with a tanh rate.

#include <span>

#include "bayres/core/random.hpp"
#include "bayres/model/network.hpp"

namespace bayres::model {

/// What drives one rank's neurons in one step.
struct Drive {
  std::span<const Real> recurrent;  ///< J r(t-1): own
  std::span<const Real> input;      ///< u(t): inputs
  std::span<const Real> feedback;   ///< y(t-1): outputs
  std::span<const Real> noise;      ///< xi(t): own; empty without noise
};

/// x(t) from x(t-1), in place:
/// x += leak (-x + J r + W_in u + W_fb y + b) + noise sqrt(leak) xi. Allocates nothing.
void advance_state(const Network&, const Drive&, std::span<Real> state) noexcept;

/// r = tanh(x), element by element, on the grid of the precision.
void rates_of(core::Precision precision, std::span<const Real> state, std::span<Real> rates) noexcept;

/// xi(t) for the neurons `own` at a step: standard normals, a pure function of (seed, step, neuron).
/// `own` starts on a block of the partition.
void draw_noise(const core::Philox&, Index step, core::Range own, std::span<Real> noise) noexcept;

}  // namespace bayres::model
