#pragma once
/// \file
/// Errors while learning, in windows of training.

#include "bayres/measures/score.hpp"
#include "place.hpp"

namespace bayres::analysis {

/// How one network's learners did in each window of training.
class WindowScores {
 public:
  /// Every rank reads windows of its own, in pieces. Collective.
  WindowScores(const Place& place, const Network& network, const io::Hdf5File& file, const comm::Communicator& comm);

  /// NRMSE of a learner in each window, with the variance of the target over all windows, the mean over outputs. NaN
  /// where the file does not hold the whole window.
  [[nodiscard]] std::vector<Real> errors(std::size_t learner) const;

 private:
  [[nodiscard]] std::size_t place_of(std::size_t learner, Index window, Index output) const;
  void read(const core::Slab& slab, Index window, const Network& network, const io::Hdf5Object& target,
            const std::vector<io::Hdf5Object>& learners);
  void share(const comm::Communicator& comm);

  Index windows_;
  Index outputs_;
  Index known_windows_ = 0;         // of which the file holds all steps
  std::vector<sim::Score> scores_;  // (learner, window, output)
};

/// Simulated times at the ends of windows, from the first network that has recorded all of training. Collective.
[[nodiscard]] std::vector<Real> window_times(const Place& place, const comm::Communicator& comm);

}  // namespace bayres::analysis
