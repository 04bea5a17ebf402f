#pragma once
/// \file
/// The reservoir's parameters.

#include <array>
#include <string>
#include <vector>

#include "bayres/core/parameter.hpp"

namespace bayres::model {

using core::Index;
using core::Real;

/// Section [reservoir]: a rate reservoir of leaky tanh neurons,
/// x(t) = x(t-1) + leak (-x(t-1) + J r(t-1) + W_in u(t) + W_fb y(t-1) + b) + noise sqrt(leak) xi(t), r = tanh(x).
struct ReservoirParameters {
  Index size = 1000;
  Real gain = 1.5;
  Real connectivity = 0.1;
  Real tau = 1.0;
  Real dt = 0.1;
  Real noise = 0.0;
  Real bias_scale = 0.0;
  Real input_scale = 1.0;
  Real feedback_scale = 1.0;
  Real initial_scale = 0.5;
  std::string structure = "random";
  std::string storage = "auto";
  std::string weight_type = "auto";
  std::string network;
  std::string network_learner;
  std::vector<std::string> clamp;

  /// Fraction by which a state approaches its input in one step: dt / tau.
  [[nodiscard]] Real leak() const noexcept { return dt / tau; }

  static constexpr auto parameters() {
    using P = core::Parameter<ReservoirParameters>;
    using R = ReservoirParameters;
    return std::array{
        P{"size",
          &R::size,
          "1",
          "number of neurons N; not needed with reservoir.network, whose file says",
          {.low = 1, .high = 2147483647}},
        P{"gain", &R::gain, "1", "g: recurrent weights are Normal(0, g^2/(p N))", core::non_negative},
        P{"connectivity", &R::connectivity, "1", "p: probability of a connection; 1 is all to all",
          core::between(1e-9, 1)},
        P{"tau", &R::tau, "time", "time constant of a neuron; its unit is the unit of every time", core::positive},
        P{"dt", &R::dt, "time", "time step, at most tau", core::positive},
        P{"noise", &R::noise, "1", "standard deviation of the state noise", core::non_negative},
        P{"bias_scale", &R::bias_scale, "1", "biases are uniform in [-1, 1] times this", core::non_negative},
        P{"input_scale", &R::input_scale, "1", "input weights are uniform in [-1, 1] times this", core::non_negative},
        P{"feedback_scale", &R::feedback_scale, "1", "feedback weights are uniform in [-1, 1] times this",
          core::non_negative},
        P{"initial_scale", &R::initial_scale, "1", "x(0) is Normal(0, 1) times this", core::non_negative},
        P{"structure", &R::structure, "1", "which neurons are connected, and how"},
        P::word("storage", &R::storage, "auto|dense|sparse",
                "how J is stored: auto is sparse (CSR) or dense, whichever is faster for the size, connectivity and "
                "precision"),
        P::word("weight_type", &R::weight_type, "auto|float64|float32|bfloat16",
                "type on whose grid J is drawn and in which it is stored: auto is that of run.precision; with double, "
                "float32 and bfloat16 take half and a quarter of the memory, and sums stay in double"),
        P{"network", &R::network, "file",
          "HDF5 file with a network to use: in group /network or at the root J (N x N), or J_indptr, J_indices and "
          "J_data "
          "(CSR, a row for each neuron that hears); and W_in (N x inputs), W_fb (N x outputs), bias (N), x0 (N), which "
          "are drawn if there is J alone"},
        P{"network_learner", &R::network_learner, "1",
          "of a result whose learners learned J: the learner whose network is used; none: that before learning"},
        P{"clamp", &R::clamp, "1",
          "neurons whose rates are held at all times, as NEURON:RATE, ..., such as 1:1, 10:1, 11:-1; others hear them "
          "as "
          "biases"},
    };
  }
};

}  // namespace bayres::model
