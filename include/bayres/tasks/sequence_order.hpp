#pragma once
/// \file
/// The order in which the sequences of a file are gone through.

#include <vector>

#include "bayres/tasks/task.hpp"

namespace bayres::tasks {

/// Sequences, one after the other: first those to learn from, as often as there are passes, then those to be tested on.
class SequenceOrder {
 public:
  struct Sequence {
    Index first_sample = 0;
    Index steps = 0;
  };
  /// A step of a sequence.
  struct Place {
    Index sequence = 0;  ///< its number in the file
    Index step = 0;      ///< of the sequence
    Index steps = 0;     ///< of the sequence
  };

  /// `played`: numbers of sequences, one after the other, at least one; the first `learned` of them are learned from.
  SequenceOrder(std::vector<Sequence> sequences, std::vector<Index> played, Index learned);

  /// Steps to learn from, in all passes.
  [[nodiscard]] Index learned_steps() const noexcept { return learned_steps_; }
  /// Steps of the whole.
  [[nodiscard]] Index steps() const noexcept { return begins_.back(); }
  [[nodiscard]] Index first_sample(Index sequence) const noexcept {
    return sequences_[core::as_size(sequence)].first_sample;
  }
  /// Where a step is; a step after the end is taken for the last one.
  [[nodiscard]] Place at(Index step) const noexcept;

 private:
  std::vector<Sequence> sequences_;
  std::vector<Index> played_;
  std::vector<Index> begins_;  // steps at which they begin; then the end
  Index learned_steps_;
};

}  // namespace bayres::tasks
