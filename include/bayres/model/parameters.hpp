#pragma once
/// \file
/// The reservoir's parameters.

#include <array>
#include <string>
#include <vector>

#include "bayres/core/parameter.hpp"
#include "bayres/core/text.hpp"

namespace bayres::model {

using core::Index;
using core::Real;

/// Section [reservoir]: a rate reservoir of leaky tanh neurons,
/// x(t) = x(t-1) + leak (-x(t-1) + J r(t-1) + W_in u(t) + W_fb y(t-1) + b) + noise sqrt(leak) xi(t), r = tanh(x).
struct ReservoirParameters {
  Index size = 1000;
  Real gain = 1.5;
  Real spectral_radius = core::automatic;
  Real connectivity = 0.1;
  std::string tau = "1";
  Real dt = 0.1;
  Real noise = 0.0;
  Real bias_scale = 0.0;
  std::vector<Real> input_scale = {1.0};
  Real input_connectivity = 1.0;
  Real feedback_scale = 1.0;
  Real initial_scale = core::automatic;
  Real fraction_excitatory = core::automatic;
  Real relative_inhibition = core::automatic;
  std::string structure = "random";
  std::string weights = "normal";
  std::string leak_on = "state";
  std::string storage = "auto";
  std::string weight_type = "auto";
  std::string network;
  std::string network_learner;
  std::vector<std::string> clamp;

  bool spiking = false;      ///< whether neurons send spikes: follows from [neuron]
  bool transformed = false;  ///< whether J is not stored, as `structure` says
  bool balanced = false;     ///< whether the mean of each row's weights is removed from them: follows from [neuron]

  /// The shortest and the longest time constant; 1 if `tau` is no range of positive numbers.
  [[nodiscard]] std::array<Real, 2> tau_range() const {
    const auto range = core::to_range(tau);
    return range && core::positive.contains((*range)[0]) && core::positive.contains((*range)[1])
               ? *range
               : std::array<Real, 2>{1, 1};
  }
  [[nodiscard]] bool has_one_tau() const { return tau_range()[0] == tau_range()[1]; }
  /// In which tasks give periods and speeds: tau, or 1 if neurons have different ones.
  [[nodiscard]] Real unit_of_time() const { return has_one_tau() ? tau_range()[0] : 1; }
  /// What is wrong with `tau`, or "".
  [[nodiscard]] std::string problem_of_tau() const;
  /// Whether gain follows from the spectral radius of J.
  [[nodiscard]] bool has_radius() const noexcept { return !core::is_automatic(spectral_radius); }
  /// The values used of keys that may be auto.
  /// \{
  [[nodiscard]] Real used_initial_scale() const noexcept { return core::value_or(initial_scale, spiking ? 3.8 : 0.5); }
  [[nodiscard]] Real used_relative_inhibition() const noexcept {
    const Real balance = fraction_excitatory > 0 ? fraction_excitatory / (1 - fraction_excitatory) : 1;
    return core::value_or(relative_inhibition, balance);
  }
  /// \}
  /// Whether each neuron has outgoing weights of one sign alone (Dale's law).
  [[nodiscard]] bool has_signs() const noexcept { return !core::is_automatic(fraction_excitatory); }

  static constexpr auto parameters() {
    using P = core::Parameter<ReservoirParameters>;
    using R = ReservoirParameters;
    return std::array{
        P{"size",
          &R::size,
          "1",
          "number of neurons N; not needed with reservoir.network, whose file says",
          {.low = 1, .high = 2147483647}},
        P{"gain", &R::gain, "1", "g: recurrent weights have variance g^2/(p N), or are g (see bayres list connections)",
          core::non_negative},
        P{"spectral_radius",
          &R::spectral_radius,
          "1",
          "largest modulus of an eigenvalue of J, in place of gain, which is searched for",
          core::positive,
          {},
          "what reservoir.gain makes it"},
        P{"connectivity", &R::connectivity, "1", "p: probability of a connection; 1 is all to all",
          core::between(1e-9, 1)},
        P{"tau", &R::tau, "time",
          "time constant of a neuron; its unit is the unit of every time. A number > 0, or a range such as 1..20: "
          "log-uniform, for each neuron; tasks, whose periods and speeds are in units of tau, then take 1 for it"},
        P::word("leak_on", &R::leak_on, "state|rate",
                "what approaches its input: the state, as the equation of the model says; or the rate, r(t) = (1 - "
                "leak) r(t-1) + leak f(J r(t-1) + W_in u(t) + W_fb y(t-1) + b + noise xi(t)), r(0) = f(x(0))"),
        P{"dt", &R::dt, "time", "time step, at most tau", core::positive},
        P{"noise", &R::noise, "1", "standard deviation of the state noise", core::non_negative},
        P{"bias_scale", &R::bias_scale, "1", "biases are uniform in [-1, 1] times this", core::non_negative},
        P{"input_scale", &R::input_scale, "1",
          "input weights are uniform in [-1, 1] times this: one number, or one for each input", core::non_negative},
        P{"input_connectivity", &R::input_connectivity, "1", "probability of each input weight; the others are 0",
          core::between(0, 1)},
        P{"feedback_scale", &R::feedback_scale, "1", "feedback weights are uniform in [-1, 1] times this",
          core::non_negative},
        P{"initial_scale",
          &R::initial_scale,
          "1",
          "x(0) is Normal(0, 1) times this; of spiking neurons, V(0) is uniform in [0, 1] times this",
          core::non_negative,
          {},
          "0.5; 3.8 of spiking neurons"},
        P{"fraction_excitatory",
          &R::fraction_excitatory,
          "1",
          "the first neurons, so many of all, have positive outgoing weights alone, the others negative ones (Dale's "
          "law): absolute values of those drawn",
          core::between(0, 0.999999),
          {},
          "neurons have outgoing weights of both signs"},
        P{"relative_inhibition",
          &R::relative_inhibition,
          "1",
          "factor of the negative weights, with fraction_excitatory",
          core::non_negative,
          {},
          "f/(1 - f) for a fraction f, so that both sum up to the same; 1 without excitation"},
        P{"structure", &R::structure, "1", "which neurons are connected, and how"},
        P::word("weights", &R::weights, "normal|uniform|bernoulli",
                "distribution of recurrent weights that are drawn, of mean 0 and equal variance v: Normal(0, v), "
                "uniform in [-1, 1] times sqrt(3 v), or -sqrt(v) and sqrt(v)"),
        P::word("storage", &R::storage, "auto|dense|sparse|by-source",
                "how J is stored: auto is sparse (CSR) or dense, whichever is faster for the size, connectivity and "
                "precision; of spiking neurons by-source (what each neuron reaches) or, if more than half of all pairs "
                "are connected, dense"),
        P::word(
            "weight_type", &R::weight_type, "auto|float64|float32|bfloat16",
            "type on whose grid J is drawn and in which it is stored: auto is that of run.precision, and float32 of "
            "spiking neurons; with double, "
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
