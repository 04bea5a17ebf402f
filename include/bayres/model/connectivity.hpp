#pragma once
/// \file
/// How neurons are wired: one rank's rows of the recurrent weight matrix J.

#include <cstdint>
#include <span>
#include <variant>
#include <vector>

#include "bayres/core/aligned.hpp"
#include "bayres/core/partition.hpp"
#include "bayres/core/random.hpp"
#include "bayres/model/parameters.hpp"

namespace bayres::model {

/// Rows of J as a dense array, padded with zeros.
struct DenseRows {
  Index rows = 0;
  Index columns = 0;
  Index stride = 0;                  ///< entries from one row to the next
  core::AlignedVector<Real> values;  ///< rows x stride
};

/// Rows of J in compressed sparse row form. Row i holds entries [row_start[i], row_start[i + 1]).
struct SparseRows {
  Index rows = 0;
  Index columns = 0;
  std::vector<Index> row_start;       ///< rows + 1
  std::vector<std::uint32_t> column;  ///< global number of the presynaptic neuron, ascending within a row
  core::AlignedVector<Real> value;
};

/// One rank's rows of J, in either storage.
class Connectivity {
 public:
  explicit Connectivity(DenseRows rows) : rows_(std::move(rows)) {}
  explicit Connectivity(SparseRows rows) : rows_(std::move(rows)) {}

  /// Draws the rows `own`: each weight is there with probability p, and then Normal(0, g^2/(p N)). The network is the
  /// same in either storage and on any number of ranks.
  [[nodiscard]] static Connectivity draw(const ReservoirParameters&, const core::Philox&, core::Range own);

  /// out = J r for the own rows and `copies` states, of which J is read once. `rates` is copies x N, each row padded
  /// with zeros to `core::kernels::padded` and aligned; `out` is copies x own. A copy's bits do not depend on the
  /// others.
  void multiply(Index copies, std::span<const Real> rates, std::span<Real> out) const noexcept;

  [[nodiscard]] bool sparse() const noexcept { return std::holds_alternative<SparseRows>(rows_); }
  [[nodiscard]] const std::variant<DenseRows, SparseRows>& rows() const noexcept { return rows_; }
  /// Weights that are used: rows x N, or the stored ones.
  [[nodiscard]] Index synapses() const noexcept;
  /// Memory that one product reads.
  [[nodiscard]] Index bytes() const noexcept;

 private:
  std::variant<DenseRows, SparseRows> rows_;
};

/// Whether J is stored sparse.
[[nodiscard]] bool stores_sparse(const ReservoirParameters&);

}  // namespace bayres::model
