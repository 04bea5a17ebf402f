#include "bayres/sim/network_file.hpp"

#include <algorithm>
#include <cmath>

#include "bayres/core/error.hpp"
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

void write_dense(io::ResultFile& result, const model::Connectivity& recurrent, Index n, Range own) {
  core::AlignedVector<Real> packed;
  packed.reserve(static_cast<std::size_t>(own.size() * n));
  for (Index i = 0; i < own.size(); ++i) recurrent.for_each(i, [&](Index, Real weight) { packed.push_back(weight); });
  result.file().open_object("/network/J").write(result.placed({{own.first, 0}, {own.size(), n}}), packed);
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
void write_sparse(io::ResultFile& result, const model::Connectivity& recurrent, Range own,
                  const comm::Communicator& comm, Index before) {
  const Index own_count = recurrent.synapses();
  const Index offset = before + comm.sum_of_lower_ranks(own_count);
  std::vector<Index> start;
  std::vector<std::uint32_t> column;
  core::AlignedVector<Real> value;
  column.reserve(static_cast<std::size_t>(own_count));
  value.reserve(static_cast<std::size_t>(own_count));
  for (Index i = 0; i < own.size(); ++i) {
    start.push_back(offset + static_cast<Index>(value.size()));
    recurrent.for_each(i, [&](Index j, Real weight) {
      column.push_back(static_cast<std::uint32_t>(j));
      value.push_back(weight);
    });
  }
  if (comm.rank() + 1 == comm.size()) start.push_back(offset + own_count);
  auto& file = result.file();
  file.open_object("/network/J_indptr")
      .write(result.placed({{own.first}, {static_cast<Index>(start.size())}}), std::span<const Index>(start));
  file.open_object("/network/J_indices").write({{offset}, {own_count}}, std::span<const std::uint32_t>(column));
  file.open_object("/network/J_data").write({{offset}, {own_count}}, std::span<const Real>(value));
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
  if (network.recurrent.sparse()) {
    write_sparse(result, network.recurrent, own, comm, synapses_before);
  } else {
    write_dense(result, network.recurrent, network.parameters.size, own);
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

/// One rank's rows of a network in a file, whatever storage they have there.
struct FileRows {
  bool sparse = false;
  std::vector<Index> start;          ///< sparse: where each row starts, and the end
  std::vector<Index> column;         ///< sparse: of each weight
  core::AlignedVector<Real> weight;  ///< dense: rows x N
};

FileRows read_dense(const io::Hdf5File& file, const std::string& path, Index n, Range own) {
  return {false, {}, {}, read_checked(file, path, "/network/J", {n, n}, {{own.first, 0}, {own.size(), n}})};
}

/// The weights of a row by column, ascending; weights of one place are added up.
std::vector<std::pair<Index, Real>> sorted_row(const FileRows& rows, std::size_t row) {
  std::vector<std::pair<Index, Real>> sorted;
  for (auto k = static_cast<std::size_t>(rows.start[row]); k < static_cast<std::size_t>(rows.start[row + 1]); ++k) {
    sorted.emplace_back(rows.column[k], rows.weight[k]);
  }
  const auto by_column = [](const auto& a, const auto& b) { return a.first < b.first; };
  if (!std::ranges::is_sorted(sorted, by_column)) std::ranges::stable_sort(sorted, by_column);
  std::vector<std::pair<Index, Real>> merged;
  for (const auto& [column, weight] : sorted) {
    if (!merged.empty() && merged.back().first == column) {
      merged.back().second += weight;
    } else {
      merged.emplace_back(column, weight);
    }
  }
  return merged;
}

FileRows read_sparse(const io::Hdf5File& file, const std::string& path, Index n, Range own) {
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
  FileRows rows{true, std::vector<Index>(static_cast<std::size_t>(own.size()) + 1), {}, {}};
  starts.read({{own.first}, {own.size() + 1}}, std::span<Index>(rows.start));
  const Index total = columns.shape().at(0);
  const Index first = rows.start.front();
  if (!std::ranges::is_sorted(rows.start) || first < 0 || rows.start.back() > total) {
    throw core::io_error(path + ":/network/J_indptr: does not ascend from 0 to the number of weights");
  }
  for (auto& start : rows.start) start -= first;
  const Index count = rows.start.back();
  columns.require_backed(count);
  rows.weight = read_checked(file, path, "/network/J_data", {total}, {{first}, {count}});
  rows.column.resize(static_cast<std::size_t>(count));
  if (count > 0) columns.read({{first}, {count}}, std::span<Index>(rows.column));
  if (std::ranges::any_of(rows.column, [n](Index j) { return j < 0 || j >= n; })) {
    throw core::io_error(path + ":/network/J_indices: an index is not that of one of the " + std::to_string(n) +
                         " neurons");
  }
  return rows;
}

/// Calls `visit(column, weight)` for the weights of a row that are there.
template <class Visit>
void for_each(const FileRows& rows, Index row, Index n, Visit visit) {
  if (rows.sparse) {
    for (const auto& [column, weight] : sorted_row(rows, static_cast<std::size_t>(row))) visit(column, weight);
    return;
  }
  const auto values = core::row_of(rows.weight, row, n);
  for (Index j = 0; j < n; ++j) {
    if (values[static_cast<std::size_t>(j)] != 0) visit(j, values[static_cast<std::size_t>(j)]);
  }
}

model::Connectivity read_connectivity(const io::Hdf5File& file, const model::ReservoirParameters& p,
                                      core::Precision precision, Range own) {
  const auto rows =
      file.has("/network/J") ? read_dense(file, p.network, p.size, own) : read_sparse(file, p.network, p.size, own);
  const bool sparse = p.storage == "auto" ? rows.sparse : p.storage == "sparse";
  return model::Connectivity::make(
      sparse, precision, own.size(), p.size, static_cast<double>(rows.weight.size()), [&](auto& made) {
        for (Index row = 0; row < own.size(); ++row) {
          for_each(rows, row, p.size, [&](Index j, Real weight) { made.add(row, j, weight); });
          made.end_row();
        }
      });
}

}  // namespace

model::Network read_network(const model::ReservoirParameters& p, core::Precision precision, Range own, Index inputs,
                            Index outputs) {
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
          read_connectivity(file, p, precision, own),
          matrix("/network/W_in", inputs),
          matrix("/network/W_fb", outputs),
          vector("/network/bias"),
          vector("/network/x0"),
          precision};
}

}  // namespace bayres::sim
