#pragma once
/// \file
/// Section [protocol]: the phases of a run.

#include <array>
#include <string>
#include <vector>

#include "bayres/core/parameter.hpp"

namespace bayres::sim {

using core::Index;
using core::Real;

/// Times are in the unit of tau.
struct ProtocolParameters {
  std::string feedback = "none";
  Real washout = 0;
  Real train = core::automatic;
  Real test = core::automatic;
  Index learn_every = 1;
  Index folds = 0;
  std::vector<Real> evaluate_at;
  Real evaluate_span = core::automatic;
  Real divergence_limit = 1e6;
  Real input_noise = core::automatic;
  Real feedback_noise = core::automatic;
  Real state_noise = 0;
  static constexpr auto parameters() {
    using R = ProtocolParameters;
    using P = core::Parameter<R>;
    constexpr std::string_view split = "from task.split if the task is a file; else 0";
    return std::array{
        P::word("feedback", &R::feedback, "none|teacher|output",
                "y: 0; or z* while training and z when free; or always z"),
        P{"washout", &R::washout, "time", "duration before learning starts", core::non_negative},
        P{"train", &R::train, "time", "duration of learning", core::non_negative, {}, split},
        P{"test", &R::test, "time", "duration with frozen weights, after training", core::non_negative, {}, split},
        P{"learn_every", &R::learn_every, "steps", "learn in every nth training step", core::at_least(1)},
        P{"folds", &R::folds, "1",
          "cross-validation over the sequences of a file: of each learner there are so many, NAME_fold_1, ..., and "
          "each learns from all but every folds-th sequence, on which it is tested; 0: none",
          core::between(0, 1000)},
        P{"evaluate_at", &R::evaluate_at, "time",
          "simulated times (as in /time) within training at which frozen weights are scored", core::non_negative},
        P{"evaluate_span",
          &R::evaluate_span,
          "time",
          "duration of held-out time that frozen weights are scored on",
          core::non_negative,
          {},
          "protocol.test"},
        P{"divergence_limit", &R::divergence_limit, "1",
          "a readout diverges when |z| is more than this times the size of z*: its rms so far, at least 1",
          core::positive},
        P{"input_noise",
          &R::input_noise,
          "1",
          "standard deviation of Gaussian noise on the input of a training step, after task.normalise",
          core::non_negative,
          {},
          "task.training_noise"},
        P{"feedback_noise",
          &R::feedback_noise,
          "1",
          "the same on what is fed back in a training step: the target of a teacher, or outputs",
          core::non_negative,
          {},
          "task.training_noise with a teacher, else 0"},
        P{"state_noise", &R::state_noise, "1",
          "standard deviation of Gaussian noise on the states in training steps alone, beside reservoir.noise",
          core::non_negative},
    };
  }
};

}  // namespace bayres::sim
