#include "bayres/model/rates.hpp"

namespace bayres::model {
namespace {

std::size_t count(Index n) { return static_cast<std::size_t>(n); }

template <class T>
void transpose(const core::AlignedVector<T>& rows, Index columns, Index stride, core::AlignedVector<T>& out) noexcept {
  const Index height = static_cast<Index>(rows.size()) / columns;
  const T* from = rows.data();
  // Column by column, so that whole cache lines are written.
  for (Index j = 0; j < columns; ++j) {
    T* to = out.data() + j * stride;
    for (Index row = 0; row < height; ++row) to[row] = from[row * columns + j];
  }
}

}  // namespace

Rates::Rates(Index copies, Index neurons, core::Precision precision, bool side_by_side)
    : copies_(copies), neurons_(neurons), values_(count(copies * neurons)) {
  const bool single = precision != core::Precision::full;
  if (single) singles_.resize(values_.size());
  if (!side_by_side) return;
  const auto size = count(side_stride() * neurons);
  if (single) {
    side_by_side_singles_.resize(size);
  } else {
    side_by_side_.resize(size);
  }
}

void Rates::settle() noexcept {
  for (std::size_t k = 0; k < singles_.size(); ++k) singles_[k] = static_cast<float>(values_[k]);
  if (!side_by_side_.empty()) transpose(values_, neurons_, side_stride(), side_by_side_);
  if (!side_by_side_singles_.empty()) transpose(singles_, neurons_, side_stride(), side_by_side_singles_);
}

Index Rates::bytes(Index copies, Index neurons, core::Precision precision, bool side_by_side) noexcept {
  const Index width = precision == core::Precision::full ? sizeof(Real) : sizeof(float);
  const Index single = precision == core::Precision::full ? 0 : width;
  return copies * neurons * (Index{sizeof(Real)} + single + (side_by_side ? width : 0));
}

}  // namespace bayres::model
