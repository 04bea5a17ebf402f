#include "bayres/model/connectivity.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "bayres/core/error.hpp"
#include "bayres/model/random_rows.hpp"
#include "bayres/model/shaped.hpp"
#include "bayres/storage/learn_rows.hpp"
#include "products.hpp"

namespace bayres::model {

std::string_view name_of(Storage storage) noexcept {
  if (storage == Storage::by_source) return "by-source";
  if (storage == Storage::transform) return "transform";
  return storage == Storage::sparse ? "sparse" : "dense";
}

Storage storage_named(std::string_view name) {
  for (const auto storage : {Storage::sparse, Storage::by_source}) {
    if (name == name_of(storage)) return storage;
  }
  return Storage::dense;
}

Storage storage_of(const ReservoirParameters& p, Real density, core::Precision precision) {
  if (p.transformed) return Storage::transform;
  if (p.storage != "auto") return storage_named(p.storage);
  if (p.spiking) return density > 0.5 ? Storage::dense : Storage::by_source;
  // Time in nanoseconds on one core (tests/benchmark/kernels.cpp): memory access or arithmetic, whichever takes longer.
  // Up to 16 MB are in the caches.
  const auto nanoseconds = [](double weights, double bytes, double arithmetic) {
    const double bytes_per_nanosecond = weights * bytes <= 16e6 ? 90 : 28;
    return weights * std::max(bytes / bytes_per_nanosecond, arithmetic);
  };
  const auto pairs = static_cast<double>(p.size) * static_cast<double>(p.size);
  const auto width = static_cast<double>(core::weight_bytes(precision));
  double widening = precision == core::Precision::mixed ? 0.03 : 0;
  if (precision == core::Precision::full_float32 || precision == core::Precision::full_bfloat16) widening = 0.055;
  const double dense = nanoseconds(pairs, width, widening);
  const double sparse = nanoseconds(density * pairs, width + sizeof(std::uint16_t), 0.29);
  return sparse <= dense ? Storage::sparse : Storage::dense;
}

// Of a transform, what matters is in which type rates are.
std::string kernel_name(Storage storage, core::Precision precision) {
  if (storage == Storage::transform) {
    precision = core::has_double_rates(precision) ? core::Precision::full : core::Precision::single;
  }
  return std::string(name_of(storage)).append("-").append(core::name_of(precision));
}

core::Work StoredRows::product(Real copies, Real matrices) const {
  const auto rate = "kernel." + kernel;
  if (storage == Storage::by_source || storage == Storage::transform) {  // each copy by itself
    const Real passes = matrices * copies * share;
    return {{{rate + ".weight", passes * weights}, {rate + ".row", passes * pieces}}, passes * bytes};
  }
  const Real passes = matrices * share;
  return {{{rate + ".weight", passes * weights},
           {rate + ".copy", passes * (copies - 1) * weights},
           {rate + ".row", passes * pieces}},
          passes * bytes};
}

Connectivity Connectivity::draw(const ReservoirParameters& p, core::Precision precision, const core::Philox& random,
                                core::Range own) {
  if (p.transformed) {
    throw core::usage_error("a J that is not stored is made by its structure: give draw_network its rows");
  }
  const Real sd = p.gain / std::sqrt(p.connectivity * static_cast<Real>(p.size));
  const double expected = p.connectivity * static_cast<double>(own.size()) * static_cast<double>(p.size);
  return make(storage_of(p, p.connectivity, precision), precision, own.size(), p.size, expected, [&](auto& made) {
    const WeightDraws draws(p, random, sd);
    shaped(p, made, [&](auto& rows) { draw_rows(draws, p.connectivity, {0, p.size}, own, 0, rows); });
  });
}

namespace {

/// A column of a dense J is in pieces of a tile's height.
template <class Weight>
void deliver_rows(const DenseRows<Weight>& rows, core::SpikeMap spikes, std::span<Real> out) noexcept {
  constexpr Index tile = core::kernels::tile_rows;
  std::ranges::fill(out, Real{0});
  for (Index first = 0; first < rows.rows(); first += tile) {
    const Weight* weights = rows.tiles() + first * rows.columns();
    const Index height = std::min(tile, rows.rows() - first);
    core::for_each_spike(spikes, [&](Index source) {
      const Weight* column = weights + source * tile;
      for (Index i = 0; i < height; ++i) {
        out[core::as_size(first + i)] += static_cast<Real>(column[core::kernels::place_in_tile<Weight>(i)]);
      }
    });
  }
}
template <class Weight>
void deliver_rows(const SparseRows<Weight>& rows, core::SpikeMap spikes, std::span<Real> out) noexcept {
  for (Index row = 0; row < rows.rows(); ++row) {
    Real sum = 0;
    rows.for_each(row, [&](Index column, Real weight) {
      if (core::spikes_in(spikes, column)) sum += weight;
    });
    out[core::as_size(row)] = sum;
  }
}

/// J by presynaptic neuron (columns.hpp).
template <class Columns>
class StoredColumns final : public AnyConnections {
 public:
  explicit StoredColumns(Columns columns) : columns_(std::move(columns)) {}
  /// Rates of single precision are widened: the products are in double.
  void multiply(const RatesView& rates, bool /*backwards*/, std::span<Real> out) const noexcept override {
    std::ranges::fill(out, Real{0});
    for (Index copy = 0; copy < rates.copies; ++copy) {
      Real* to = out.data() + copy * columns_.rows();
      for (Index j = 0; j < columns_.columns(); ++j) {
        const Index place = copy * columns_.columns() + j;
        const Real rate = rates.single() ? static_cast<Real>(rates.singles[place]) : rates.doubles[place];
        if (rate != 0) columns_.add_column(j, rate, to);
      }
    }
  }
  void deliver(core::SpikeMap spikes, std::span<Real> out) const noexcept override {
    std::ranges::fill(out, Real{0});
    columns_.deliver(spikes, out.data());
  }
  void for_each(Index row, const Visit& visit) const override {
    columns_.for_each_place(
        row, [&](Index column, Index place) { visit(column, static_cast<Real>(columns_.weight(place))); });
  }
  void update(Index row, const Update& update) override {
    columns_.for_each_place(row, [&](Index column, Index place) { change(columns_.weight(place), column, update); });
  }
  void learn(const Gathered<Real>&) override { refuse_to_learn(); }
  void learn(const Gathered<float>&) override { refuse_to_learn(); }
  [[nodiscard]] Index places() const noexcept override { return columns_.synapses(); }
  void for_each_place(Index row, const std::function<void(Index)>& visit) const override {
    columns_.for_each_place(row, [&](Index, Index place) { visit(place); });
  }
  [[nodiscard]] core::Range sources() const override { return {0, columns_.columns()}; }
  [[nodiscard]] Index rows() const noexcept override { return columns_.rows(); }
  [[nodiscard]] Storage storage() const noexcept override { return Storage::by_source; }
  [[nodiscard]] Index weight_bytes() const noexcept override { return sizeof(columns_.weight(0)); }
  [[nodiscard]] Index synapses() const noexcept override { return columns_.synapses(); }
  [[nodiscard]] Index bytes() const noexcept override { return columns_.bytes(); }
  [[nodiscard]] core::RateOrder rate_order(Index) const noexcept override { return core::RateOrder::copy_by_copy; }

