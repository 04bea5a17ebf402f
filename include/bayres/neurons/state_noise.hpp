#pragma once
/// \file
/// Noise on the states of one rank's neurons.

#include "bayres/core/aligned.hpp"
#include "bayres/neurons/neurons.hpp"

namespace bayres::model {

/// xi of each step in units of the neurons' own noise: with the standard deviation `always` in every step and, beside
/// it, `training` in steps of training. Neurons multiply it by `unit`.
class StateNoise {
 public:
  StateNoise(Real always, Real training, core::Range own);
  /// Of a step (own), until the next call; none if there is none.
  [[nodiscard]] std::span<const Real> draw(const core::Philox& random, Index step, bool trains) noexcept;
  [[nodiscard]] static Real unit(Real always, Real training) noexcept { return always > 0 ? always : training; }

 private:
  Real always_;
  Real training_;
  core::Range own_;
  core::AlignedVector<Real> noise_;       // own, or empty
  core::AlignedVector<Real> more_noise_;  // that of training: own, or empty
};

}  // namespace bayres::model
