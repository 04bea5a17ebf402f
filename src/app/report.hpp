#pragma once
/// \file
/// What a run says at its end.

#include <string>

#include "bayres/sim/simulation.hpp"

namespace bayres::app {

/// A table of learners, and of where the time went. Collective.
[[nodiscard]] std::string report(const sim::Simulation& simulation, const std::string& path, double elapsed_seconds);

}  // namespace bayres::app
