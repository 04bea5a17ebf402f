#pragma once
/// \file
/// Scores of all networks as one tidy table of text.

#include "study.hpp"

namespace bayres::analysis {

/// A line for each network, learner, output and metric, as bayres.table in Python gives it (analysis/bayres/tables.py):
/// the keys in which conditions differ, seed, replica where there are several, learner, rule, parameters in which
/// learners differ, output, metric, value. The same on every rank. Collective.
[[nodiscard]] std::string scores_table(const std::vector<Condition>& conditions, const comm::Communicator& comm);

}  // namespace bayres::analysis
