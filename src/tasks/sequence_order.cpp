#include "bayres/tasks/sequence_order.hpp"

namespace bayres::tasks {

SequenceOrder::SequenceOrder(std::vector<Sequence> sequences, std::vector<Index> played, Index learned)
    : sequences_(std::move(sequences)), played_(std::move(played)) {
  begins_.push_back(0);
  for (const Index number : played_) begins_.push_back(begins_.back() + sequences_[core::as_size(number)].steps);
  learned_steps_ = begins_[core::as_size(learned)];
}

SequenceOrder::Place SequenceOrder::at(Index step) const noexcept {
  const Index known = std::min(step, steps() - 1);
  const auto next = std::ranges::upper_bound(begins_, known);
  const Index begin = *std::prev(next);
  return {played_[core::as_size(next - begins_.begin() - 1)], known - begin, *next - begin};
}

}  // namespace bayres::tasks
