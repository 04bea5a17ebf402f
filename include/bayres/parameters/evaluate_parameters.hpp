#pragma once
/// \file
/// Section [evaluate]: the conditions that frozen weights are scored under.

#include <array>
#include <string>

#include "bayres/core/parameter.hpp"

namespace bayres::sim {

using core::Index;
using core::Real;

/// Times are in the unit of tau; `pulse_time` and windows count from the start of scored time.
struct EvaluateParameters {
  Real start = core::automatic;
  Real washout = 0;
  Real span = core::automatic;
  Index initial_states = 0;
  Index starts = 0;
  Real spacing = core::automatic;
  Real noise = core::automatic;
  Real input_noise = 0;
  Real input_scale = 1;
  Real speed = 1;
  Real pulse_time = 0;
  Real pulse_size = 0;
  Real window = 1;
  Real recovery_threshold = 0.1;
  std::string closed_loop = "auto";
  std::string trajectories = "auto";
  std::string divide = "auto";
  Index seed = 1;

  static constexpr auto parameters() {
    using E = EvaluateParameters;
    using P = core::Parameter<E>;
    return std::array{
        P{.name = "start",
          .member = &E::start,
          .unit = "time",
          .help = "time of the task at which it begins",
          .bounds = core::non_negative,
          .derived = "the end of the run, so that it is time never seen; of training, if the task is a file; 0 of "
                     "another recording"},
        P{"starts", &E::starts, "1",
          "times to start from, one after the other, advanced together from x(0), each with its washout; 0: one start",
          core::between(0, 1e5)},
        P{.name = "spacing",
          .member = &E::spacing,
          .unit = "time",
          .help = "from one of the starts to the next",
          .bounds = core::positive,
          .derived =
              "evaluate.washout + evaluate.span; in a file, so that they are spread over all that is left of it"},
        P{"washout", &E::washout, "time", "duration before scoring; in a closed loop the target is fed back in it",
          core::non_negative},
        P{.name = "span",
          .member = &E::span,
          .unit = "time",
          .help = "duration that is scored",
          .bounds = core::positive,
          .derived = "protocol.test, or else protocol.evaluate_span; all that is left of another recording; with "
                     "evaluate.starts in a file, as long as they fit into it side by side"},
        P{"initial_states", &E::initial_states, "1",
          "new initial states, advanced together; 0: the state of the checkpoint, or x(0) of a result",
          core::between(0, 1e5)},
        P{"noise", &E::noise, "1", "standard deviation of the state noise", core::non_negative, {}, "reservoir.noise"},
        P{"input_noise", &E::input_noise, "1", "standard deviation of noise added to the input", core::non_negative},
        P{"input_scale", &E::input_scale, "1", "factor of the input's amplitude"},
        P{"speed", &E::speed, "1", "the task goes so many times as fast, interpolated between its steps",
          core::between(1e-6, 1000)},
        P{"pulse_time", &E::pulse_time, "time", "when the states are perturbed", core::non_negative},
        P{"pulse_size", &E::pulse_size, "1", "standard deviation of what is added to each state; 0: no pulse",
          core::non_negative},
        P{"window", &E::window, "time", "duration over which window_nrmse averages", core::positive},
        P{"recovery_threshold", &E::recovery_threshold, "1",
          "it has recovered when the nrmse of all later windows is at most this", core::positive},
        P::word("closed_loop", &E::closed_loop, "auto|true|false",
                "outputs are fed back, in the place of the input if the run had no feedback; auto: if it had"),
        P::word("trajectories", &E::trajectories, "auto|true|false",
                "write target and outputs of all scored time; auto: of another recording"),
        P::word("divide", &E::divide, "auto|neurons|replicas",
                "what ranks divide among them: the neurons (or groups), or starts and initial states, each with all "
                "neurons; auto: the latter for a result whose J takes at most 1.5 MB, or whose groups share it and are "
                "not fewer than the ranks; neurons for a checkpoint"),
        P{"seed", &E::seed, "1", "of new initial states, noise and pulse", {.low = 1, .high = 2147483647}},
    };
  }
};

}  // namespace bayres::sim
