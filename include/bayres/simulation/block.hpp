#pragma once
/// \file
/// Steps that share a collective.

#include <vector>

#include "bayres/simulation/observer.hpp"
#include "bayres/tasks/task.hpp"

namespace bayres::sim {

using core::Index;
using core::Real;

/// The steps whose spikes and sums went in the last collective, and what drove them.
struct Block {
  struct Sampled {
    std::vector<Real> input;
    std::vector<Real> target;
    tasks::Mark mark;
  };
  Index begin = 0;
  Index end = 0;
  Request agreed = Request::none;  ///< by the ranks
  std::vector<Sampled> sampled;    ///< as many as there may be
};

}  // namespace bayres::sim
