#pragma once
/// \file
/// Errors while learning, in windows of training.

#include "place.hpp"

namespace bayres::analysis {

/// Windows of training.
struct Windows {
  std::vector<Index> edges;  ///< recorded steps, one more than there are windows; whole periods of the target
  std::vector<Real> times;   ///< simulated, at their ends

  [[nodiscard]] std::size_t size() const noexcept { return times.size(); }
};

/// From the first network that has recorded all of training; none if there is no such network. Collective.
[[nodiscard]] Windows windows_of(const Place& place, const comm::Communicator& comm);

/// Of one network, NRMSE of every learner in each window, (learner)(window): the mean over outputs, with
/// the variance of the target over all windows. NaN where the file does not hold the whole window. Every rank reads
/// windows of its own, in pieces. Collective.
[[nodiscard]] std::vector<std::vector<Real>> window_errors(const Place& place, const Windows& windows,
                                                           const Network& network, const io::Hdf5File& file,
                                                           const comm::Communicator& comm);

}  // namespace bayres::analysis
