#pragma once
/// \file
/// The report at the end of a run.

#include <functional>
#include <string>
#include <vector>

#include "bayres/results/performance.hpp"

namespace bayres::app {

/// A table of learners, and of the time of each part of the step. Collective.
[[nodiscard]] std::string report(const sim::Simulation& simulation, const std::string& path,
                                 const sim::Performance& performance, double elapsed_seconds);

/// Notes on unusual targets and diverged learners, a line each; "" if there are none.
[[nodiscard]] std::string notes_on(const sim::Simulation& simulation);

/// The values that stand for `auto`, a line each, with the learners that have it; "" if there are none.
[[nodiscard]] std::string derived_values(const sim::Configuration& c);

/// The width of a column that names the learners.
[[nodiscard]] std::size_t name_width(const std::vector<sim::LearnerParameters>& learners);

/// Summary of the learners of an ensemble.
struct EnsembleSummary {
  std::string text;           ///< a table of medians and quartiles over networks
  bool all_diverged = false;  ///< every learner in every network
};

/// A sample as "median (lower quartile - upper quartile)"; NaN counts as infinitely large.
[[nodiscard]] std::string quartiles_text(const std::vector<double>& values);

/// What became of free runs: how many were held, and quartiles of their scores. `values(score)`: the numbers of all
/// runs, or none.
[[nodiscard]] std::string free_runs_text(const std::function<std::vector<double>(const std::string&)>& values);

[[nodiscard]] EnsembleSummary summary_of_ensemble(const std::string& path,
                                                  const std::vector<sim::LearnerParameters>& learners);

}  // namespace bayres::app
