#pragma once
/// \file
/// Statistics of spike trains in one pass: rates, CVs of intervals, and the rate of the population. As in
/// analysis/bayres/spikes.py. Times are in ms, rates in Hz.

#include <span>
#include <vector>

#include "bayres/comm/communicator.hpp"
#include "bayres/core/partition.hpp"

namespace bayres::analysis {

using core::Index;
using core::Real;

/// From one time to another. A spike at time t came in the step from t - step to t: it is in a period that has the
/// whole step.
struct SpikePeriod {
  Real start = 0;
  Real end = 0;
  Real step = 0;
  /// Which of the times, which ascend, are in it: places [first, last).
  [[nodiscard]] core::Range of(std::span<const Real> times) const;
};

/// Of each neuron.
struct TrainFindings {
  std::vector<Real> rates;  ///< spikes in the whole period, Hz; NaN if it has no length
  std::vector<Real> cvs;    ///< standard deviation / mean of the intervals; NaN of fewer than two
};

/// Rates and CVs of the neurons in a period. Each rank follows the trains of some of them.
class TrainStatistics {
 public:
  /// `comm` must outlive it.
  TrainStatistics(Index neurons, const SpikePeriod& period, const comm::Communicator& comm);
  /// The next spikes, in order of time, the same on every rank; `places`: which of the neurons spike.
  void add(std::span<const Real> times, std::span<const Index> places);
  /// Collective.
  [[nodiscard]] TrainFindings finish() const;

 private:
  /// Sums are of deviations from the first interval, which is near the others.
  struct Train {
    Index spikes = 0;
    Real last = 0;   ///< spike
    Real first = 0;  ///< interval
    Real sum = 0;
    Real squares = 0;
  };
  [[nodiscard]] static Real cv_of(const Train& train);

  Index neurons_;
  SpikePeriod period_;
  const comm::Communicator* comm_;
  core::Range own_;
  std::vector<Train> trains_;
};

/// A window as whole steps, at least one.
[[nodiscard]] Real whole_steps(Real window, Real step);

/// Spikes of all neurons in windows, which begin with the period; one that has no full length at the end is left out.
class PopulationRate {
 public:
  /// `window`: whole steps. `comm` must outlive it.
  PopulationRate(Index neurons, const SpikePeriod& period, Real window, const comm::Communicator& comm);
  /// How many windows there are.
  [[nodiscard]] static Index windows(const SpikePeriod& period, Real window);
  /// As in TrainStatistics.
  void add(std::span<const Real> times, std::span<const Index> places);
  /// Hz for each neuron. Collective.
  [[nodiscard]] std::vector<Real> finish() const;

 private:
  Index neurons_;
  SpikePeriod period_;
  Real window_;
  const comm::Communicator* comm_;
  std::vector<Real> counts_;  ///< of the spikes that this rank counts
};

}  // namespace bayres::analysis
