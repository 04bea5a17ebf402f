#pragma once
/// \file
/// How neurons are wired: one rank's rows of the recurrent weight matrix J.

#include <string>
#include <variant>

#include "bayres/core/random.hpp"
#include "bayres/model/parameters.hpp"
#include "bayres/model/rates.hpp"
#include "bayres/model/rows.hpp"

namespace bayres::model {

/// One rank's rows of J, in any storage and precision.
class Connectivity {
 public:
  using Rows = std::variant<DenseRows<Real>, DenseRows<float>, DenseRows<core::Bfloat16>, SparseRows<Real>,
                            SparseRows<float>, SparseRows<core::Bfloat16>>;

  explicit Connectivity(Rows rows) : rows_(std::move(rows)) {}

  /// Rows of the storage and precision asked for, after `fill(rows)` has filled them: row by row with
  /// `rows.add(row, column, weight)`, or several columns and their weights at once, columns ascending, and
  /// `rows.end_row()`. `expected`: about how many weights.
  template <class Fill>
  [[nodiscard]] static Connectivity make(bool sparse, core::Precision precision, Index rows, Index columns,
                                         double expected, Fill fill);

  /// Draws the rows `own`: each weight is there with probability p, and then Normal(0, g^2/(p N)), rounded to the grid
  /// of the precision. The network is the same in either storage and on any number of ranks.
  [[nodiscard]] static Connectivity draw(const ReservoirParameters&, core::Precision, const core::Philox&,
                                         core::Range own);

  /// out = J r for the own rows and all copies of the rates, of which J is read once, forwards or backwards; `out` is
  /// copies x own. A copy's bits depend neither on the others nor on the direction.
  void multiply(const Rates& rates, bool backwards, std::span<Real> out) const noexcept;

  /// Calls `visit(column, weight)` for the weights of a row, counted from the first own one.
  template <class Visit>
  void for_each(Index row, Visit visit) const {
    std::visit([&](const auto& rows) { rows.for_each(row, visit); }, rows_);
  }

  [[nodiscard]] Index rows() const noexcept;
  [[nodiscard]] bool sparse() const noexcept;
  /// Bytes of one weight.
  [[nodiscard]] Index weight_bytes() const noexcept;
  /// Weights that are used: rows x N, or the stored ones.
  [[nodiscard]] Index synapses() const noexcept;
  /// Memory that one product reads.
  [[nodiscard]] Index bytes() const noexcept;
  /// In words, such as "sparse, bfloat16".
  [[nodiscard]] std::string description() const;

  /// In which order products of this many copies want the rates.
  [[nodiscard]] core::RateOrder rate_order(Index copies) const noexcept;

 private:
  template <class Kind, class Fill>
  [[nodiscard]] static Connectivity filled(Index rows, Index columns, double expected, Fill fill);

  Rows rows_;
};

template <class Kind, class Fill>
Connectivity Connectivity::filled(Index rows, Index columns, double expected, Fill fill) {
  Kind kind(rows, columns, expected);
  fill(kind);
  return Connectivity(Rows(std::move(kind)));
}

template <class Fill>
Connectivity Connectivity::make(bool sparse, core::Precision precision, Index rows, Index columns, double expected,
                                Fill fill) {
  switch (core::weight_bytes(precision)) {
    case sizeof(core::Bfloat16):
      return sparse ? filled<SparseRows<core::Bfloat16>>(rows, columns, expected, fill)
                    : filled<DenseRows<core::Bfloat16>>(rows, columns, expected, fill);
    case sizeof(float):
      return sparse ? filled<SparseRows<float>>(rows, columns, expected, fill)
                    : filled<DenseRows<float>>(rows, columns, expected, fill);
    default:
      return sparse ? filled<SparseRows<Real>>(rows, columns, expected, fill)
                    : filled<DenseRows<Real>>(rows, columns, expected, fill);
  }
}

/// Whether J is stored sparse. For storage = auto that is what takes less time by the rates that products were measured
/// to run at: a function of size, connectivity and precision alone, so that a run has the same bits on any machine.
[[nodiscard]] bool stores_sparse(const ReservoirParameters&, core::Precision);

}  // namespace bayres::model
