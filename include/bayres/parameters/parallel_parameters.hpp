#pragma once
/// \file
/// Section [parallel]: how a reservoir, or several side by side, go over ranks.

#include <array>
#include <string>

#include "bayres/core/parameter.hpp"
#include "bayres/parameters/groups.hpp"

namespace bayres::sim {

/// Apart from the exchange's own keys.
struct ParallelParameters {
  std::string exchange = "all-gather";
  Index groups = 1;
  Index overlap = 0;
  std::string boundary = "periodic";
  bool shared = true;
  std::string balance = "auto";

  [[nodiscard]] Groups groups_of() const { return {groups, overlap, boundary == "periodic", shared && groups > 1}; }
  static constexpr auto parameters() {
    using R = ParallelParameters;
    using P = core::Parameter<R>;
    return std::array{
        P{"exchange", &R::exchange, "1", "how rates and sums go from rank to rank"},
        P{"groups", &R::groups, "1",
          "reservoirs side by side, of reservoir.size neurons each: so many groups of the task's outputs, one after "
          "the "
          "other, have one each, which hears the inputs and what is fed back of its outputs' numbers and of neighbours",
          core::between(1, 1e6)},
        P{"overlap", &R::overlap, "channels", "neighbours on each side that a group hears besides its own channels",
          core::between(0, 1e6)},
        P::word("boundary", &R::boundary, "periodic|open",
                "periodic: the first channel is a neighbour of the last; open: beyond the ends a group hears 0"),
        P{"shared", &R::shared, "1",
          "all groups have the same J, W_in, W_fb, bias and readout weights, which are learned from the data of all "
          "of them: for systems that are the same everywhere; false: each has its own"},
        P::word(
            "balance", &R::balance, "auto|always|never",
            "rows of J go over to ranks of the same machine that would wait, always or never; auto: from when ranks "
            "wait more than 15 % of the time. No bit of the results depends on it"),
    };
  }
};

}  // namespace bayres::sim
