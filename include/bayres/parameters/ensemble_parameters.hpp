#pragma once
/// \file
/// Which networks an ensemble has.

#include <array>
#include <vector>

#include "bayres/core/parameter.hpp"

namespace bayres::sim {

using core::Index;

/// Section [ensemble].
struct EnsembleParameters {
  std::vector<Index> seeds;
  Index replicas = 1;
  Index ranks_per_network = 0;
  static constexpr auto parameters() {
    using E = EnsembleParameters;
    using P = core::Parameter<E>;
    return std::array{
        P{"seeds", &E::seeds, "1", "one network for each of these seeds, such as 1..20; empty: run.seed alone",
          core::any_seed},
        P{"replicas", &E::replicas, "1", "initial states and noise streams of each network", core::between(1, 1e5)},
        P{"ranks_per_network", &E::ranks_per_network, "ranks",
          "ranks that share a network; 0: as few as keep all ranks busy", core::between(0, 2147483647)},
    };
  }
};

}  // namespace bayres::sim