 private:
  [[noreturn]] static void refuse_to_learn() {
    throw core::usage_error("J stored by source does not learn: use reservoir.storage = sparse or dense");
  }
  Columns columns_;
};

/// Rows stored as in rows.hpp.
template <template <class> class Rows, class Weight>
class StoredConnections final : public AnyConnections {
 public:
  explicit StoredConnections(Rows<Weight> rows) : rows_(std::move(rows)) {}
  void multiply(const RatesView& rates, bool backwards, std::span<Real> out) const noexcept override {
    rows_.multiply({0, rows_.rows()}, rates, backwards, {out.data(), rows_.rows()});
  }
  [[nodiscard]] const RowsOfJ* by_rows() const noexcept override { return &rows_; }
  void deliver(core::SpikeMap spikes, std::span<Real> out) const noexcept override {
    deliver_rows(*rows_, spikes, out);
  }
  void for_each(Index row, const Visit& visit) const override { rows_->for_each(row, visit); }
  void update(Index row, const Update& update) override { (*rows_).update(row, update); }
  void learn(const Gathered<Real>& gathered) override { learn_any(gathered); }
  void learn(const Gathered<float>& gathered) override { learn_any(gathered); }
  [[nodiscard]] Index places() const noexcept override { return rows_->places(); }
  void for_each_place(Index row, const std::function<void(Index)>& visit) const override {
    rows_->for_each_place(row, visit);
  }
  [[nodiscard]] core::Range sources() const override {
    if constexpr (!Rows<Weight>::is_sparse) return {0, rows_->columns()};
    core::Range heard;
    for (Index row = 0; row < rows_.rows(); ++row) {
      rows_->for_each(row, [&](Index column, Real) { heard = heard.joined({column, column + 1}); });
    }
    return heard;
  }
  [[nodiscard]] Index rows() const noexcept override { return rows_.rows(); }
  [[nodiscard]] Storage storage() const noexcept override {
    return Rows<Weight>::is_sparse ? Storage::sparse : Storage::dense;
  }
  [[nodiscard]] Index weight_bytes() const noexcept override { return sizeof(Weight); }
  [[nodiscard]] Index synapses() const noexcept override { return rows_->synapses(); }
  [[nodiscard]] Index bytes() const noexcept override { return rows_->bytes(); }
  [[nodiscard]] core::RateOrder rate_order(Index copies) const noexcept override {
    constexpr Index few = 3;  // so few copies are faster one by one
    return sparse() && copies > few ? core::RateOrder::neuron_by_neuron : core::RateOrder::copy_by_copy;
  }

