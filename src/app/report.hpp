#pragma once
/// \file
/// What a run says at its end.

#include <string>

#include "bayres/sim/simulation.hpp"

namespace bayres::app {

/// A table of learners, and of where the time went. Collective.
[[nodiscard]] std::string report(const sim::Simulation& simulation, const std::string& path, double elapsed_seconds);

/// What the result of an ensemble says of its learners.
struct EnsembleSummary {
  std::string text;           ///< a table of medians and quartiles over networks
  bool all_diverged = false;  ///< every learner in every network
};

/// The numbers in the middle of a sample, "median (lower quartile - upper quartile)"; NaN counts as infinitely large.
[[nodiscard]] std::string quartiles_text(const std::vector<double>& values);

[[nodiscard]] EnsembleSummary summary_of_ensemble(const std::string& path);

}  // namespace bayres::app
