#pragma once
/// \file
/// What recorded rates do together.

#include "place.hpp"

namespace bayres::analysis {

/// Recorded steps of a phase: train, test, or all (both).
[[nodiscard]] core::Range rows_of(const Condition& condition, const std::string& phase);

/// `wanted` of `count` places, evenly spaced and ascending; all if they are not more.
[[nodiscard]] std::vector<Index> evenly_spaced(Index count, Index wanted);

/// Throws (usage) if a phase has fewer than two recorded steps or the memory that is allowed does not suffice for the
/// statistics of the neurons on this number of ranks; before anything is read.
void require_rates_possible(const Condition& condition, const Options& options, int ranks);

/// RateFindings of every network of a condition whose rates were recorded. Collective.
void add_rates(const Place& place, const comm::Communicator& comm);

}  // namespace bayres::analysis