 private:
  template <class T>
  void learn_any(const Gathered<T>& gathered) {
    if constexpr (std::is_same_v<Weight, core::Bfloat16>) {
      throw core::usage_error("weights of J in bfloat16 cannot take the small steps of learning: use a wider type");
    } else {
      learn_rows(*rows_, gathered);
    }
  }

  HeldRows<Rows, Weight> rows_;
};

template <template <class> class Rows, class Weight>
StoredConnections<Rows, Weight> stored(Rows<Weight> rows) {
  return StoredConnections<Rows, Weight>(std::move(rows));
}

template <class Weight, class Target>
StoredColumns<SourceColumns<Weight, Target>> stored(SourceColumns<Weight, Target> columns) {
  return StoredColumns<SourceColumns<Weight, Target>>(std::move(columns));
}

/// The three transforms, and what they need: a diagonal of numbers, two of signs, the numbers transformed, some
/// columns.
StoredRows transform_of(const ReservoirParameters& p, const std::string& kernel, core::Precision precision,
                        Index rows) {
  constexpr Real columns = 32768;
  constexpr Real of_signs = 2.0 / 8;
  const Real bits = core::as_real(transform_bits(p.size));
  const Real size = core::as_real(Index{1} << transform_bits(p.size));
  const Real number = core::has_double_rates(precision) ? sizeof(Real) : sizeof(float);
  const Real diagonal = precision == core::Precision::full ? sizeof(Real) : sizeof(float);
  const Real means = p.balanced ? core::as_real(rows) * sizeof(Real) : 0;
  const Real spikes = p.spiking ? core::as_real(p.size) * sizeof(Real) : 0;  // as rates
  const Real bytes = size * (diagonal + of_signs + number) + std::min(size, columns) * sizeof(Real) + means + spikes;
  const Real in_common = p.spiking || p.balanced ? 0 : size * number;
  return {kernel, Storage::transform, 1.5 * bits * size, 1, core::as_real(rows), bytes, in_common};
}

}  // namespace

// A dense J has whole blocks of rows; the column numbers of a sparse one have 16 bits.
StoredRows stored_rows(const ReservoirParameters& p, core::Precision precision, Index rows) {
  const Real weight = core::as_real(core::weight_bytes(precision));
  const Real n = core::as_real(p.size);
  const auto storage = storage_of(p, p.connectivity, precision);
  const auto kernel = kernel_name(storage, precision);
  constexpr Real share = 1;
  if (storage == Storage::transform) return transform_of(p, kernel, precision, rows);
  if (storage == Storage::dense) {
    const Real weights = core::as_real(core::Partition(rows, 1).blocks() * core::Partition::block_size) * n;
    return {kernel, storage, weights, share, core::as_real(rows), weights * weight};
  }
  const Real weights = core::as_real(rows) * n * p.connectivity;
  if (storage == Storage::by_source) {
    const Real target = rows <= 65536 ? sizeof(std::uint16_t) : sizeof(std::uint32_t);
    return {kernel, storage, weights, share, n, weights * (weight + target) + 2 * n * sizeof(Index)};
  }
  const Real blocks = std::ceil(n / core::as_real(SparseRows<Real>::block_columns));
  const Real starts = blocks * core::as_real(rows + 1) * sizeof(std::uint32_t);
  return {kernel,
          storage,
          weights,
          share,
          blocks * core::as_real(rows),
          weights * (weight + sizeof(std::uint16_t)) + starts};
}

template <class Rows>
Connectivity::Connectivity(Rows rows) : connections_(stored(std::move(rows))) {}
template Connectivity::Connectivity(DenseRows<Real>);
template Connectivity::Connectivity(DenseRows<float>);
template Connectivity::Connectivity(DenseRows<core::Bfloat16>);
template Connectivity::Connectivity(SparseRows<Real>);
template Connectivity::Connectivity(SparseRows<float>);
template Connectivity::Connectivity(SparseRows<core::Bfloat16>);
template Connectivity::Connectivity(SourceColumns<Real, std::uint16_t>);
template Connectivity::Connectivity(SourceColumns<float, std::uint16_t>);
template Connectivity::Connectivity(SourceColumns<core::Bfloat16, std::uint16_t>);
template Connectivity::Connectivity(SourceColumns<Real, std::uint32_t>);
template Connectivity::Connectivity(SourceColumns<float, std::uint32_t>);
template Connectivity::Connectivity(SourceColumns<core::Bfloat16, std::uint32_t>);

std::string Connectivity::description() const {
  return std::string(name_of(connections_->storage())).append(", ").append(core::weight_type_of(weight_bytes()));
}

std::vector<Index> Connectivity::row_starts() const {
  std::vector<Index> starts{0};
  for (Index row = 0; row < rows(); ++row) {
    Index count = 0;
    for_each(row, [&](Index, Real) { ++count; });
    starts.push_back(starts.back() + count);
  }
  return starts;
}

}  // namespace bayres::model
