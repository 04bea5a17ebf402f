#include "bayres/neurons/spike_trains.hpp"

#include <algorithm>

namespace bayres::model {

SpikeTrains::SpikeTrains(Index trajectories, Index neurons, const AnyNeurons& kind, bool with_rates)
    : trajectories_(trajectories),
      neurons_(neurons),
      filter_variables_(with_rates ? kind.filter_variables() : 0),
      words_(core::as_size(trajectories * words())),
      filters_(core::as_size(trajectories * filter_variables_ * neurons)) {
  if (kind.longest_delay() == 1) return;
  slots_ = kind.longest_delay();
  ring_.resize(core::as_size(trajectories * slots_ * words()));
  for (Index j = 0; j < neurons; ++j) delays_.push_back(kind.delay(j));
}

std::vector<core::SpikeWord> SpikeTrains::pending(Index trajectory) const {
  std::vector<core::SpikeWord> all;
  for (Index k = 0; k < slots_; ++k) {
    const auto words = slot(trajectory, k);
    all.insert(all.end(), words.begin(), words.end());
  }
  return all;
}

void SpikeTrains::set_pending(Index trajectory, std::span<const core::SpikeWord> pending) noexcept {
  for (Index k = 0; k < slots_; ++k) {
    std::ranges::copy(core::row_of(pending, k, words()),
                      ring_.begin() + static_cast<std::ptrdiff_t>(place(trajectory, k)));
  }
}

void SpikeTrains::clear_pending(Index trajectory) noexcept {
  for (Index k = 0; k < slots_; ++k) {
    const auto first = ring_.begin() + static_cast<std::ptrdiff_t>(place(trajectory, k));
    std::fill(first, first + words(), core::SpikeWord{0});
  }
}

/// What has arrived is over.
void SpikeTrains::pass() noexcept {
  if (delays_.empty()) return;
  for (Index k = 0; k < trajectories_; ++k) {
    const auto first = ring_.begin() + static_cast<std::ptrdiff_t>(place(k, 0));
    std::fill(first, first + words(), core::SpikeWord{0});
  }
  now_ = (now_ + 1) % slots_;
}

/// The spikes set out.
void SpikeTrains::send(Index age) noexcept {
  constexpr Index block = core::Partition::block_size;
  for (Index k = 0; k < trajectories_; ++k) {
    core::for_each_spike(of(k), [&](Index j) {
      ring_[place(k, delays_[core::as_size(j)] - 1 - age) + core::as_size(j / block)] |= core::SpikeWord{1}
                                                                                         << (j % block);
    });
  }
}

}  // namespace bayres::model
