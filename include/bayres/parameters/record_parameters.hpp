#pragma once
/// \file
/// What the result holds.

#include <array>
#include <string>
#include <vector>

#include "bayres/core/parameter.hpp"

namespace bayres::sim {

using core::Index;

/// A quantity, the neurons of which it is recorded, and how often: record.NAME and record.NAME.every.
struct Recorded {
  std::string name;
  std::vector<Index> neurons = {};
  Index every = 0;  ///< steps; 0: as record.every
};

/// Section [record].
struct RecordParameters {
  Index every = 1;
  std::vector<Index> rates;
  Index weights_every = 0;
  std::vector<Index> recurrent;
  std::string network = "auto";
  std::string spikes = "false";
  std::vector<Recorded> quantities = {};  ///< of neurons, besides rates, and of learners (recordable)
  static constexpr auto parameters() {
    using R = RecordParameters;
    using P = core::Parameter<R>;
    return std::array{
        P{"every", &R::every, "steps", "record input, target and outputs in every nth step", core::at_least(1)},
        P{"rates", &R::rates, "neurons", "neurons whose rates are recorded, such as 0..9, 17",
          core::between(0, 2147483647)},
        P{"weights_every", &R::weights_every, "steps",
          "training steps between two snapshots of weights; 0: only before and after training", core::non_negative},
        P{"recurrent", &R::recurrent, "neurons",
          "neurons whose recurrent weights, those onto them, are recorded in these snapshots, where a learner learns "
          "J; "
          "such as 0, 17",
          core::between(0, 2147483647)},
        P::word(
            "network", &R::network, "auto|true|false",
            "write J, W_in, W_fb, bias and x0 to the result, and of a learner of J what it has learned; auto: where "
            "a learner learns J"),
        P{"spikes", &R::spikes, "neurons", "whose spikes are recorded: true (all), false, or neurons such as 0..9, 17"},
    };
  }
};

}  // namespace bayres::sim
