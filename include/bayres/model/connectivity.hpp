#pragma once
/// \file
/// One rank's rows of the recurrent weight matrix J.

#include <bit>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "bayres/core/component.hpp"
#include "bayres/core/spikes.hpp"
#include "bayres/kernels/random.hpp"
#include "bayres/model/dealt_rows.hpp"
#include "bayres/model/parameters.hpp"
#include "bayres/model/rates.hpp"
#include "bayres/model/team_product.hpp"
#include "bayres/storage/columns.hpp"
#include "bayres/storage/gathered.hpp"
#include "bayres/storage/rows.hpp"

namespace bayres::model {

/// How J is stored: as an array, by rows, or by presynaptic neuron; or not, as a product of fast transforms.
enum class Storage { dense, sparse, by_source, transform };

[[nodiscard]] std::string_view name_of(Storage storage) noexcept;  ///< as in INI files
[[nodiscard]] Storage storage_named(std::string_view name);

/// Whether only existing weights are stored.
[[nodiscard]] constexpr bool is_sparse(Storage storage) noexcept {
  return storage == Storage::sparse || storage == Storage::by_source;
}

/// Bits of an index into the vectors of a transform of so many neurons, whose length is the least power of 2 that holds
/// them.
[[nodiscard]] constexpr Index transform_bits(Index neurons) noexcept {
  return static_cast<Index>(std::bit_width(static_cast<std::uint64_t>(neurons - 1)));
}

/// One rank's rows of J, in any storage.
class AnyConnections {
 public:
  using Visit = std::function<void(Index column, Real weight)>;
  using Update = std::function<void(Index column, Real& weight)>;

  virtual ~AnyConnections() = default;
  /// out = J r for the own rows and all copies of the rates; `out` is copies x own. J, if it is stored, is read
  /// once, forwards or backwards. The bits of a copy depend neither on the other copies nor on the direction.
  virtual void multiply(const RatesView& rates, bool backwards, std::span<Real> out) const noexcept = 0;
  /// out (own rows) = the sum of the columns of all neurons that spike, added in their order: the same bits in any
  /// storage, but for a transform, which adds up otherwise.
  virtual void deliver(core::SpikeMap spikes, std::span<Real> out) const noexcept = 0;
  /// Calls `visit` for the weights of a row, in order of the columns.
  virtual void for_each(Index row, const Visit& visit) const = 0;
  /// The same, but `update` may change the weights; they are rounded to the grid of their type.
  virtual void update(Index row, const Update& update) = 0;
  /// Changes the weights by what several steps say (gathered.hpp), and rounds them to the grid of their type. Throws
  /// core::Error for weights of 2 bytes, which are too coarse.
  /// \{
  virtual void learn(const Gathered<Real>& gathered) = 0;
  virtual void learn(const Gathered<float>& gathered) = 0;
  /// \}
  /// Elements of an array that holds a number for each weight, in their order in memory.
  [[nodiscard]] virtual Index places() const noexcept = 0;
  /// Calls `visit` for the elements of a row, in order of the columns.
  virtual void for_each_place(Index row, const std::function<void(Index place)>& visit) const = 0;
  /// The range that contains all presynaptic neurons of the own rows: a product may read the rates of all of this
  /// range.
  [[nodiscard]] virtual core::Range sources() const = 0;
  [[nodiscard]] virtual Index rows() const noexcept = 0;
  [[nodiscard]] virtual Storage storage() const noexcept = 0;
  /// Whether only existing weights are stored.
  [[nodiscard]] bool sparse() const noexcept { return is_sparse(storage()); }
  [[nodiscard]] virtual Index weight_bytes() const noexcept = 0;  ///< of one weight
  [[nodiscard]] virtual Index synapses() const noexcept = 0;      ///< number of weights: rows x N, or those stored
  [[nodiscard]] virtual Index bytes() const noexcept = 0;         ///< read by one product, or what a transform keeps
  /// Memory that a team needs to make products together, in bytes; 0: ranks cannot, in any way.
  [[nodiscard]] virtual Index team_bytes() const noexcept { return 0; }
  /// Such a product, if they can. The connections outlive it, and keep no room for products of their own.
  /// \{
  using Together = std::unique_ptr<const TeamProduct>;
  [[nodiscard]] virtual Together product_of(std::unique_ptr<core::Team>) const { return nullptr; }
  [[nodiscard]] virtual Together product_of(std::unique_ptr<core::Carriers>) const { return nullptr; }
  /// \}
  /// The rows, if they are stored as such; else null.
  [[nodiscard]] virtual const RowsOfJ* by_rows() const noexcept { return nullptr; }
  /// The order of rates in which products of this many copies are fastest.
  [[nodiscard]] virtual core::RateOrder rate_order(Index copies) const noexcept = 0;
};

/// One rank's rows of J. Can be moved, not copied.
class Connectivity {
 public:
  /// From stored rows (rows.hpp).
  template <class Rows>
  explicit Connectivity(Rows rows);
  explicit Connectivity(core::Copied<AnyConnections> connections) : connections_(std::move(connections)) {}
  Connectivity(Connectivity&&) noexcept = default;
  Connectivity& operator=(Connectivity&&) noexcept = default;

