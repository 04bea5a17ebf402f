#pragma once
/// \file
/// J r by ranks that each have some rows, and then some columns, of the transformed vector as a matrix.

#include <algorithm>
#include <memory>
#include <vector>

#include "bayres/core/aligned.hpp"
#include "bayres/model/team_product.hpp"
#include "slabs.hpp"

namespace bayres::model {

/// Bytes of the parts that a rank sends to, and receives from, each rank.
struct Parcels {
  std::vector<Index> to;
  std::vector<Index> from;
};

/// Which rows and columns each rank has. Rates come to those that have their rows; the numbers change places between
/// rows and columns three times, and since J exchanges the halves of the index, columns are then parts of J r.
struct SplitLayout {
  SplitLayout(const core::Carriers& carriers, Index bits, Index count, Index number_bytes, Index columns_of_slab);

  /// Neurons whose rates are in these rows; or whose J r is in these columns.
  /// \{
  [[nodiscard]] core::Range in_rows(core::Range of) const noexcept { return within(of, matrix.columns); }
  [[nodiscard]] core::Range in_columns(core::Range of) const noexcept { return within(of, matrix.rows); }
  /// \}
  SquareLayout matrix;
  Index count;
  std::vector<core::Range> first_rows;  ///< by rank: of rates
  std::vector<core::Range> first_columns;
  std::vector<core::Range> last_rows;
  std::vector<core::Range> last_columns;  ///< of J r
  Parcels rates, rows_to_columns, columns_to_rows, rows_to_last, results;

 private:
  [[nodiscard]] core::Range within(core::Range lines, Index length) const noexcept {
    return {std::min(lines.first * length, count), std::min(lines.last * length, count)};
  }
};

template <class T, class Diagonal>
class SplitTransform final : public TeamProduct {
 public:
  SplitTransform(const ThreeTransforms<Diagonal>& three, core::Range own, Index count, Real factor, Index bytes,
                 std::unique_ptr<core::Carriers> carriers)
      : three_(three),
        factor_(factor),
        bytes_(bytes),
        carriers_(std::move(carriers)),
        layout_(*carriers_, three.bits, count, sizeof(T), slab_columns<T>),
        own_(core::as_size(own.size())),
        work_(core::as_size(slab_work<T>(three.bits))) {
    const auto& m = layout_.matrix;
    const Index rows = std::max(mine(layout_.first_rows).size(), mine(layout_.last_rows).size()) * m.columns;
    const Index columns = std::max(mine(layout_.first_columns).size(), mine(layout_.last_columns).size()) * m.rows;
    rows_.resize(core::as_size(std::max(rows, columns)));
    columns_.resize(rows_.size());
    packed_.resize(core::as_size(rows));
  }
  [[nodiscard]] ProductWay way() const noexcept override { return ProductWay::split; }
  [[nodiscard]] Index bytes() const noexcept override { return bytes_; }

  void multiply(std::span<const Real> rates, std::span<Real> out) const noexcept override {
    std::ranges::transform(rates, own_.begin(), [](Real rate) { return static_cast<T>(rate); });
    exchange(layout_.rates, own_, rows_);
    step(SlabStep::first_rows, mine(layout_.first_rows), rows_);
    pack(layout_.first_columns, mine(layout_.first_rows));
    exchange(layout_.rows_to_columns, packed_, columns_);
    const auto columns = mine(layout_.first_columns);
    const Index live = layout_.first_rows.back().last;  // behind them are zeros
    std::fill_n(columns_.begin() + live * columns.size(), (layout_.matrix.rows - live) * columns.size(), T{0});
    step(SlabStep::first_columns, columns, columns_);
    exchange(layout_.columns_to_rows, columns_, packed_);
    unpack(layout_.first_columns, mine(layout_.last_rows));
    step(SlabStep::last_rows, mine(layout_.last_rows), rows_);
    pack(layout_.last_columns, mine(layout_.last_rows));
    exchange(layout_.rows_to_last, packed_, columns_);
    step(SlabStep::last_columns, mine(layout_.last_columns), columns_);
    turn(mine(layout_.last_columns).size());
    exchange(layout_.results, rows_, own_);
    std::ranges::transform(own_, out.begin(), [this](T value) { return factor_ * static_cast<Real>(value); });
  }

 private:
  using Numbers = core::AlignedVector<T>;
  [[nodiscard]] core::Range mine(const std::vector<core::Range>& all) const noexcept {
    return all[core::as_size(Index{carriers_->rank()})];
  }
  void exchange(const Parcels& parcels, const Numbers& out, Numbers& in) const noexcept {
    carriers_->exchange(std::as_bytes(std::span(out)), parcels.to, std::as_writable_bytes(std::span(in)), parcels.from);
  }
  void step(SlabStep what, core::Range some, Numbers& values) const noexcept {
    slab_step(what, three_, some, layout_.count, values.data(), work_.data());
  }
  /// Visits each row's numbers in the columns of each rank, in the order of packed ones.
  template <class Visit>
  void for_each_part(const std::vector<core::Range>& columns, core::Range rows, Visit visit) const noexcept {
    Index packed = 0;
    for (const auto& part : columns) {
      for (Index row = 0; row < rows.size(); ++row, packed += part.size()) {
        visit(row * layout_.matrix.columns + part.first, packed, part.size());
      }
    }
  }
  void pack(const std::vector<core::Range>& columns, core::Range rows) const noexcept {
    for_each_part(columns, rows, [this](Index at, Index packed, Index size) {
      std::copy_n(rows_.begin() + at, size, packed_.begin() + packed);
    });
  }
  void unpack(const std::vector<core::Range>& columns, core::Range rows) const noexcept {
    for_each_part(columns, rows, [this](Index at, Index packed, Index size) {
      std::copy_n(packed_.begin() + packed, size, rows_.begin() + at);
    });
  }
  /// One column after the other, by tiles that stay in the cache.
  void turn(Index columns) const noexcept {
    constexpr Index tile = 16;
    const Index rows = layout_.matrix.rows;
    for (Index first = 0; first < rows; first += tile) {
      for (Index c = 0; c < columns; ++c) {
        for (Index row = first; row < std::min(first + tile, rows); ++row) {
          rows_[core::as_size(c * rows + row)] = columns_[core::as_size(row * columns + c)];
        }
      }
    }
  }

  ThreeTransforms<Diagonal> three_;
  Real factor_;
  Index bytes_;
  std::unique_ptr<core::Carriers> carriers_;
  SplitLayout layout_;
  mutable Numbers own_;      // rates, then J r
  mutable Numbers rows_;     // some rows of the matrix, then some columns, one after the other
  mutable Numbers columns_;  // all rows of some columns
  mutable Numbers packed_;   // rows, in parts for each rank
  mutable Numbers work_;
};

}  // namespace bayres::model
