#pragma once
/// \file
/// Exact solution, over one time step, of the linear equations of a membrane and its synapses.

#include <span>

#include "bayres/core/types.hpp"

namespace bayres::model {

using core::Index;
using core::Real;

/// exp(-x) differenced over n points: f[x_0] = f(x_0), f[x_0, ..., x_k] = (f[x_1, ..., x_k] - f[x_0, ..., x_k-1]) /
/// (x_k - x_0), without loss of digits however near the points are, equal ones included. `points` (1 to 3), in any
/// order. Source: de Boor 2005, Surveys in Approximation Theory 1:46-69.
[[nodiscard]] Real exp_difference(std::span<const Real> points);

/// Time constants of a membrane and of its synapses, in the unit of the time step.
struct TimeConstants {
  Real membrane = 10;
  Real rise = 2;  ///< 0: a spike acts at once, and decays
  Real decay = 20;
};

/// What becomes in a time step of h' = -h/decay, I' = (h - I)/rise and V' = (I - V)/membrane, V' = (c - V)/membrane
/// for a constant current c: V <- keep_V V + V_from_I I + V_from_h h + V_from_current c; I <- keep_I I + I_from_h h;
/// h <- keep_h h. Source: Rotter & Diesmann 1999, Biol Cybern 81:381-402.
struct Propagators {
  Real keep_V = 0;
  Real V_from_I = 0;
  Real V_from_h = 0;
  Real V_from_current = 0;
  Real keep_I = 0;
  Real I_from_h = 0;
  Real keep_h = 0;

  /// For time constants of any sizes, equal ones included.
  Propagators(const TimeConstants& tau, Real dt);
};

}  // namespace bayres::model