  /// Rows of the given storage and precision, filled by `fill(rows)`: `rows.add(row, column, weight)`, or several
  /// columns and their weights at once, with ascending columns, and `rows.end_row()` after each row. By presynaptic
  /// neuron, `fill` is called twice. `expected`: approximate number of weights.
  template <class Fill>
  [[nodiscard]] static Connectivity make(Storage storage, core::Precision precision, Index rows, Index columns,
                                         double expected, Fill fill);

  /// Draws the rows `own`: each connection exists with probability p and has a weight Normal(0, g^2/(p N)), rounded to
  /// the grid of the precision. The network is the same in either storage and on any number of ranks.
  [[nodiscard]] static Connectivity draw(const ReservoirParameters&, core::Precision, const core::Philox&,
                                         core::Range own);

  /// As in AnyConnections.
  /// \{
  [[nodiscard]] const core::Copied<AnyConnections>& connections() const noexcept { return connections_; }
  void multiply(const RatesView& rates, bool backwards, std::span<Real> out) const noexcept {
    connections_->multiply(rates, backwards, out);
  }
  void deliver(core::SpikeMap spikes, std::span<Real> out) const noexcept { connections_->deliver(spikes, out); }
  void for_each(Index row, const AnyConnections::Visit& visit) const { connections_->for_each(row, visit); }
  void update(Index row, const AnyConnections::Update& update) { connections_->update(row, update); }
  [[nodiscard]] core::Range sources() const { return connections_->sources(); }
  [[nodiscard]] Index rows() const noexcept { return connections_->rows(); }
  [[nodiscard]] bool sparse() const noexcept { return connections_->sparse(); }
  [[nodiscard]] Index weight_bytes() const noexcept { return connections_->weight_bytes(); }
  [[nodiscard]] Index synapses() const noexcept { return connections_->synapses(); }
  [[nodiscard]] Index bytes() const noexcept { return connections_->bytes(); }
  [[nodiscard]] core::RateOrder rate_order(Index copies) const noexcept { return connections_->rate_order(copies); }
  /// \}
  /// Storage and type of the weights, such as "sparse, bfloat16".
  [[nodiscard]] std::string description() const;
  [[nodiscard]] std::vector<Index> row_starts() const;  ///< in an array of all own synapses, and the end of the last

 private:
  template <class Weight, class Fill>
  [[nodiscard]] static Connectivity filled(Storage storage, Index rows, Index columns, double expected, Fill fill);

  core::Copied<AnyConnections> connections_;
};

template <class Weight, class Fill>
Connectivity Connectivity::filled(Storage storage, Index rows, Index columns, double expected, Fill fill) {
  const auto with = [&](auto kind) {
    fill(kind);
    return Connectivity(std::move(kind));
  };
  if (storage == Storage::dense) return with(DenseRows<Weight>(rows, columns, expected));
  if (storage == Storage::sparse) return with(SparseRows<Weight>(rows, columns, expected));
  ColumnCounts counted(columns);
  fill(counted);
  constexpr Index of_16_bits = 65536;
  if (rows <= of_16_bits) return with(SourceColumns<Weight, std::uint16_t>(rows, counted));
  return with(SourceColumns<Weight, std::uint32_t>(rows, counted));
}

template <class Fill>
Connectivity Connectivity::make(Storage storage, core::Precision precision, Index rows, Index columns, double expected,
                                Fill fill) {
  switch (core::weight_bytes(precision)) {
    case sizeof(core::Bfloat16):
      return filled<core::Bfloat16>(storage, rows, columns, expected, fill);
    case sizeof(float):
      return filled<float>(storage, rows, columns, expected, fill);
    default:
      return filled<Real>(storage, rows, columns, expected, fill);
  }
}

/// How J is stored if this fraction of all pairs is connected. storage = auto chooses the faster storage by measured
/// speeds of the products. The choice depends only on size, density and precision, so that a run has the same bits on
/// any machine.
[[nodiscard]] Storage storage_of(const ReservoirParameters&, Real density, core::Precision);

/// Storage and precision of a product, such as "sparse-mixed".
[[nodiscard]] std::string kernel_name(Storage storage, core::Precision precision);

/// Rows of J before they are drawn.
struct StoredRows {
  std::string kernel;  ///< of their products
  Storage storage = Storage::dense;
  Real weights = 0;  ///< of a transform: butterflies
  Real share = 1;  ///< of them, that a step goes through: where those of a neuron are read when it spikes, as it spikes
  Real pieces = 0;  ///< into which the rows are cut; by presynaptic neuron: the neurons
  Real bytes = 0;
  Real team_bytes = 0;  ///< of them, what a team that makes products together has in common
  [[nodiscard]] bool sparse() const noexcept { return is_sparse(storage); }

  /// Of the product of `copies` rates with each of so many J.
  [[nodiscard]] core::Work product(Real copies, Real matrices) const;
};
[[nodiscard]] StoredRows stored_rows(const ReservoirParameters&, core::Precision, Index rows);

}  // namespace bayres::model
