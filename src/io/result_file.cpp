#include "bayres/io/result_file.hpp"

#include <algorithm>

#include "bayres/io/arrays.hpp"
#include "bayres/io/commit.hpp"

namespace bayres::io {
namespace {

constexpr Index chunk_rows = 4096;
constexpr Index bytes_at_a_time = Index{1} << 24;

/// Positions in the ascending list `recorded` of the neurons in `own`.
core::Range positions(const std::vector<Index>& recorded, core::Range own) {
  const auto first = std::ranges::lower_bound(recorded, own.first) - recorded.begin();
  const auto last = std::ranges::lower_bound(recorded, own.last) - recorded.begin();
  return {first, last};
}

}  // namespace

void Rows::clear() {
  time.clear();
  phase.clear();
  input.clear();
  target.clear();
  for (auto& output : outputs) output.clear();
  rates.clear();
}

void Snapshots::clear() {
  time.clear();
  for (auto& weight : weights) weight.clear();
  for (auto& rate : learning_rates) rate.clear();
}

namespace {

Index numbers_of_row(const ResultLayout& layout, Index own_recorded, bool root) {
  const Index shared = 1 + layout.inputs + (1 + std::ssize(layout.learners)) * layout.outputs;
  return 1 + (root ? shared : 0) + own_recorded;
}

Index numbers_of_snapshot(const ResultLayout& layout, Index own) {
  Index of_neuron = 0;
  for (const auto& learner : layout.learners) of_neuron += layout.outputs + (learner.has_learning_rate ? 1 : 0);
  return of_neuron * own + 1;
}

}  // namespace

Index bytes_of(const ResultLayout& layout, const Held& held) {
  const Index numbers = held.rows * numbers_of_row(layout, held.own_recorded, held.root) +
                        held.snapshots * numbers_of_snapshot(layout, held.own);
  return numbers * Index{sizeof(Real)};
}

Index rows_at_a_time(const ResultLayout& layout) {
  const Index numbers = numbers_of_row(layout, std::ssize(layout.recorded), true);
  const Index rows = std::max<Index>(1, bytes_at_a_time / (numbers * Index{sizeof(Real)}));
  return rows > chunk_rows ? rows - rows % chunk_rows : rows;
}

Index snapshots_at_a_time(const ResultLayout& layout, int ranks) {
  const Index numbers = numbers_of_snapshot(layout, layout.neurons / ranks + core::Partition::block_size);
  return std::max<Index>(1, bytes_at_a_time / (numbers * Index{sizeof(Real)}));
}

Index rows_of_chunk(Index width) {
  constexpr Index numbers = Index{1} << 17;
  return std::clamp<Index>(numbers / std::max<Index>(1, width), 1, chunk_rows);
}

std::vector<Index> chunk_of_weights(const ResultLayout& layout) {
  constexpr Index longest = Index{1} << 17;
  const Index room = std::max<Index>(1, (Index{1} << 14) / layout.neurons);
  const Index written = std::min(layout.snapshots, snapshots_at_a_time(layout, 1));
  const Index snapshots = std::clamp<Index>(written, 1, room);
  return {snapshots, std::clamp<Index>(room / snapshots, 1, layout.outputs), std::min(layout.neurons, longest)};
}

ResultFile::ResultFile(const std::string& path, const comm::Communicator& comm, ResultLayout layout, core::Range own,
                       const std::string& time_unit)
    : comm_(&comm),
      layout_(std::move(layout)),
      own_(own),
      own_recorded_(positions(layout_.recorded, own)),
      temporary_(create_temporary(path, comm)),
      file_(Hdf5File::create(temporary_, comm)) {
  root().set("Conventions", "CF-1.8");
  file_.create_group("/performance");
  if (!layout_.networks.empty()) create_networks();
  create_series(time_unit);
  for (const auto& learner : layout_.learners) create_learner(learner, time_unit);
}

std::string ResultFile::learner_path(std::size_t index) const { return "/learners/" + layout_.learners[index].name; }
Hdf5Object ResultFile::learner(std::size_t index) const { return file_.open_object(learner_path(index)); }

Hdf5Object ResultFile::create_scale(const std::string& path, const std::vector<Index>& values,
                                    const std::string& long_name) {
  return io::create_scale(file_, path, values, long_name, *comm_);
}

Hdf5Object ResultFile::create_array(const std::string& path, const Layout& layout,
                                    const std::vector<std::string>& dimensions, const std::string& units,
                                    const std::string& long_name) {
  return io::create_array(file_, path, layout, dimensions, units, long_name);
}

Hdf5Object ResultFile::create_per_network(const std::string& path, Layout layout, std::vector<std::string> dimensions,
                                          const std::string& units, const std::string& long_name) {
  if (!layout_.networks.empty()) {
    if (layout.grows) layout.shape.front() = layout_.rows;
    layout.grows = false;
    layout.shape.insert(layout.shape.begin(), static_cast<Index>(layout_.networks.size()));
    if (!layout.chunk.empty()) layout.chunk.insert(layout.chunk.begin(), 1);
    for (std::size_t d = 0; d < layout.chunk.size(); ++d) {
      layout.chunk[d] = std::clamp<Index>(layout.chunk[d], 1, std::max<Index>(1, layout.shape[d]));
    }
    dimensions.insert(dimensions.begin(), "/seed");
  }
  return create_array(path, layout, dimensions, units, long_name);
}

Slab ResultFile::placed(Slab slab) const {
  if (layout_.networks.empty()) return slab;
  slab.start.insert(slab.start.begin(), network_);
  slab.count.insert(slab.count.begin(), 1);
  return slab;
}

void ResultFile::create_networks() {
  std::vector<Index> seeds;
  std::vector<Index> replicas;
  for (const auto& network : layout_.networks) {
    seeds.push_back(network.seed);
    replicas.push_back(network.replica);
  }
  const auto count = static_cast<Index>(seeds.size());
  create_scale("/seed", seeds, "seed of the network");
  auto replica = create_array("/replica", {Number::index, {count}, false, {}}, {"/seed"}, "1",
                              "number of the network's initial state and noise stream");
  replica.write({{0}, {comm_->is_root() ? count : 0}}, std::span<const Index>(replicas));
}

void ResultFile::create_series(const std::string& time_unit) {
  auto time = file_.create("/time", {Number::real, {0}, true, {chunk_rows}});
  time.make_scale("time");
  time.set("units", time_unit);
  time.set("long_name", std::string("simulated time at the end of the step, from 0 at the start of the run"));
  create_scale("/input_channel", numbers_below(layout_.inputs), "number of the input");
  create_scale("/output_channel", numbers_below(layout_.outputs), "number of the output");
  create_scale("/neuron", numbers_below(layout_.neurons), "number of the neuron");
  create_scale("/snapshot", numbers_below(layout_.snapshots), "number of the snapshot");
  create_array("/snapshot_time", {Number::real, {layout_.snapshots}, false, {}}, {"/snapshot"}, time_unit,
               "simulated time of the snapshot");
  const auto evaluations = static_cast<Index>(layout_.evaluation_times.size());
  create_scale("/evaluation", numbers_below(evaluations), "number of the evaluation");
  create_array("/phase", {Number::index, {0}, true, {chunk_rows}}, {"/time"}, "1", "0 washout, 1 train, 2 test");
  create_array(
      "/input",
      {Number::real, {0, layout_.inputs}, true, {rows_of_chunk(layout_.inputs), std::max<Index>(1, layout_.inputs)}},
      {"/time", "/input_channel"}, "1", "input u");
  create_array("/target", {Number::real, {0, layout_.outputs}, true, {rows_of_chunk(layout_.outputs), layout_.outputs}},
               {"/time", "/output_channel"}, "1", "target z*");
  if (layout_.recorded.empty()) return;
  const auto recorded = static_cast<Index>(layout_.recorded.size());
  create_scale("/recorded", layout_.recorded, "number of the recorded neuron");
  create_per_network("/rates", {Number::real, {0, recorded}, true, {rows_of_chunk(recorded), recorded}},
                     {"/time", "/recorded"}, "1", "rate r = tanh(x), of the state that the first learner listens to");
}

void ResultFile::create_learner(const LearnerLayout& learner, const std::string& time_unit) {
  const std::string group = "/learners/" + learner.name;
  file_.create_group(group);
  create_per_network(group + "/output",
                     {Number::real, {0, layout_.outputs}, true, {rows_of_chunk(layout_.outputs), layout_.outputs}},
                     {"/time", "/output_channel"}, "1", "output z before the update of the step");
  const Layout weights{
      Number::real, {layout_.snapshots, layout_.outputs, layout_.neurons}, false, chunk_of_weights(layout_)};
  const std::vector<std::string> dimensions{"/snapshot", "/output_channel", "/neuron"};
  create_per_network(group + "/weights", weights, dimensions, "1", "readout weight w");
  if (learner.has_learning_rate) {
    create_per_network(group + "/learning_rate", weights, dimensions, "1",
                       "learning rate of the synapse: its posterior variance over that of the likelihood");
  }
  create_per_network(group + "/test_nrmse_per_output", {Number::real, {layout_.outputs}, false, {}},
                     {"/output_channel"}, "1", "nrmse of the frozen weights in the test phase");
  const auto evaluations = static_cast<Index>(layout_.evaluation_times.size());
  auto time = create_array(group + "/evaluation/time", {Number::real, {evaluations}, false, {}}, {"/evaluation"},
                           time_unit, "simulated time at which the weights were frozen");
  time.write({{0}, {comm_->is_root() ? evaluations : 0}}, std::span<const Real>(layout_.evaluation_times));
  for (const char* measure : {"nrmse", "mae", "r2"}) {
    create_per_network(group + "/evaluation/" + measure, {Number::real, {evaluations, layout_.outputs}, false, {}},
                       {"/evaluation", "/output_channel"}, "1",
                       std::string(measure) + " of the frozen weights on held-out time");
  }
}

template <class T>
void ResultFile::append_from_root(const std::string& path, Index rows, Index width, std::span<const T> values) {
  auto array = file_.open_object(path);
  array.resize(rows_ + rows);
  const bool one_dimensional = array.shape().size() == 1;
  const Index own = comm_->is_root() ? rows : 0;
  const Slab slab = one_dimensional ? Slab{{rows_}, {own}} : Slab{{rows_, 0}, {own, width}};
  if (width > 0) array.write(slab, values.first(static_cast<std::size_t>(slab.size())));
}

void ResultFile::begin_network(Index network) {
  network_ = network;
  rows_ = 0;
  snapshots_ = 0;
}

// The networks of an ensemble share time, phase, input and target: the longest run writes their end.
void ResultFile::append_series(const Rows& rows) {
  const Index n = rows.size();
  if (rows_ + n <= series_rows_) return;
  series_rows_ = rows_ + n;
  append_from_root<Real>("/time", n, 1, rows.time);
  append_from_root<Index>("/phase", n, 1, rows.phase);
  append_from_root<Real>("/input", n, layout_.inputs, rows.input);
  append_from_root<Real>("/target", n, layout_.outputs, rows.target);
}

void ResultFile::append(const Rows& rows) {
  const Index n = rows.size();
  if (n == 0) return;
  append_series(rows);
  const auto write = [&](const std::string& path, const Slab& slab, std::span<const Real> values) {
    auto array = file_.open_object(path);
    if (layout_.networks.empty()) array.resize(rows_ + n);
    array.write(placed(slab), values.first(static_cast<std::size_t>(slab.size())));
  };
  const Slab whole_rows{{rows_, 0}, {comm_->is_root() ? n : 0, layout_.outputs}};
  for (std::size_t l = 0; l < layout_.learners.size(); ++l) {
    write(learner_path(l) + "/output", whole_rows, rows.outputs[l]);
  }
  if (!layout_.recorded.empty()) {
    write("/rates", {{rows_, own_recorded_.first}, {n, own_recorded_.size()}}, rows.rates);
  }
  rows_ += n;
}

void ResultFile::append(const Snapshots& snapshots) {
  const Index own = own_.size();
  const Index n = snapshots.size();
  if (n == 0) return;
  file_.open_object("/snapshot_time").write({{snapshots_}, {comm_->is_root() ? n : 0}}, snapshots.time);
  for (std::size_t l = 0; l < layout_.learners.size(); ++l) {
    const std::string group = learner_path(l);
    const Slab all_outputs{{snapshots_, 0, own_.first}, {n, layout_.outputs, own}};
    file_.open_object(group + "/weights").write(placed(all_outputs), snapshots.weights[l]);
    if (!layout_.learners[l].has_learning_rate) continue;
    auto rates = file_.open_object(group + "/learning_rate");
    for (Index m = 0; m < layout_.outputs; ++m) {  // the readouts of a learner share their rates
      rates.write(placed({{snapshots_, m, own_.first}, {n, 1, own}}), snapshots.learning_rates[l]);
    }
  }
  snapshots_ += n;
}

namespace {

template <class T>
List<T> read_slab(const Hdf5File& file, const std::string& path, const Slab& slab) {
  List<T> values(static_cast<std::size_t>(slab.size()));
  if (!values.empty()) file.open_object(path).read(slab, std::span<T>(values));
  return values;
}

Rows read_rows(const Hdf5File& file, const ResultLayout& layout, core::Range own, Index first, Index count) {
  const core::Range recorded = positions(layout.recorded, own);
  Rows rows;
  rows.time = read_slab<Real>(file, "/time", {{first}, {count}});
  rows.phase = read_slab<Index>(file, "/phase", {{first}, {count}});
  rows.input = read_slab<Real>(file, "/input", {{first, 0}, {count, layout.inputs}});
  rows.target = read_slab<Real>(file, "/target", {{first, 0}, {count, layout.outputs}});
  for (const auto& learner : layout.learners) {
    rows.outputs.push_back(
        read_slab<Real>(file, "/learners/" + learner.name + "/output", {{first, 0}, {count, layout.outputs}}));
  }
  rows.rates = read_slab<Real>(file, "/rates", {{first, recorded.first}, {count, recorded.size()}});
  return rows;
}

Snapshots read_snapshots(const Hdf5File& file, const ResultLayout& layout, core::Range own, Index first, Index count) {
  Snapshots snapshots;
  snapshots.time = read_slab<Real>(file, "/snapshot_time", {{first}, {count}});
  for (const auto& learner : layout.learners) {
    const std::string group = "/learners/" + learner.name;
    snapshots.weights.push_back(
        read_slab<Real>(file, group + "/weights", {{first, 0, own.first}, {count, layout.outputs, own.size()}}));
    const Index rates = learner.has_learning_rate ? own.size() : 0;
    snapshots.learning_rates.push_back(
        read_slab<Real>(file, group + "/learning_rate", {{first, 0, own.first}, {count, 1, rates}}));
  }
  return snapshots;
}

}  // namespace

void ResultFile::append(const Hdf5File& file, Index rows, Index snapshots) {
  const Index some_rows = rows_at_a_time(layout_);
  for (Index first = 0; first < rows; first += some_rows) {
    append(read_rows(file, layout_, own_, first, std::min(some_rows, rows - first)));
  }
  const Index some_snapshots = snapshots_at_a_time(layout_, comm_->size());
  for (Index first = 0; first < snapshots; first += some_snapshots) {
    append(read_snapshots(file, layout_, own_, first, std::min(some_snapshots, snapshots - first)));
  }
}

void ResultFile::write(std::size_t learner, const EvaluationScores& scores) {
  const std::string group = learner_path(learner) + "/evaluation/";
  const auto evaluations = static_cast<Index>(layout_.evaluation_times.size());
  const Slab slab = placed({{0, 0}, {comm_->is_root() ? evaluations : 0, layout_.outputs}});
  file_.open_object(group + "nrmse").write(slab, scores.nrmse);
  file_.open_object(group + "mae").write(slab, scores.mae);
  file_.open_object(group + "r2").write(slab, scores.r2);
}

void ResultFile::write_test_nrmse(std::size_t learner, std::span<const Real> nrmse) {
  const Slab slab = placed({{0}, {comm_->is_root() ? layout_.outputs : 0}});
  file_.open_object(learner_path(learner) + "/test_nrmse_per_output")
      .write(slab, nrmse.first(core::as_size(slab.size())));
}

void ResultFile::commit(const std::string& path) { io::commit(file_, temporary_, path, *comm_); }

}  // namespace bayres::io
