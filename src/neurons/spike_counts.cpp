#include "bayres/neurons/spike_counts.hpp"

#include <array>
#include <bit>

namespace bayres::model {

SpikeCounts::SpikeCounts(const std::optional<std::vector<Index>>& recorded, const core::Partition& partition) {
  if (!recorded) return;
  constexpr Index block = core::Partition::block_size;
  mask_.resize(core::as_size(partition.blocks()), recorded->empty() ? ~core::SpikeWord{0} : 0);
  for (const Index neuron : *recorded) mask_[core::as_size(neuron / block)] |= core::SpikeWord{1} << (neuron % block);
}

void SpikeCounts::add(core::SpikeMap map) noexcept {
  before_ = recorded_;
  for (std::size_t b = 0; b < map.size(); ++b) {
    all_ += std::popcount(map[b]);
    if (!mask_.empty()) recorded_ += std::popcount(map[b] & mask_[b]);
  }
}

void SpikeCounts::visit_state(core::StateVisitor& visit, bool writes) {
  std::array values{core::as_real(all_), core::as_real(recorded_)};
  visit(core::shared_array("spikes", std::ssize(values), writes), std::span<Real>(values));
  all_ = core::to_whole(values[0]);
  recorded_ = core::to_whole(values[1]);
}

}  // namespace bayres::model
