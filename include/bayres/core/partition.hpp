#pragma once
/// \file
/// How neurons, and with them their readout synapses, are divided over ranks.

#include <algorithm>
#include <vector>

#include "bayres/core/types.hpp"

namespace bayres::core {

/// A half-open range of neurons [first, last).
struct Range {
  Index first = 0;
  Index last = 0;
  [[nodiscard]] Index size() const noexcept { return last - first; }
  [[nodiscard]] bool contains(Index i) const noexcept { return i >= first && i < last; }
  /// The range from the first of both to the last of both; an empty range is ignored.
  [[nodiscard]] Range joined(Range other) const noexcept {
    if (size() == 0) return other;
    return other.size() == 0 ? *this : Range{std::min(first, other.first), std::max(last, other.last)};
  }
  friend bool operator==(const Range&, const Range&) = default;
};

/// Neurons in fixed blocks of 64, and whole blocks assigned to ranks in order.
///
/// The blocks do not depend on the number of ranks. Sums over neurons are formed within blocks first and over blocks in
/// global order second, so they have the same bits on any number of ranks. A rank may have no block.
class Partition {
 public:
  static constexpr Index block_size = 64;

  /// `neurons` >= 1 neurons over `ranks` >= 1 ranks.
  Partition(Index neurons, int ranks) : neurons_(neurons), ranks_(ranks) {}

  [[nodiscard]] Index neurons() const noexcept { return neurons_; }
  [[nodiscard]] int ranks() const noexcept { return ranks_; }
  [[nodiscard]] Index blocks() const noexcept { return (neurons_ + block_size - 1) / block_size; }

  /// The blocks of one rank: as even as whole blocks allow.
  [[nodiscard]] Range blocks_of(int rank) const noexcept {
    return {blocks() * rank / ranks_, blocks() * (rank + 1) / ranks_};
  }

  /// The neurons of one block; the last block may be short.
  [[nodiscard]] Range block(Index b) const noexcept {
    return {b * block_size, std::min((b + 1) * block_size, neurons_)};
  }

  /// The neurons of one rank.
  [[nodiscard]] Range neurons_of(int rank) const noexcept {
    const Range own = blocks_of(rank);
    return {std::min(own.first * block_size, neurons_), std::min(own.last * block_size, neurons_)};
  }

  /// The neurons of the rank that has most.
  [[nodiscard]] Range largest() const noexcept {
    Range largest;
    for (int rank = 0; rank < ranks_; ++rank) {
      if (neurons_of(rank).size() > largest.size()) largest = neurons_of(rank);
    }
    return largest;
  }

  /// The rank that owns a neuron.
  [[nodiscard]] int owner(Index neuron) const noexcept {
    int rank = 0;
    while (!neurons_of(rank).contains(neuron)) ++rank;
    return rank;
  }

 private:
  Index neurons_;
  int ranks_;
};

}  // namespace bayres::core
