#pragma once
/// \file
/// Which neurons spike in a step, as a bit each.

#include <bit>
#include <cstdint>
#include <span>

#include "bayres/core/partition.hpp"

namespace bayres::core {

/// A word for each block of 64 neurons, whose bit k is neuron k of the block.
using SpikeWord = std::uint64_t;
using SpikeMap = std::span<const SpikeWord>;
static_assert(Partition::block_size == 64);

[[nodiscard]] inline bool spikes_in(SpikeMap map, Index neuron) noexcept {
  return ((map[as_size(neuron / Partition::block_size)] >> (neuron % Partition::block_size)) & 1U) != 0;
}

/// Calls `visit(neuron)` for every neuron that spikes, in order; `first` is the number of the first one of the map.
template <class Visit>
void for_each_spike(SpikeMap map, Visit visit, Index first = 0) {
  for (SpikeWord word : map) {
    for (; word != 0; word &= word - 1) visit(first + std::countr_zero(word));
    first += Partition::block_size;
  }
}

/// A step of an output that sends spikes, beside the spike train that it is to send.
struct OutputSpike {
  bool desired = false;       ///< whether a spike is desired
  bool sent = false;          ///< whether it sent one
  bool refractory = false;    ///< after a desired spike: the step says nothing of its potential
  bool diverged = false;      ///< it has no score any more
  double log_likelihood = 0;  ///< of what is desired, in nats
  double dt = 0;              ///< time step, ms
};

}  // namespace bayres::core
