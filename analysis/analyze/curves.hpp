#pragma once
/// \file
/// How learners learn: errors of frozen weights and errors while learning, by network, and times to a criterion.

#include <map>

#include "place.hpp"

namespace bayres::analysis {

/// One learner of one condition: for every measure that is compared, one number of each network.
struct Item {
  std::string label;
  std::vector<Network> networks;
  std::map<std::string, std::vector<Real>> measures;
};

/// First of the times, counted from `start`, from which on every error is at most `criterion`; infinite if there is
/// none. NaN is above every criterion.
[[nodiscard]] Real time_to_criterion(std::span<const Real> times, std::span<const Real> errors, Real criterion,
                                     Real start);

/// Scores, errors of frozen weights, errors while learning and times to criterion of every learner. An error is the
/// mean over outputs of sqrt(mean delta^2 / var z*). While learning, the mean is over a window of training, of which
/// the recorded steps are divided into `windows` parts, and the variance is that of the whole of training, so that
/// windows can be compared. Every rank reads windows of its own, in pieces. Collective.
[[nodiscard]] std::vector<Item> add_curves(const Place& place, const comm::Communicator& comm);

}  // namespace bayres::analysis
