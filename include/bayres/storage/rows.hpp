#pragma once
/// \file
/// Rows of the recurrent weight matrix J, dense and sparse.

#include <cstdint>
#include <span>
#include <vector>

#include "bayres/core/aligned.hpp"
#include "bayres/core/partition.hpp"
#include "bayres/kernels/kernels.hpp"

namespace bayres::model {

using core::Index;
using core::Real;

/// Applies `update(column, Real&)` to a weight and rounds the result to the grid of its type.
template <class Weight, class Update>
void change(Weight& weight, Index column, Update& update) {
  auto value = static_cast<Real>(weight);
  update(column, value);
  weight = Weight(value);
}

/// Rows of J as a dense array, in the tiles of kernels/kernels.hpp.
template <class Weight>
class DenseRows {
 public:
  static constexpr bool is_sparse = false;
  /// `rows` x `columns` zeros.
  DenseRows(Index rows, Index columns, double)
      : rows_(rows), columns_(columns), tiles_(static_cast<std::size_t>((rows + tile - 1) / tile * tile * columns)) {}

  [[nodiscard]] Index rows() const noexcept { return rows_; }
  [[nodiscard]] Index columns() const noexcept { return columns_; }
  [[nodiscard]] const Weight* tiles() const noexcept { return tiles_.data(); }
  [[nodiscard]] Weight* tiles() noexcept { return tiles_.data(); }

  /// Sets one weight, or several of a row, rounded to the grid of their type.
  void add(Index row, Index column, Real weight) { tiles_[place(row, column)] = Weight(weight); }
  void add(Index row, std::span<const Index> columns, std::span<const Real> weights) {
    for (std::size_t k = 0; k < columns.size(); ++k) add(row, columns[k], weights[k]);
  }
  void end_row() noexcept {}

  /// Calls `visit(column, weight)` for every weight of a row, in order.
  template <class Visit>
  void for_each(Index row, Visit visit) const {
    for (Index j = 0; j < columns_; ++j) visit(j, static_cast<Real>(tiles_[place(row, j)]));
  }
  /// The same, but `update` may change the weights.
  template <class Update>
  void update(Index row, Update update) {
    for (Index j = 0; j < columns_; ++j) change(tiles_[place(row, j)], j, update);
  }

  /// Elements of an array that holds a number for each weight, in their order in memory. `visit(place)` is called for
  /// those of a row, in order of the columns.
  /// \{
  [[nodiscard]] Index places() const noexcept { return std::ssize(tiles_); }
  template <class Visit>
  void for_each_place(Index row, Visit visit) const {
    for (Index j = 0; j < columns_; ++j) visit(static_cast<Index>(place(row, j)));
  }
  /// \}

  /// Number of weights, and bytes that one product reads.
  /// \{
  [[nodiscard]] Index synapses() const noexcept { return rows_ * columns_; }
  [[nodiscard]] Index bytes() const noexcept { return static_cast<Index>(tiles_.size() * sizeof(Weight)); }
  /// \}

 private:
  static constexpr Index tile = core::kernels::tile_rows;
  static_assert(tile == core::Partition::block_size);
  [[nodiscard]] std::size_t place(Index row, Index column) const noexcept {
    return static_cast<std::size_t>((row / tile * columns_ + column) * tile +
                                    core::kernels::place_in_tile<Weight>(row % tile));
  }

  Index rows_;
  Index columns_;
  core::AlignedVector<Weight> tiles_;
};

/// Rows of J in compressed sparse row form, in blocks of 2^16 columns: a column number within its block has 16 bits,
/// and the rates that a block reads stay in the cache.
template <class Weight>
class SparseRows {
 public:
  static constexpr bool is_sparse = true;
  static constexpr Index block_columns = 65536;

  struct Block {
    std::vector<std::uint32_t> row_start;       ///< rows + 1
    core::AlignedVector<std::uint16_t> column;  ///< relative to the block's first; ascending within a row
    core::AlignedVector<Weight> value;          ///< padded after the last row, since the product reads beyond it
  };

  /// Without weights; reserves memory for `expected` of them.
  SparseRows(Index rows, Index columns, double expected);

  [[nodiscard]] Index rows() const noexcept { return rows_; }
  [[nodiscard]] Index columns() const noexcept { return columns_; }
  [[nodiscard]] const std::vector<Block>& blocks() const noexcept { return blocks_; }
  [[nodiscard]] std::vector<Block>& blocks() noexcept { return blocks_; }

  /// Adds a weight to the row that is being filled, rounded to the grid of its type; `column` ascends within a row.
  void add(Index row, Index column, Real weight) { add(row, std::span(&column, 1), std::span(&weight, 1)); }
  /// The same for several columns and their weights.
  void add(Index row, std::span<const Index> columns, std::span<const Real> weights);
  /// Ends a row. Throws if this rank has 2^32 weights or more in one block of columns.
  void end_row();

  /// Calls `visit(column, weight)` for every stored weight of a row, in order.
  template <class Visit>
  void for_each(Index row, Visit visit) const {
    const auto i = static_cast<std::size_t>(row);
    Index first = 0;
    for (const auto& block : blocks_) {
      for (std::size_t k = block.row_start[i]; k < block.row_start[i + 1]; ++k) {
        visit(first + block.column[k], static_cast<Real>(block.value[k]));
      }
      first += block_columns;
    }
  }
  /// The same, but `update` may change the weights.
  template <class Update>
  void update(Index row, Update update) {
    const auto i = static_cast<std::size_t>(row);
    Index first = 0;
    for (auto& block : blocks_) {
      for (std::size_t k = block.row_start[i]; k < block.row_start[i + 1]; ++k) {
        change(block.value[k], first + block.column[k], update);
      }
      first += block_columns;
    }
  }

  /// As in DenseRows.
  /// \{
  [[nodiscard]] Index places() const noexcept { return synapses(); }
  template <class Visit>
  void for_each_place(Index row, Visit visit) const {
    const auto i = static_cast<std::size_t>(row);
    Index first = 0;
    for (const auto& block : blocks_) {
      const auto end = static_cast<Index>(block.row_start[i + 1]);
      for (Index k = block.row_start[i]; k < end; ++k) visit(first + k);
      first += block.row_start.back();
    }
  }
  /// \}

  /// Number of stored weights, and bytes that one product reads.
  /// \{
  [[nodiscard]] Index synapses() const noexcept;
  [[nodiscard]] Index bytes() const noexcept;
  /// \}

 private:
  Index rows_;
  Index columns_;
  std::vector<Block> blocks_;
};

extern template class SparseRows<Real>;
extern template class SparseRows<float>;
extern template class SparseRows<core::Bfloat16>;

}  // namespace bayres::model
