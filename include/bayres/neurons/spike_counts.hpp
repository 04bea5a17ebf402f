#pragma once
/// \file
/// What is counted of spiking neurons.

#include <optional>
#include <vector>

#include "bayres/core/spikes.hpp"
#include "bayres/core/state.hpp"

namespace bayres::model {

using core::Index;
using core::Real;

/// Spikes of the first trajectory since the start of the run: of all neurons, and of those whose spikes are recorded.
/// The same on every rank.
class SpikeCounts {
 public:
  /// `recorded`: whose spikes are recorded; none: of all neurons; nothing: they are not recorded.
  SpikeCounts(const std::optional<std::vector<Index>>& recorded, const core::Partition& partition);

  /// Adds those of a step. Local.
  void add(core::SpikeMap map) noexcept;
  [[nodiscard]] Index all() const noexcept { return all_; }
  /// Recorded ones before the last step.
  [[nodiscard]] Index recorded_before() const noexcept { return before_; }
  /// Calls `visit(neuron)` for every recorded spike of a step, in order.
  template <class Visit>
  void for_each_recorded(core::SpikeMap map, Visit visit) const {
    for (std::size_t b = 0; b < mask_.size(); ++b) {
      const core::SpikeWord word = map[b] & mask_[b];
      core::for_each_spike({&word, 1}, visit, static_cast<Index>(b) * core::Partition::block_size);
    }
  }
  void visit_state(core::StateVisitor& visit, bool writes);

 private:
  Index all_ = 0;
  Index recorded_ = 0;
  Index before_ = 0;
  std::vector<core::SpikeWord> mask_;  // neurons whose spikes are recorded; empty: none
};

}  // namespace bayres::model
