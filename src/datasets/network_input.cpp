#include <algorithm>
#include <array>
#include <cmath>

#include "bayres/core/error.hpp"
#include "bayres/core/text.hpp"
#include "bayres/datasets/network_file.hpp"

namespace bayres::sim {
namespace {

using core::Index;
using core::Range;
using core::Real;
using io::Slab;

/// Opens one of the data sets of a network.
io::Hdf5Object open_set(const io::Hdf5File& file, const std::string& set) {
  if (!file.has(set)) throw core::io_error(file.path() + ":" + set + ": there is no such data set");
  return file.open_object(set);
}

std::string shape_text(const std::vector<Index>& shape) { return "(" + core::write_value(shape) + ")"; }

/// `network`: number of a network of an ensemble, or -1.
void require_shape(const io::Hdf5Object& set, const std::vector<Index>& shape, Index network = -1) {
  auto found = set.shape();
  if (network >= 0 && found.size() > shape.size()) found.erase(found.begin());
  if (found == shape) return;
  throw core::io_error(set.path() + ": has shape " + shape_text(found) + ", but the configuration needs " +
                       shape_text(shape));
}

/// Reads numbers, all of which must be finite.
void read_finite(const io::Hdf5Object& set, const Slab& slab, core::AlignedVector<Real>& values) {
  values.resize(core::as_size(slab.size()));
  if (!values.empty()) set.read(slab, values);
  if (!std::ranges::all_of(values, [](Real v) { return std::isfinite(v); })) {
    throw core::io_error(set.path() + ": holds numbers that are not finite");
  }
}

/// What is read of a J: the rows `own`, of `neurons`, of network number `network` in an ensemble, or of the only one.
struct Rows {
  Index neurons = 0;
  Range own;
  Index network = -1;
  [[nodiscard]] Slab placed(const Slab& slab) const { return network < 0 ? slab : slab.of_entry(network); }
};

/// Calls `visit(row, column, weight)` for the weights of own rows of a dense J, and `end_row()` after each row. Zeros
/// are skipped.
template <class Visit, class EndRow>
void read_dense(const io::Hdf5Object& J, const Rows& part, Visit visit, EndRow end_row) {
  const auto n = part.neurons;
  const auto own = part.own;
  const Index length = std::max<Index>(1, slab_values / n);
  core::AlignedVector<Real> values;
  for (Index first = own.first; first < own.last; first += length) {
    const Index rows = std::min(length, own.last - first);
    read_finite(J, part.placed({{first, 0}, {rows, n}}), values);
    for (Index i = 0; i < rows; ++i) {
      const auto row = core::row_of(values, i, n);
      for (Index j = 0; j < n; ++j) {
        if (row[core::as_size(j)] != 0) visit(first - own.first + i, j, row[core::as_size(j)]);
      }
      end_row();
    }
  }
}

/// A sparse J (CSR).
struct SparseSets {
  io::Hdf5Object starts;
  io::Hdf5Object columns;
  io::Hdf5Object values;
};

SparseSets open_sparse(const io::Hdf5File& file, const std::string& group, Index network = -1) {
  SparseSets sets{open_set(file, group + "J_indptr"), open_set(file, group + "J_indices"),
                  open_set(file, group + "J_data")};
  for (const auto* set : {&sets.starts, &sets.columns}) {
    const std::size_t dimensions = set == &sets.starts && network >= 0 ? 2 : 1;
    if (set->shape().size() == dimensions && set->type().is_integer) continue;
    throw core::io_error(set->path() + ": must be a one-dimensional list of whole numbers");
  }
  require_shape(sets.values, sets.columns.shape());
  return sets;
}

/// Where each own row starts, and the last ends.
std::vector<Index> read_starts(const SparseSets& J, const Rows& part) {
  const auto own = part.own;
  std::vector<Index> starts(core::as_size(own.size()) + 1);
  J.starts.read(part.placed({{own.first}, {own.size() + 1}}), starts);
  const Index weights = J.columns.shape().at(0);
  const bool whole = part.network >= 0 ||
                     ((own.first > 0 || starts.front() == 0) && (own.last < part.neurons || starts.back() == weights));
  if (!whole || !std::ranges::is_sorted(starts) || starts.front() < 0 || starts.back() > weights) {
    throw core::io_error(J.starts.path() + ": does not ascend from 0 to the number of weights, " +
                         std::to_string(weights));
  }
  return starts;
}

using Row = std::vector<std::pair<Index, Real>>;

/// Sorts the weights of a row by column; weights of the same column are added.
void sort_row(Row& row) {
  const auto by_column = [](const auto& a, const auto& b) { return a.first < b.first; };
  if (!std::ranges::is_sorted(row, by_column)) std::ranges::stable_sort(row, by_column);
  std::size_t kept = 0;
  for (std::size_t k = 1; k < row.size(); ++k) {
    if (row[k].first == row[kept].first) {
      row[kept].second += row[k].second;
    } else {
      row[++kept] = row[k];
    }
  }
  if (!row.empty()) row.resize(kept + 1);
}

/// As read_dense, for a sparse J.
template <class Visit, class EndRow>
void read_sparse(const SparseSets& J, const Rows& part, Visit visit, EndRow end_row) {
  if (part.own.size() == 0) return;
  const auto n = part.neurons;
  const auto starts = read_starts(J, part);
  J.columns.require_backed(starts.back() - starts.front());
  core::AlignedVector<Real> values;
  std::vector<Index> columns;
  Row sorted;
  for (std::size_t first = 0; first + 1 < starts.size();) {
    auto last = first + 1;
    while (last + 1 < starts.size() && starts[last + 1] - starts[first] <= slab_values) ++last;
    const Slab slab{{starts[first]}, {starts[last] - starts[first]}};
    read_finite(J.values, slab, values);
    columns.resize(core::as_size(slab.size()));
    if (!columns.empty()) J.columns.read(slab, columns);
    if (std::ranges::any_of(columns, [n](Index j) { return j < 0 || j >= n; })) {
      throw core::io_error(J.columns.path() + ": an index is not that of one of the " + std::to_string(n) + " neurons");
    }
    for (; first < last; ++first) {
      sorted.clear();
      for (Index k = starts[first] - slab.start[0]; k < starts[first + 1] - slab.start[0]; ++k) {
        sorted.emplace_back(columns[core::as_size(k)], values[core::as_size(k)]);
      }
      sort_row(sorted);
      for (const auto& [column, weight] : sorted) visit(static_cast<Index>(first), column, weight);
      end_row();
    }
  }
}

model::Connectivity read_connectivity(const io::Hdf5File& file, const NetworkContents& contents,
                                      const model::ReservoirParameters& p, core::Precision precision, Range own) {
  const double expected = p.connectivity * core::as_real(own.size()) * core::as_real(p.size);
  return model::Connectivity::make(
      model::storage_named(p.storage), precision, own.size(), p.size, expected, [&](auto& made) {
        const auto add = [&](Index row, Index column, Real weight) { made.add(row, column, weight); };
        const auto end_row = [&] { made.end_row(); };
        if (contents.sparse) {
          read_sparse(open_sparse(file, contents.group), {p.size, own}, add, end_row);
        } else {
          read_dense(open_set(file, contents.group + "J"), {p.size, own}, add, end_row);
        }
      });
}

void require_neurons(Index size, const std::string& where) {
  if (size < 1) throw core::io_error(where + ": is of no neurons: J must have at least one");
}

/// \name The parts of a network that a group of a file has
/// \{
bool has_sparse(const io::Hdf5File& file, const std::string& group) {
  constexpr std::array sets{"J_data", "J_indices", "J_indptr"};
  return std::ranges::any_of(sets, [&](const char* name) { return file.has(group + name); });
}
bool has_drawn(const io::Hdf5File& file, const std::string& group) {
  return std::ranges::any_of(neuron_arrays, [&](const auto& array) { return file.has(group + array.name); });
}
bool has_J(const io::Hdf5File& file, const std::string& group) {
  return file.has(group + "J") || has_sparse(file, group);
}
/// \}

/// The learners of a result that have learned a J.
std::vector<std::string> learners_of_J(const io::Hdf5File& file) {
  auto names = file.has("/learners") ? file.names("/learners") : std::vector<std::string>();
  std::erase_if(names, [&](const auto& name) { return !holds_network(file, {name}); });
  return names;
}

/// Throws unless it is clear whose J is meant, and the file holds it.
void require_learner(const io::Hdf5File& file, const std::string& learner) {
  const auto names = learners_of_J(file);
  const bool is_clear = learner.empty() ? names.empty() : learner == no_learner || holds_network(file, {learner});
  if (is_clear) return;
  const auto known = core::joined(names, ", ");
  if (names.empty()) {
    throw core::io_error(file.path() + ": holds no J that " + learner +
                         " has learned (reservoir.network_learner): leave network_learner out, or take the result of a "
                         "run in which it learned J");
  }
  throw core::io_error(file.path() +
                       (learner.empty() ? ": holds a J before learning, and what learners made of it"
                                        : ": holds no J that " + learner + " has learned") +
                       ": say which is wanted by reservoir.network_learner = " + known + ", or " + no_learner +
                       " for that before");
}

/// The group that J is in, "/network/", "/learners/NAME/network/" or "/"; throws if there is none, or parts of a
/// network in several of them.
std::string group_of(const io::Hdf5File& file, const std::string& learner) {
  require_learner(file, learner);
  if (!learner.empty() && learner != no_learner) return NetworkPlace{learner}.group();
  std::string group = has_J(file, "/network/") ? "/network/" : "/";
  if (!has_J(file, group)) {
    throw core::io_error(file.path() +
                         ": holds no J: it must have a data set J (N, N), or J_indptr (N + 1), J_indices and J_data "
                         "(CSR, rows are the neurons that hear), in group /network or at the root; beside it W_in "
                         "(N, inputs), W_fb (N, outputs), bias (N) and x0 (N), or none of these");
  }
  const std::string other = group == "/" ? "/network/" : "/";
  if (has_J(file, other) || has_drawn(file, other)) {
    throw core::io_error(file.path() +
                         ": holds parts of a network in /network and others at the root: keep one of them");
  }
  return group;
}

NetworkContents contents_of(const io::Hdf5File& file, const std::string& learner) {
  NetworkContents contents;
  contents.group = group_of(file, learner);
  const std::string& group = contents.group;
  if (group != "/" && file.has("/seed")) {
    throw core::io_error(file.path() + ": holds the networks of an ensemble: run the one that is wanted by itself");
  }
  contents.sparse = !file.has(group + "J");
  if (!contents.sparse && has_sparse(file, group)) {
    throw core::io_error(file.path() + ":" + group + ": holds a dense J and a sparse one: keep one of them");
  }
  contents.J_alone = !has_drawn(file, group);
  if (contents.sparse) {
    const auto sets = open_sparse(file, group);
    contents.size = std::max<Index>(0, sets.starts.shape().at(0) - 1);
    contents.synapses = sets.values.shape().at(0);
    require_neurons(contents.size, sets.starts.path());
    return contents;
  }
  const auto J = open_set(file, group + "J");
  const auto shape = J.shape();
  if (shape.size() != 2 || shape[0] != shape[1]) {
    throw core::io_error(J.path() + ": has shape " + shape_text(shape) + ", but J is a square matrix");
  }
  contents.size = shape[0];
  require_neurons(contents.size, J.path());
  contents.synapses = shape[0] * shape[0];
  return contents;
}

}  // namespace

NetworkContents network_contents(const std::string& path, const std::string& learner) {
  return contents_of(io::Hdf5File::open(path), learner);
}

void require_not_diverged(const std::string& path, const std::string& learner) {
  if (learner.empty() || learner == no_learner) return;
  const auto file = io::Hdf5File::open(path);
  const auto group = "/learners/" + learner + "/network";
  if (!file.has(group) || file.open_object(group).text("state") != "diverged") return;
  throw core::io_error(path + ": the learner " + learner +
                       " (reservoir.network_learner) has diverged, and there is no J that it has learned: take that of "
                       "another learner, or none for the J before learning");
}

bool holds_network(const io::Hdf5File& file, const NetworkPlace& place) { return has_J(file, place.group()); }

void count_weights(NetworkContents& contents, const std::string& path, const comm::Communicator& comm) {
  if (contents.sparse) return;
  Index own = 0;
  comm.together([&] {
    const auto file = io::Hdf5File::open(path);
    const auto rows = core::Partition(contents.size, comm.size()).neurons_of(comm.rank());
    read_dense(
        open_set(file, contents.group + "J"), {contents.size, rows}, [&](Index, Index, Real) { ++own; }, [] {});
  });
  contents.synapses = comm.sum(own);
}

void require_size(const NetworkContents& contents, const model::ReservoirParameters& p) {
  if (contents.size == p.size) return;
  throw core::io_error(p.network + ":" + contents.group + (contents.sparse ? "J_indptr" : "J") + ": is of " +
                       std::to_string(contents.size) + " neurons, but reservoir.size = " + std::to_string(p.size) +
                       ": leave reservoir.size out, or set it to " + std::to_string(contents.size));
}

void settle(const NetworkContents& contents, core::Precision precision, model::ReservoirParameters& p) {
  p.connectivity = core::as_real(contents.synapses) / (core::as_real(contents.size) * core::as_real(contents.size));
  if (p.storage == "auto") p.storage = name_of(model::storage_of(p, p.connectivity, precision));
}

model::Network read_network(const model::ReservoirParameters& p, core::Precision precision, const core::Philox& random,
                            Range own, Index inputs, Index outputs) {
  const auto file = io::Hdf5File::open(p.network);
  const auto contents = contents_of(file, p.network_learner);
  require_size(contents, p);
  auto network = model::draw_network(p, random, own, inputs, outputs, precision,
                                     read_connectivity(file, contents, p, precision, own));
  if (contents.J_alone) return network;
  const NetworkShape shape{.size = p.size, .inputs = inputs, .outputs = outputs};
  for (const auto& array : neuron_arrays) {
    if (file.has(contents.group + array.name)) continue;
    throw core::io_error(p.network + ":" + contents.group + array.name +
                         ": there is no such data set: give all of W_in, W_fb, bias and x0, or J alone");
  }
  for (const auto& array : neuron_arrays) {
    const auto set = open_set(file, contents.group + array.name);
    require_shape(set, array.shape(shape));
    read_finite(set, array.slab(own, shape), network.*array.values);
  }
  if (!file.has(contents.group + tau_array.name)) return network;
  if (network.taus.empty()) {
    throw core::io_error(p.network +
                         ": its neurons have time constants of their own: say their range, reservoir.tau = " +
                         "A..B, as the run did that wrote it");
  }
  const auto taus = open_set(file, contents.group + tau_array.name);
  require_shape(taus, tau_array.shape(shape));
  read_finite(taus, tau_array.slab(own, shape), network.taus);
  return network;
}

namespace {

/// Gives a row of J the weights of a file, all others 0. Returns whether J has those synapses.
bool assign_row(model::AnyConnections& J, Index row, const Row& weights) {
  auto next = weights.begin();
  bool same = true;
  J.update(row, [&](Index column, Real& weight) {
    const bool is_next = next != weights.end() && next->first == column;
    same = same && (is_next || !J.sparse());
    weight = is_next ? next->second : 0;
    if (is_next) ++next;
  });
  return same && next == weights.end();
}

}  // namespace

model::Plastic read_learned(const io::Hdf5File& file, const NetworkPlace& place, Index number,
                            const model::Network& network) {
  const auto group = place.group();
  auto learned = network.plastic();
  auto& J = *learned.J;
  const Rows part{network.parameters.size, network.own, number};
  Row weights;
  Index row = 0;
  bool same = true;
  const auto add = [&](Index, Index column, Real weight) { weights.emplace_back(column, weight); };
  const auto end_row = [&] {
    same = assign_row(J, row++, weights) && same;
    weights.clear();
  };
  if (J.sparse()) {
    const auto sets = open_sparse(file, group, number);
    if (sets.starts.shape().back() == part.neurons + 1) read_sparse(sets, part, add, end_row);
  } else {
    const auto set = open_set(file, group + "J");
    if (set.shape().back() == part.neurons) read_dense(set, part, add, end_row);
  }
  if (!same || row != part.own.size()) {
    throw core::io_error(file.path() + ":" + group + ": J has not the synapses of the network in which " +
                         place.learner + " learned: is it of another run?");
  }
  const NetworkShape shape{.size = part.neurons, .inputs = network.inputs, .outputs = network.outputs};
  for (const auto& array : neuron_arrays) {
    if (array.learned == nullptr) continue;
    const auto set = open_set(file, group + array.name);
    require_shape(set, array.shape(shape), number);
    read_finite(set, part.placed(array.slab(part.own, shape)), learned.*array.learned);
  }
  return learned;
}

}  // namespace bayres::sim
