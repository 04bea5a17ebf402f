#include "bayres/datasets/network_file.hpp"

#include <algorithm>
#include <span>

#include "bayres/io/arrays.hpp"

namespace bayres::sim {
namespace {

using core::Index;
using core::Range;
using core::Real;
using io::Number;
using io::Slab;

constexpr Index chunk_values = Index{1} << 17;

/// What J is.
std::string J_text(const NetworkPlace& place) {
  return place.learner.empty() ? "J" : "J, as " + place.learner + " has learned it,";
}

void create_dense(ResultFile& result, const NetworkPlace& place, Index n, const comm::Communicator& comm) {
  const auto group = place.group();
  create_scale(result.file(), group + "presynaptic", io::numbers_below(n), "number of the presynaptic neuron", comm);
  result.create_per_network(group + "J", {Number::real, {n, n}, false, {1, std::min(n, chunk_values)}},
                            {"/neuron", group + "presynaptic"}, "1",
                            "recurrent weight " + J_text(place) + " onto neuron (row) from neuron (column)");
}

/// Rows of `width` numbers that make up a slab: at least one.
Index rows_of_slab(Index width) { return std::max<Index>(1, slab_values / std::max<Index>(1, width)); }

/// Calls `visit(range)` for slabs of the range `own`, as many times on every rank; the last may be empty. Collective.
template <class Visit>
void for_each_slab(Range own, Index length, const comm::Communicator& comm, Visit visit) {
  const Index slabs = (comm.max(own.size()) + length - 1) / length;
  for (Index k = 0; k < slabs; ++k) {
    visit(Range{std::min(own.first + k * length, own.last), std::min(own.first + (k + 1) * length, own.last)});
  }
}

/// A weight as it is written.
Real written(const NetworkPlace& place, Real weight) { return place.diverged ? core::automatic : weight; }

void write_dense(ResultFile& result, const NetworkPlace& place, const model::AnyConnections& recurrent, Index n,
                 Range own, const comm::Communicator& comm) {
  auto data = result.file().open_object(place.group() + "J");
  core::AlignedVector<Real> rows;
  for_each_slab(own, rows_of_slab(n), comm, [&](Range slab) {
    rows.clear();
    rows.reserve(core::as_size(slab.size() * n));
    for (Index i = slab.first; i < slab.last; ++i) {
      recurrent.for_each(i - own.first, [&](Index, Real weight) { rows.push_back(written(place, weight)); });
    }
    data.write(result.placed({{slab.first, 0}, {slab.size(), n}}), rows);
  });
}

void create_sparse(ResultFile& result, const NetworkPlace& place, Index n, Index synapses,
                   const comm::Communicator& comm) {
  const auto group = place.group();
  const std::vector<Index> chunk{std::clamp<Index>(synapses, 1, chunk_values)};
  create_scale(result.file(), group + "row", io::numbers_below(n + 1), "number of the row of J; one more ends the last",
               comm);
  result.create_per_network(group + "J_indptr", {Number::index, {n + 1}, false, {}}, {group + "row"}, "1",
                            "CSR: where each row of J starts in J_indices and J_data");
  // A list that is its own dimension: a separate scale would be as long as the list of all synapses.
  auto values = io::create_array(result.file(), group + "J_data", {Number::real, {synapses}, false, chunk}, {}, "1",
                                 "CSR: weights of " + J_text(place) + " row by row");
  values.make_scale("J_data");
  io::create_array(result.file(), group + "J_indices", {Number::small_index, {synapses}, false, chunk},
                   {group + "J_data"}, "1", "CSR: presynaptic neuron of each weight of J");
}

void write_sparse(ResultFile& result, const NetworkPlace& place, const model::AnyConnections& recurrent, Range own,
                  const comm::Communicator& comm) {
  const auto group = place.group();
  auto columns_data = result.file().open_object(group + "J_indices");
  auto values_data = result.file().open_object(group + "J_data");
  std::vector<std::uint32_t> columns;  // of rows not yet written
  core::AlignedVector<Real> values;
  const auto most = core::as_size(std::min(slab_values + recurrent.sources().size(), recurrent.synapses()));
  columns.reserve(most);
  values.reserve(most);
  const Index first = comm.sum_of_lower_ranks(recurrent.synapses());
  std::vector<Index> starts{first};
  for_each_slab({first, first + recurrent.synapses()}, slab_values, comm, [&](Range slab) {
    while (std::ssize(values) < slab.size()) {
      recurrent.for_each(std::ssize(starts) - 1, [&](Index column, Real weight) {
        columns.push_back(static_cast<std::uint32_t>(column));
        values.push_back(written(place, weight));
      });
      starts.push_back(slab.first + std::ssize(values));
    }
    const Slab part{{slab.first}, {slab.size()}};
    columns_data.write(part, columns);
    values_data.write(part, values);
    columns.erase(columns.begin(), columns.begin() + slab.size());
    values.erase(values.begin(), values.begin() + slab.size());
  });
  starts.resize(core::as_size(own.size()) + 1, starts.back());  // only empty rows follow the last weight
  if (comm.rank() + 1 < comm.size()) starts.pop_back();
  auto starts_data = result.file().open_object(group + "J_indptr");
  starts_data.write(result.placed({{own.first}, {std::ssize(starts)}}), starts);
}

/// Copies `rows` of a data set of `width` numbers each in slabs; `to` gives the place of a slab. Collective.
template <class T, class Place>
void copy_slabs(const io::Hdf5Object& from, io::Hdf5Object to, Range rows, Index width, const comm::Communicator& comm,
                Place place, T added) {
  std::vector<T> values;
  for_each_slab(rows, rows_of_slab(width), comm, [&](Range slab) {
    Slab source{{slab.first}, {slab.size()}};
    if (from.shape().size() == 2) source = {{slab.first, 0}, {slab.size(), width}};
    values.resize(core::as_size(source.size()));
    if (!values.empty()) from.read(source, values);
    if (added != 0) {  // adding 0 would change the sign of -0
      for (T& value : values) value += added;
    }
    to.write(place(source), values);
  });
}

}  // namespace

namespace {

/// Weights of a slab. What is not stored is made row by row.
Real of_a_slab(const model::StoredRows& own) {
  return own.storage == model::Storage::transform ? slab_values : std::min<Real>(slab_values, own.weights);
}

}  // namespace

Real copied_to_read(const model::StoredRows& own) { return of_a_slab(own) * sizeof(Real) * (own.sparse() ? 2 : 1); }

Real copied_to_write(const model::StoredRows& own) {
  return of_a_slab(own) * sizeof(Real) * (own.sparse() ? 2.5 : 2) + 2e6;
}

Real network_in_file(const model::StoredRows& all, Index neurons, Index channels) {
  const Real n = core::as_real(neurons);
  return (all.sparse() ? 12 * all.weights : 8 * n * n) + n * core::as_real(channels + 4) * sizeof(Real);
}

void create_networks(ResultFile& result, const NetworkPlace& place, const NetworkShape& shape,
                     const comm::Communicator& comm) {
  const Index n = shape.size;
  const auto group = place.group();
  auto made = result.file().create_group(group.substr(0, group.size() - 1));
  const std::string made_by_learner = place.diverged ? "diverged" : "learned";
  made.set("state", place.learner.empty() ? "initial" : made_by_learner);
  if (shape.sparse) {
    create_sparse(result, place, n, shape.synapses, comm);
  } else {
    create_dense(result, place, n, comm);
  }
  for (const auto& array : neuron_arrays) {
    std::vector<std::string> scales{"/neuron"};
    if (array.channels != nullptr) scales.emplace_back(array.scale);
    result.create_per_network(group + array.name, {Number::real, array.shape(shape)}, scales, "1", array.long_name);
  }
  if (!shape.has_taus) return;
  result.create_per_network(group + tau_array.name, {Number::real, tau_array.shape(shape)}, {"/neuron"}, "unit of tau",
                            tau_array.long_name);
}

void write_network(ResultFile& result, const NetworkPlace& place, const model::Network& network,
                   const model::Plastic* learned, const comm::Communicator& comm) {
  const auto& J = learned == nullptr ? *network.recurrent.connections() : *learned->J;
  const auto group = place.group();
  const NetworkShape shape{network.parameters.size, J.sparse(),      comm.sum(J.synapses()),
                           network.inputs,          network.outputs, comm.sum(std::ssize(network.taus)) > 0};
  create_networks(result, place, shape, comm);
  if (shape.sparse) {
    write_sparse(result, place, J, network.own, comm);
  } else {
    write_dense(result, place, J, shape.size, network.own, comm);
  }
  for (const auto& array : neuron_arrays) {
    auto data = result.file().open_object(group + array.name);
    const bool is_learned = learned != nullptr && array.learned != nullptr;
    auto values = is_learned ? learned->*array.learned : network.*array.values;
    if (is_learned && place.diverged) std::ranges::fill(values, core::automatic);
    data.write(array.slab(network.own, shape), values);
  }
  if (!shape.has_taus) return;
  result.file().open_object(group + tau_array.name).write(tau_array.slab(network.own, shape), network.taus);
}

Index copy_network(ResultFile& result, const NetworkPlace& place, const io::Hdf5File& from, Range own,
                   const comm::Communicator& comm, Index synapses_before) {
  const auto group = place.group();
  const auto per_network = [&](const Slab& slab) { return result.placed(slab); };
  const auto to = [&](const std::string& path) { return result.file().open_object(path); };
  for (const char* name : {"J", "W_in", "W_fb", "bias", "x0", "tau"}) {
    const auto path = group + name;
    if (!from.has(path)) continue;
    const auto data = from.open_object(path);
    const Index width = data.shape().size() == 2 ? data.shape().back() : 1;
    copy_slabs<Real>(data, to(path), own, width, comm, per_network, 0);
  }
  if (!from.has(group + "J_data")) return 0;
  // The last rank also copies the end of the last row.
  const Index end = comm.rank() + 1 == comm.size() ? 1 : 0;
  copy_slabs<Index>(from.open_object(group + "J_indptr"), to(group + "J_indptr"), {own.first, own.last + end}, 1, comm,
                    per_network, synapses_before);
  const auto values = from.open_object(group + "J_data");
  const Index count = values.shape().at(0);
  const Range part{count * comm.rank() / comm.size(), count * (comm.rank() + 1) / comm.size()};
  const auto behind = [&](Slab slab) {
    slab.start.front() += synapses_before;
    return slab;
  };
  copy_slabs<Real>(values, to(group + "J_data"), part, 1, comm, behind, 0);
  copy_slabs<std::uint32_t>(from.open_object(group + "J_indices"), to(group + "J_indices"), part, 1, comm, behind, 0);
  return count;
}

}  // namespace bayres::sim
