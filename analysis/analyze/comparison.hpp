#pragma once
/// \file
/// Learners and conditions against each other.

#include "parts.hpp"

namespace bayres::analysis {

/// For every measure: the median of each item with its bootstrap interval, and for each pair of items the ratio of
/// their medians with its interval. A pair of items with the same networks is compared network by network: samples are
/// drawn for both with the same numbers, and `better` says in how many networks the first one is the smaller; otherwise
/// it is NaN. Ranks share the pairs. Collective.
void add_comparison(const std::vector<Item>& items, const Options& options, Summary& summary,
                    const comm::Communicator& comm);

}  // namespace bayres::analysis
