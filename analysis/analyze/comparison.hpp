#pragma once
/// \file
/// Learners and conditions against each other.

#include "parts.hpp"

namespace bayres::analysis {

/// Units of measures; others are numbers.
using Units = std::map<std::string, std::string>;

/// For every measure: the median of each item with its bootstrap interval, and for each pair of items how they compare
/// network by network, over the networks that both have: a PairedComparison, and p corrected for all pairs. Of items
/// that share no network, the ratio of their medians alone. With --reference, pairs are of that learner and another of
/// the same condition. Ranks share the pairs. Collective.
void add_comparison(const std::vector<Item>& items, const Units& units, const Options& options, Summary& summary,
                    const comm::Communicator& comm);

}  // namespace bayres::analysis
