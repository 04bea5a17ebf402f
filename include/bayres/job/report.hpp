#pragma once
/// \file
/// What a run says at its end.

#include <string>

#include "bayres/simulation/performance.hpp"

namespace bayres::app {

/// A table of learners, and of where the time went. Collective.
[[nodiscard]] std::string report(const sim::Simulation& simulation, const std::string& path,
                                 const sim::Performance& performance, double elapsed_seconds);

/// What there is to say of the target and of learners that diverged: a line each; "" if all is as it should be.
[[nodiscard]] std::string notes_on(const sim::Simulation& simulation);

/// The width of a column that names the learners.
[[nodiscard]] std::size_t name_width(const std::vector<sim::LearnerParameters>& learners);

/// What the result of an ensemble says of its learners.
struct EnsembleSummary {
  std::string text;           ///< a table of medians and quartiles over networks
  bool all_diverged = false;  ///< every learner in every network
};

/// The middle of a sample in words, "median (lower quartile - upper quartile)"; NaN counts as infinitely large.
[[nodiscard]] std::string quartiles_text(const std::vector<double>& values);

[[nodiscard]] EnsembleSummary summary_of_ensemble(const std::string& path,
                                                  const std::vector<sim::LearnerParameters>& learners);

}  // namespace bayres::app
