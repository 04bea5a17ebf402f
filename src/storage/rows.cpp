#include "bayres/storage/rows.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "bayres/core/error.hpp"

namespace bayres::model {
namespace {
constexpr std::size_t beyond{core::kernels::sparse_reach};
}

template <class Weight>
SparseRows<Weight>::SparseRows(Index rows, Index columns, double expected)
    : rows_(rows), columns_(columns), blocks_(static_cast<std::size_t>((columns + block_columns - 1) / block_columns)) {
  for (std::size_t b = 0; b < blocks_.size(); ++b) {
    const Index width = std::min(block_columns, columns - static_cast<Index>(b) * block_columns);
    const double mean = expected * static_cast<double>(width) / static_cast<double>(columns);
    const auto likely = static_cast<std::size_t>(mean + 5 * std::sqrt(mean));  // hardly ever exceeded
    auto& block = blocks_[b];
    block.row_start.reserve(static_cast<std::size_t>(rows) + 1);
    block.row_start.push_back(0);
    block.column.reserve(likely + beyond);
    block.value.reserve(likely + beyond);
  }
}

template <class Weight>
void SparseRows<Weight>::add(Index, std::span<const Index> columns, std::span<const Real> weights) {
  while (!columns.empty()) {
    const Index number = columns.front() / block_columns;
    const Index first = number * block_columns;
    const auto count =
        static_cast<std::size_t>(std::ranges::lower_bound(columns, first + block_columns) - columns.begin());
    auto& block = blocks_[static_cast<std::size_t>(number)];
    const std::size_t before = block.value.size();
    block.column.resize(before + count);
    block.value.resize(before + count);
    for (std::size_t k = 0; k < count; ++k) {
      block.column[before + k] = static_cast<std::uint16_t>(columns[k] - first);
      block.value[before + k] = Weight(weights[k]);
    }
    columns = columns.subspan(count);
    weights = weights.subspan(count);
  }
}

template <class Weight>
void SparseRows<Weight>::end_row() {
  for (auto& block : blocks_) {
    if (block.value.size() > std::numeric_limits<std::uint32_t>::max()) {
      throw core::usage_error("a rank would hold 2^32 weights or more of 65,536 columns: use more ranks");
    }
    block.row_start.push_back(static_cast<std::uint32_t>(block.value.size()));
    if (std::ssize(block.row_start) <= rows_) continue;
    block.column.resize(block.column.size() + beyond);
    block.value.resize(block.value.size() + beyond);
  }
}

template <class Weight>
Index SparseRows<Weight>::synapses() const noexcept {
  std::size_t count = 0;
  for (const auto& block : blocks_) count += block.row_start.back();
  return static_cast<Index>(count);
}

template <class Weight>
Index SparseRows<Weight>::bytes() const noexcept {
  const auto starts = blocks_.size() * (static_cast<std::size_t>(rows_) + 1) * sizeof(std::uint32_t);
  return synapses() * static_cast<Index>(sizeof(Weight) + sizeof(std::uint16_t)) + static_cast<Index>(starts);
}

template class SparseRows<Real>;
template class SparseRows<float>;
template class SparseRows<core::Bfloat16>;

}  // namespace bayres::model
