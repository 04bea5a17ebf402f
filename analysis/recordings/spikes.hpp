#pragma once
/// \file
/// Recorded spikes, streamed, and what they say.

#include <string>
#include <vector>

#include "bayres/comm/communicator.hpp"
#include "bayres/io/hdf5.hpp"
#include "statistics/spike_statistics.hpp"

namespace bayres::analysis {

/// What is asked of the spikes of a network.
struct SpikeQuestion {
  std::vector<Index> neurons;  ///< numbers of those whose spikes were recorded, ascending
  SpikePeriod train;
  SpikePeriod test;
  SpikePeriod population;  ///< for the rate of the population
  Real window = 1;         ///< of that, ms: whole steps (whole_steps)
  Index segment = 0;       ///< windows of a segment of its power spectrum; 0: none
};

/// NaN of a network whose run ended early.
struct SpikeAnswer {
  TrainFindings train;
  TrainFindings test;
  std::vector<Real> rate;   ///< (window): of the population, in Hz for each neuron
  std::vector<Real> power;  ///< (frequency): its power spectrum, Hz^2/Hz, at k/(segment window)
};

/// The numbers in record.spikes of a configuration, ascending; of `neurons` neurons. Throws (input_output) naming
/// `file` if they are none.
[[nodiscard]] std::vector<Index> spiking_neurons(const std::string& recorded, Index neurons, const std::string& file);

/// Reads the spikes of network `place` (-1: the only one) in pieces, with about `bytes` of memory beside the answer.
/// Every rank reads parts of its own, and hears of all spikes, of which it follows the trains of some neurons: the same
/// bits on any number of ranks. Throws (input_output) on every rank if spikes are not in order of time, or are of
/// neurons that were not recorded. Collective.
[[nodiscard]] SpikeAnswer answer_from_spikes(const io::Hdf5File& file, Index place, const SpikeQuestion& question,
                                             Index bytes, const comm::Communicator& comm);

}  // namespace bayres::analysis
