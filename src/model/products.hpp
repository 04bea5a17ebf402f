#pragma once
/// \file
/// Products of stored rows of J with rates.

#include <algorithm>
#include <cstring>
#include <type_traits>

#include "bayres/kernels/kernels.hpp"
#include "bayres/model/dealt_rows.hpp"
#include "bayres/storage/gathered.hpp"
#include "bayres/storage/rows.hpp"

namespace bayres::model {

/// out = some rows of J times the rates, in the type T of the rates.
/// \{
template <class T, class Weight>
void multiply_rows(const DenseRows<Weight>& J, core::Range rows, const RatesView& rates, bool backwards,
                   RowSums out) noexcept {
  const core::kernels::Vectors<T> vectors{rates.copies, rates.values<T>(), J.columns(), out.first + rows.first,
                                          out.apart};
  core::kernels::tiled_product<Weight, T>(J.tiles() + rows.first * J.columns(), rows.size(), J.columns(), backwards,
                                          vectors);
}
template <class T, class Weight>
void multiply_rows(const SparseRows<Weight>& J, core::Range rows, const RatesView& rates, bool backwards,
                   RowSums out) noexcept {
  const Index copies = rates.copies;
  Real* to = out.first + rows.first;
  for (Index copy = 0; copy < copies; ++copy) std::fill_n(to + copy * out.apart, rows.size(), Real{0});
  Index first = 0;
  for (const auto& block : J.blocks()) {
    const core::kernels::SparseBlock<Weight> part{block.row_start.data() + rows.first, block.column.data(),
                                                  block.value.data(), rows.size()};
    if (rates.order == core::RateOrder::neuron_by_neuron) {
      core::kernels::sparse_product_side_by_side<Weight, T>(
          part, backwards, {copies, rates.values<T>() + first * copies, copies, to, out.apart});
    } else {
      core::kernels::sparse_product<Weight, T>(part, backwards,
                                               {copies, rates.values<T>() + first, J.columns(), to, out.apart});
    }
    first += SparseRows<Weight>::block_columns;
  }
}
/// \}

/// A message of arrays, one after the other.
/// \{
class Writer {
 public:
  explicit Writer(std::vector<std::byte>& message) : message_(&message) {}
  template <class T>
  void operator()(const T* numbers, Index count) {
    const auto bytes = std::as_bytes(std::span(numbers, core::as_size(count)));
    message_->insert(message_->end(), bytes.begin(), bytes.end());
  }

 private:
  std::vector<std::byte>* message_;
};
class Reader {
 public:
  explicit Reader(std::span<const std::byte> message) : message_(message) {}
  template <class T>
  void operator()(T* numbers, Index count) {
    const std::size_t bytes = core::as_size(count) * sizeof(T);
    std::memcpy(numbers, message_.data(), bytes);
    message_ = message_.subspan(bytes);
  }

 private:
  std::span<const std::byte> message_;
};
/// \}

/// Some rows, from a multiple of 64 on, as they are in memory: all their tiles; or of each block of columns the ends of
/// rows, columns and weights.
/// \{
template <class Weight>
void write_rows(const DenseRows<Weight>& J, core::Range rows, Writer write) {
  write(J.tiles() + rows.first * J.columns(), in_whole_tiles(rows.size()) * J.columns());
}
template <class Weight>
void read_rows(DenseRows<Weight>& J, Reader read) {
  read(J.tiles(), in_whole_tiles(J.rows()) * J.columns());
}
template <class Weight>
void write_rows(const SparseRows<Weight>& J, core::Range rows, Writer write) {
  for (const auto& block : J.blocks()) {
    const auto* start = block.row_start.data() + rows.first;
    const Index count = Index{start[rows.size()]} - start[0];
    write(start, rows.size() + 1);
    write(block.column.data() + start[0], count);
    write(block.value.data() + start[0], count);
  }
}
template <class Weight>
void read_rows(SparseRows<Weight>& J, Reader read) {
  for (auto& block : J.blocks()) {
    block.row_start.resize(core::as_size(J.rows() + 1));
    read(block.row_start.data(), J.rows() + 1);
    const auto first = block.row_start.front();
    for (auto& start : block.row_start) start -= first;
    const Index count = block.row_start.back();
    block.column.resize(core::as_size(count + core::kernels::sparse_reach));
    block.value.resize(core::as_size(count + core::kernels::sparse_reach));
    read(block.column.data(), count);
    read(block.value.data(), count);
  }
}
/// \}

/// Rows with their products.
template <template <class> class Rows, class Weight>
class HeldRows final : public RowsOfJ {
 public:
  explicit HeldRows(Rows<Weight> rows) : rows_(std::move(rows)) {}
  [[nodiscard]] const Rows<Weight>& operator*() const noexcept { return rows_; }
  [[nodiscard]] Rows<Weight>& operator*() noexcept { return rows_; }
  [[nodiscard]] const Rows<Weight>* operator->() const noexcept { return &rows_; }

  [[nodiscard]] Index rows() const noexcept override { return rows_.rows(); }
  /// The type of a product is that of the rates; no weight is wider than the rates.
  void multiply(core::Range rows, const RatesView& rates, bool backwards, RowSums out) const noexcept override {
    if constexpr (!std::is_same_v<Weight, Real>) {
      if (rates.single()) return multiply_rows<float>(rows_, rows, rates, backwards, out);
    }
    multiply_rows<Real>(rows_, rows, rates, backwards, out);
  }
  void write(core::Range rows, std::vector<std::byte>& message) const override {
    write_rows(rows_, rows, Writer(message));
  }
  [[nodiscard]] std::unique_ptr<const RowsOfJ> read(Index rows, std::span<const std::byte> message) const override {
    Rows<Weight> read(rows, rows_.columns(), 0);
    read_rows(read, Reader(message));
    return std::make_unique<const HeldRows>(std::move(read));
  }

 private:
  Rows<Weight> rows_;
};

}  // namespace bayres::model
