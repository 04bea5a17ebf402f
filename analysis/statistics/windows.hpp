#pragma once
/// \file
/// Windows over which errors are averaged: whole periods of a target that has a period.

#include <optional>
#include <span>
#include <vector>

#include "bayres/core/partition.hpp"

namespace bayres::analysis {

using core::Index;
using core::Real;

/// The period of numbers (time, column), in times: the least lag at which their autocorrelation, the mean over columns,
/// comes near 1 again; none if it does not, or the numbers are shorter than two periods. NaN counts as the mean.
[[nodiscard]] std::optional<Real> period_of(std::span<const Real> values, std::size_t columns);

/// Edges of at most `most` consecutive windows of `steps`, one more than there are windows: of equal windows; or, with
/// a period, of windows that are the same number of whole periods, of which the first has what is left over, too.
[[nodiscard]] std::vector<Index> window_edges(core::Range steps, Index most, std::optional<Real> period);

}  // namespace bayres::analysis
