#pragma once
/// \file
/// Errors while learning, in windows of training.

#include "place.hpp"

namespace bayres::analysis {

/// Of one network, NRMSE of every learner in each window of training, (learner)(window): the mean over outputs, with
/// the variance of the target over all windows. NaN where the file does not hold the whole window. Every rank reads
/// windows of its own, in pieces. Collective.
[[nodiscard]] std::vector<std::vector<Real>> window_errors(const Place& place, const Network& network,
                                                           const io::Hdf5File& file, const comm::Communicator& comm);

/// Simulated times at the ends of windows, from the first network that has recorded all of training. Collective.
[[nodiscard]] std::vector<Real> window_times(const Place& place, const comm::Communicator& comm);

}  // namespace bayres::analysis
