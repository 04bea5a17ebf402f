#pragma once
/// \file
/// One rank's rows of J, stored by presynaptic neuron: what a spike reaches is one after the other in memory.

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "bayres/core/aligned.hpp"
#include "bayres/core/spikes.hpp"

namespace bayres::model {

using core::Index;
using core::Real;

/// Counts the own synapses of each presynaptic neuron, as a first pass over the rows that SourceColumns is then filled
/// with.
class ColumnCounts {
 public:
  static constexpr bool is_sparse = true;
  explicit ColumnCounts(Index columns) : counts_(core::as_size(columns)) {}
  void add(Index, Index column, Real) { ++counts_[core::as_size(column)]; }
  void add(Index, std::span<const Index> columns, std::span<const Real>) {
    for (const Index column : columns) ++counts_[core::as_size(column)];
  }
  void end_row() noexcept {}
  [[nodiscard]] const std::vector<Index>& counts() const noexcept { return counts_; }

 private:
  std::vector<Index> counts_;
};

/// Weights with the numbers of their rows, by column. Rows are added in order. `Target` has the bits that a number of
/// an own row needs.
template <class Weight, class Target>
class SourceColumns {
 public:
  static constexpr bool is_sparse = true;
  /// Rows of the columns counted.
  SourceColumns(Index rows, const ColumnCounts& counted) : rows_(rows), begin_{0} {
    begin_.reserve(counted.counts().size() + 1);
    for (const Index count : counted.counts()) begin_.push_back(begin_.back() + count);
    end_.assign(begin_.begin(), begin_.end() - 1);
    row_.resize(core::as_size(begin_.back() + beyond));
    weight_.resize(core::as_size(begin_.back() + beyond));
  }

  void add(Index row, Index column, Real weight) {
    const auto place = core::as_size(end_[core::as_size(column)]++);
    row_[place] = static_cast<Target>(row);
    weight_[place] = Weight(weight);
  }
  void add(Index row, std::span<const Index> columns, std::span<const Real> weights) {
    for (std::size_t k = 0; k < columns.size(); ++k) add(row, columns[k], weights[k]);
  }
  void end_row() noexcept {}

  /// out (rows) += the columns of neurons that spike, in their order: every row has its additions in the order of the
  /// presynaptic neurons, whatever the rows of a rank.
  void deliver(core::SpikeMap spikes, Real* out) const noexcept {
    Index last = -1;
    core::for_each_spike(spikes, [&](Index source) {
      prefetch(source);
      if (last >= 0) add_column(last, 1, out);
      last = source;
    });
    if (last >= 0) add_column(last, 1, out);
  }
  /// out (rows) += a column times `rate`.
  void add_column(Index column, Real rate, Real* __restrict out) const noexcept {
    const auto first = core::as_size(begin_[core::as_size(column)]);
    const auto end = core::as_size(begin_[core::as_size(column) + 1]);
    for (std::size_t k = first; k < end; ++k) out[row_[k]] += rate * static_cast<Real>(weight_[k]);
  }

  /// Calls `visit(column, place)` for the weights of a row, in order of the columns; `weight(place)` is one of them.
  template <class Visit>
  void for_each_place(Index row, Visit visit) const {
    const auto target = static_cast<Target>(row);
    for (std::size_t column = 0; column + 1 < begin_.size(); ++column) {
      const auto end = row_.begin() + begin_[column + 1];
      const auto found = std::lower_bound(row_.begin() + begin_[column], end, target);
      if (found != end && *found == target) visit(static_cast<Index>(column), found - row_.begin());
    }
  }
  [[nodiscard]] Weight& weight(Index place) noexcept { return weight_[core::as_size(place)]; }
  [[nodiscard]] const Weight& weight(Index place) const noexcept { return weight_[core::as_size(place)]; }

  [[nodiscard]] Index rows() const noexcept { return rows_; }
  [[nodiscard]] Index columns() const noexcept { return std::ssize(end_); }
  [[nodiscard]] Index synapses() const noexcept { return begin_.back(); }
  [[nodiscard]] Index bytes() const noexcept {
    return synapses() * static_cast<Index>(sizeof(Weight) + sizeof(Target)) + columns() * Index{sizeof(Index)};
  }

 private:
  static constexpr Index beyond = 256;  // so that the lines asked for are within

  void prefetch(Index column) const noexcept {
    const auto first = core::as_size(begin_[core::as_size(column)]);
    constexpr std::size_t ahead = 4;  // cache lines; the processor's own prefetching takes over
    const auto* rows = reinterpret_cast<const char*>(row_.data() + first);
    const auto* weights = reinterpret_cast<const char*>(weight_.data() + first);
    for (std::size_t line = 0; line < ahead; ++line) {
      __builtin_prefetch(rows + line * core::cache_line);
      __builtin_prefetch(weights + line * core::cache_line);
    }
  }

  Index rows_;
  std::vector<Index> begin_;  // of each column, and the end of the last
  std::vector<Index> end_;    // of what has been added to each
  core::AlignedVector<Target> row_;
  core::AlignedVector<Weight> weight_;
};

}  // namespace bayres::model
