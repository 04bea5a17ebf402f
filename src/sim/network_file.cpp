#include "bayres/sim/network_file.hpp"

#include <algorithm>
#include <cmath>

#include "bayres/core/error.hpp"
#include "bayres/core/kernels.hpp"
#include "bayres/io/arrays.hpp"

namespace bayres::sim {
namespace {

using core::Index;
using core::Range;
using core::Real;
using io::Layout;
using io::Number;
using io::Slab;

constexpr Index chunk_values = Index{1} << 17;

void create_dense(io::ResultFile& result, Index n, const comm::Communicator& comm) {
  create_scale(result.file(), "/network/presynaptic", io::numbers_below(n), "number of the presynaptic neuron", comm);
  result.create_per_network("/network/J", {Number::real, {n, n}, false, {1, std::min(n, chunk_values)}},
                            {"/neuron", "/network/presynaptic"}, "1",
                            "recurrent weight J onto neuron (row) from neuron (column)");
}

void write_dense(io::ResultFile& result, const model::DenseRows& rows, Range own) {
  const Index n = rows.columns;
  core::AlignedVector<Real> packed;
  packed.reserve(static_cast<std::size_t>(rows.rows * n));
  for (Index i = 0; i < rows.rows; ++i) {
    const Real* row = rows.values.data() + i * rows.stride;
    packed.insert(packed.end(), row, row + n);
  }
  result.file().open_object("/network/J").write(result.placed({{own.first, 0}, {rows.rows, n}}), packed);
}

void create_sparse(io::ResultFile& result, Index n, Index synapses, const comm::Communicator& comm) {
  const std::vector<Index> chunk{std::clamp<Index>(synapses, 1, chunk_values)};
  create_scale(result.file(), "/network/row", io::numbers_below(n + 1),
               "number of the row of J; one more ends the last", comm);
  result.create_per_network("/network/J_indptr", {Number::index, {n + 1}, false, {}}, {"/network/row"}, "1",
                            "CSR: where each row of J starts in J_indices and J_data");
  // A list that is its own dimension: a separate scale would be as long as the list of all synapses.
  auto values = result.create_array("/network/J_data", {Number::real, {synapses}, false, chunk}, {}, "1",
                                    "CSR: weights of J, row by row");
  values.make_scale("J_data");
  result.create_array("/network/J_indices", {Number::small_index, {synapses}, false, chunk}, {"/network/J_data"}, "1",
                      "CSR: presynaptic neuron of each weight of J");
}

/// The weights stand after the `before` weights of the ensemble's earlier networks.
void write_sparse(io::ResultFile& result, const model::SparseRows& rows, Range own, const comm::Communicator& comm,
                  Index before) {
  const auto own_count = static_cast<Index>(rows.value.size());
  const Index offset = before + comm.sum_of_lower_ranks(own_count);
  std::vector<Index> global(rows.row_start.begin(), rows.row_start.end() - 1);
  for (auto& start : global) start += offset;
  const bool last = comm.rank() + 1 == comm.size();
  if (last) global.push_back(offset + own_count);
  auto& file = result.file();
  file.open_object("/network/J_indptr")
      .write(result.placed({{own.first}, {static_cast<Index>(global.size())}}), std::span<const Index>(global));
  file.open_object("/network/J_indices").write({{offset}, {own_count}}, std::span<const std::uint32_t>(rows.column));
  file.open_object("/network/J_data").write({{offset}, {own_count}}, std::span<const Real>(rows.value));
}

}  // namespace

void create_networks(io::ResultFile& result, const model::Network& first, Index synapses,
                     const comm::Communicator& comm) {
  const Index n = first.parameters.size;
  result.file().create_group("/network");
  if (first.recurrent.sparse()) {
    create_sparse(result, n, synapses, comm);
  } else {
    create_dense(result, n, comm);
  }
  const auto create = [&](const char* path, Layout layout, std::vector<std::string> scales, const char* text) {
    result.create_per_network(path, std::move(layout), std::move(scales), "1", text);
  };
  create("/network/W_in", {Number::real, {n, first.inputs}, false, {}}, {"/neuron", "/input_channel"}, "input weight");
  create("/network/W_fb", {Number::real, {n, first.outputs}, false, {}}, {"/neuron", "/output_channel"},
         "feedback weight");
  create("/network/bias", {Number::real, {n}, false, {}}, {"/neuron"}, "bias b");
  create("/network/x0", {Number::real, {n}, false, {}}, {"/neuron"}, "initial state x(0)");
}

void write_network(io::ResultFile& result, const model::Network& network, const comm::Communicator& comm,
                   Index synapses_before) {
  const Range own = network.own;
  if (const auto* dense = std::get_if<model::DenseRows>(&network.recurrent.rows())) {
    write_dense(result, *dense, own);
  } else {
    write_sparse(result, std::get<model::SparseRows>(network.recurrent.rows()), own, comm, synapses_before);
  }
  const auto write = [&](const char* path, const Slab& slab, std::span<const Real> values) {
    result.file().open_object(path).write(result.placed(slab), values);
  };
  write("/network/W_in", {{own.first, 0}, {own.size(), network.inputs}}, network.input);
  write("/network/W_fb", {{own.first, 0}, {own.size(), network.outputs}}, network.feedback);
  write("/network/bias", {{own.first}, {own.size()}}, network.bias);
  write("/network/x0", {{own.first}, {own.size()}}, network.initial);
}

namespace {

/// Reads a slab of numbers after checking the data set's shape; every number must be finite.
core::AlignedVector<Real> read_checked(const io::Hdf5File& file, const std::string& path, const std::string& set,
                                       const std::vector<Index>& shape, const Slab& slab) {
  const std::string where = path + ":" + set;
  if (!file.has(set)) throw core::io_error(where + ": there is no such data set");
  const auto data = file.open_object(set);
  if (data.shape() != shape) {
    const auto text = [](const std::vector<Index>& s) { return "(" + core::write_value(s) + ")"; };
    throw core::io_error(where + ": has shape " + text(data.shape()) + ", but the configuration needs " + text(shape));
  }
  core::AlignedVector<Real> values(static_cast<std::size_t>(slab.size()));
  if (!values.empty()) data.read(slab, values);
  if (!std::ranges::all_of(values, [](Real v) { return std::isfinite(v); })) {
    throw core::io_error(where + ": holds numbers that are not finite");
  }
  return values;
}

model::DenseRows read_dense(const io::Hdf5File& file, const std::string& path, Index n, Range own) {
  const auto packed = read_checked(file, path, "/network/J", {n, n}, {{own.first, 0}, {own.size(), n}});
  model::DenseRows rows{own.size(), n, core::kernels::padded(n), {}};
  rows.values.resize(static_cast<std::size_t>(rows.rows * rows.stride));
  for (Index i = 0; i < rows.rows; ++i) {
    std::copy_n(packed.begin() + i * n, n, rows.values.begin() + i * rows.stride);
  }
  return rows;
}

model::SparseRows read_sparse(const io::Hdf5File& file, const std::string& path, Index n, Range own) {
  for (const char* set : {"/network/J_indptr", "/network/J_indices", "/network/J_data"}) {
    if (!file.has(set)) throw core::io_error(path + ":" + set + ": there is no such data set");
  }
  const auto starts = file.open_object("/network/J_indptr");
  if (starts.shape() != std::vector<Index>{n + 1}) {
    throw core::io_error(path + ":/network/J_indptr: must have size + 1 = " + std::to_string(n + 1) + " entries");
  }
  const auto columns = file.open_object("/network/J_indices");
  if (columns.shape().size() != 1 || !columns.holds_integers() || !starts.holds_integers()) {
    throw core::io_error(path + ":/network/J_indices, J_indptr: must be one-dimensional lists of whole numbers");
  }
  std::vector<Index> start(static_cast<std::size_t>(own.size()) + 1);
  starts.read({{own.first}, {own.size() + 1}}, std::span<Index>(start));
  const Index total = columns.shape().at(0);
  if (!std::ranges::is_sorted(start) || start.front() < 0 || start.back() > total) {
    throw core::io_error(path + ":/network/J_indptr: does not ascend from 0 to the number of weights");
  }
  model::SparseRows rows{own.size(), n, start, {}, {}};
  for (auto& s : rows.row_start) s -= start.front();
  const Index count = rows.row_start.back();
  rows.value = read_checked(file, path, "/network/J_data", {total}, {{start.front()}, {count}});
  std::vector<Index> column(static_cast<std::size_t>(count));
  if (count > 0) columns.read({{start.front()}, {count}}, std::span<Index>(column));
  if (std::ranges::any_of(column, [n](Index j) { return j < 0 || j >= n; })) {
    throw core::io_error(path + ":/network/J_indices: an index is not that of one of the " + std::to_string(n) +
                         " neurons");
  }
  rows.column.assign(column.begin(), column.end());
  return rows;
}

/// The same rows in the other storage.
/// \{
model::DenseRows to_dense(const model::SparseRows& sparse) {
  model::DenseRows rows{sparse.rows, sparse.columns, core::kernels::padded(sparse.columns), {}};
  rows.values.resize(static_cast<std::size_t>(rows.rows * rows.stride));
  for (Index i = 0; i < rows.rows; ++i) {
    for (auto k = static_cast<std::size_t>(sparse.row_start[static_cast<std::size_t>(i)]);
         k < static_cast<std::size_t>(sparse.row_start[static_cast<std::size_t>(i) + 1]); ++k) {
      rows.values[static_cast<std::size_t>(i * rows.stride) + sparse.column[k]] += sparse.value[k];
    }
  }
  return rows;
}

model::SparseRows to_sparse(const model::DenseRows& dense) {
  model::SparseRows rows{dense.rows, dense.columns, {0}, {}, {}};
  for (Index i = 0; i < rows.rows; ++i) {
    for (Index j = 0; j < rows.columns; ++j) {
      const Real weight = dense.values[static_cast<std::size_t>(i * dense.stride + j)];
      if (weight == 0) continue;
      rows.column.push_back(static_cast<std::uint32_t>(j));
      rows.value.push_back(weight);
    }
    rows.row_start.push_back(static_cast<Index>(rows.value.size()));
  }
  return rows;
}
/// \}

model::Connectivity read_connectivity(const io::Hdf5File& file, const model::ReservoirParameters& p, Range own) {
  if (file.has("/network/J")) {
    auto dense = read_dense(file, p.network, p.size, own);
    if (p.storage == "sparse") return model::Connectivity(to_sparse(dense));
    return model::Connectivity(std::move(dense));
  }
  auto sparse = read_sparse(file, p.network, p.size, own);
  if (p.storage == "dense") return model::Connectivity(to_dense(sparse));
  return model::Connectivity(std::move(sparse));
}

}  // namespace

model::Network read_network(const model::ReservoirParameters& p, Range own, Index inputs, Index outputs) {
  const auto file = io::Hdf5File::open(p.network);
  const Index n = p.size;
  const auto matrix = [&](const char* set, Index width) {
    return read_checked(file, p.network, set, {n, width}, {{own.first, 0}, {own.size(), width}});
  };
  const auto vector = [&](const char* set) {
    return read_checked(file, p.network, set, {n}, {{own.first}, {own.size()}});
  };
  return {p,
          inputs,
          outputs,
          own,
          read_connectivity(file, p, own),
          matrix("/network/W_in", inputs),
          matrix("/network/W_fb", outputs),
          vector("/network/bias"),
          vector("/network/x0")};
}

}  // namespace bayres::sim
