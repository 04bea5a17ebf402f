#pragma once
/// \file
/// How a run is made: its seed, precision and checkpoints.

#include <array>
#include <string>

#include "bayres/core/parameter.hpp"

namespace bayres::sim {

using core::Index;
using core::Real;

/// Section [run].
struct RunParameters {
  Index seed = 1;
  Index replica = 0;
  std::string precision = "double";
  Real checkpoint_every = 0;
  Index keep_checkpoints = 1;
  std::string start_from;
  std::string max_walltime;
  Real stall_limit = 0;
  static constexpr auto parameters() {
    using R = RunParameters;
    using P = core::Parameter<R>;
    return std::array{
        P{"seed", &R::seed, "1", "seed of every random number", core::any_seed},
        P{"replica", &R::replica, "1", "number of the initial state and noise stream of the network",
          core::between(0, 2147483647)},
        P::word("precision", &R::precision, "double|single|mixed",
                "of J and the rates: double (but see reservoir.weight_type); single: both float32; mixed: J bfloat16, "
                "rates of 16 bits. J is drawn on that grid; states, readouts and learning are always in double"),
        P{"start_from", &R::start_from, "file",
          "checkpoint of a run of the same network, whose learners pass on states, weights and what their rules have "
          "found out to those of the same name; time begins at 0 again"},
        P{"checkpoint_every", &R::checkpoint_every, "s",
          "wall time between two checkpoints; 0: only on signals, before the wall time ends, and at the end",
          core::non_negative},
        P{"keep_checkpoints", &R::keep_checkpoints, "1",
          "2: while the run goes on, the last checkpoint but one is there too, as CHECKPOINT.previous",
          core::between(1, 2)},
        P{"max_walltime", &R::max_walltime, "H:M:S",
          "stop with a checkpoint before this wall time is over; also M:S, D-H:M:S, minutes, 12h, 90m"},
        P{"stall_limit", &R::stall_limit, "s", "end the job when no step has ended for so long; 0: only say so",
          core::non_negative},
    };
  }
};

/// A wall time in seconds; 0 for "", NaN if it is malformed. It is written as SLURM has it, minutes, M:S, H:M:S, D-H,
/// D-H:M or D-H:M:S, or as a number with its unit, s, m, h or d.
[[nodiscard]] double seconds_of(const std::string& walltime);

}  // namespace bayres::sim
