#include "bayres/datasets/result_file.hpp"

#include <algorithm>
#include <functional>
#include <numeric>

#include "bayres/io/arrays.hpp"
#include "bayres/io/commit.hpp"

namespace bayres::sim {
namespace {

constexpr Index chunk_rows = 4096;
constexpr Index bytes_at_a_time = Index{1} << 24;

Index product(std::span<const Index> shape) {
  return std::accumulate(shape.begin(), shape.end(), Index{1}, std::multiplies<>());
}

}  // namespace

Index Axis::held() const {
  Index numbers = 0;
  for (const auto& one : series) numbers += one.held();
  return numbers;
}

Index moments_at_a_time(const Axis& axis) {
  Index numbers = 0;
  for (const auto& series : axis.series) numbers += series.largest;
  const Index moments = std::max<Index>(1, bytes_at_a_time / (numbers * Index{sizeof(Real)}));
  return moments > chunk_rows ? moments - moments % chunk_rows : moments;
}

std::vector<Index> chunk_of(const Axis& axis, const Series& series) {
  constexpr Index longest = Index{1} << 17;
  const Index width = std::max<Index>(1, product(series.shape));
  std::vector<Index> chunk;
  if (axis.grows) {
    chunk.push_back(std::clamp<Index>(longest / width, 1, chunk_rows));
    for (const Index size : series.shape) chunk.push_back(std::max<Index>(1, size));
    return chunk;
  }
  Index room = Index{1} << 14;  // numbers
  for (auto size = series.shape.rbegin(); size != series.shape.rend(); ++size) {
    chunk.push_back(std::clamp<Index>(chunk.empty() ? *size : std::min(room, *size), 1, longest));
    room = std::max<Index>(1, room / chunk.back());
  }
  chunk.push_back(std::clamp<Index>(std::min(axis.moments, moments_at_a_time(axis)), 1, room));
  std::ranges::reverse(chunk);
  return chunk;
}

// What HDF5 adds to the numbers was counted in files. A chunk is there as a whole.
ResultBytes bytes_of(const ResultLayout& layout) {
  constexpr Index headers = 42000;
  constexpr Index headers_of_learner = 24000;
  constexpr Index of_evaluation = 3000;  // by a measure
  const Index evaluated = layout.evaluation_times.empty() ? 0 : std::ssize(layout.measures);
  ResultBytes bytes;
  bytes.shared =
      core::as_real(headers + std::ssize(layout.learners) * (headers_of_learner + of_evaluation * evaluated) +
                    layout.neurons * Index{sizeof(Real)});
  for (const auto& axis : layout.axes) {
    for (const auto& series : axis.series) {
      const Index chunk = chunk_of(axis, series).front();
      const Index moments = (axis.moments + chunk - 1) / chunk * chunk;
      const Real numbers = core::as_real(moments * series.held()) * sizeof(Real);
      (axis.grows && series.shared ? bytes.shared : bytes.own) += numbers;
      if (axis.grows) bytes.grown += numbers;
    }
  }
  return bytes;
}

namespace {

std::vector<Index> seeds_of(const std::vector<NetworkLabel>& networks) {
  std::vector<Index> seeds;
  for (const auto& network : networks) seeds.push_back(network.seed);
  return seeds;
}

}  // namespace

ResultFile::ResultFile(const std::string& path, const comm::Communicator& comm, ResultLayout layout)
    : comm_(&comm),
      layout_(std::move(layout)),
      temporary_(io::create_temporary(path, comm)),
      file_(io::Hdf5File::create(temporary_, comm)),
      written_(layout_.axes.size()),
      shared_written_(layout_.axes.size()) {
  file_.create_group("/performance");
  if (!layout_.networks.empty()) create_networks();
  for (const auto& scale : layout_.scales) {
    create_scale(file_, scale.path, scale.values.empty() ? io::numbers_below(scale.count) : scale.values,
                 scale.long_name, *comm_);
  }
  for (const auto& axis : layout_.axes) create_axis(axis);
  for (const auto& learner : layout_.learners) create_learner(learner);
}

std::string ResultFile::learner_path(std::size_t index) const { return "/learners/" + layout_.learners[index]; }
io::Hdf5Object ResultFile::learner(std::size_t index) const { return file_.open_object(learner_path(index)); }

io::Hdf5Object ResultFile::create_per_network(const std::string& path, io::Layout layout,
                                              std::vector<std::string> dimensions, const std::string& units,
                                              const std::string& long_name) {
  if (!layout_.networks.empty()) {
    layout.shape.insert(layout.shape.begin(), static_cast<Index>(layout_.networks.size()));
    if (!layout.chunk.empty()) layout.chunk.insert(layout.chunk.begin(), 1);
    for (std::size_t d = 0; d < layout.chunk.size(); ++d) {
      layout.chunk[d] = std::clamp<Index>(layout.chunk[d], 1, std::max<Index>(1, layout.shape[d]));
    }
    dimensions.insert(dimensions.begin(), "/seed");
    io::repeat_scale(file_, "/seed", path.substr(0, path.rfind('/')), seeds_of(layout_.networks), *comm_);
  }
  return io::create_array(file_, path, layout, dimensions, units, long_name);
}

io::Slab ResultFile::placed(const io::Slab& slab) const {
  return layout_.networks.empty() ? slab : slab.of_entry(network_);
}

void ResultFile::create_networks() {
  std::vector<Index> replicas;
  for (const auto& network : layout_.networks) replicas.push_back(network.replica);
  const auto count = static_cast<Index>(replicas.size());
  create_scale(file_, "/seed", seeds_of(layout_.networks), "seed of the network", *comm_);
  auto replica = io::create_array(file_, "/replica", {io::Number::index, {count}, false, {}}, {"/seed"}, "1",
                                  "number of the network's initial state and noise stream");
  replica.write({{0}, {comm_->is_root() ? count : 0}}, std::span<const Index>(replicas));
}

void ResultFile::create_axis(const Axis& axis) {
  for (const auto& series : axis.series) {
    io::Layout layout{series.number, {axis.grows ? 0 : axis.moments}, axis.grows, chunk_of(axis, series)};
    layout.shape.insert(layout.shape.end(), series.shape.begin(), series.shape.end());
    if (series.path == axis.scale) {
      auto scale = io::create_array(file_, series.path, layout, {}, series.units, series.long_name);
      scale.make_scale(series.path.substr(series.path.rfind('/') + 1));
      continue;
    }
    std::vector<std::string> dimensions{axis.scale};
    dimensions.insert(dimensions.end(), series.dimensions.begin(), series.dimensions.end());
    if (series.shared) {
      io::create_array(file_, series.path, layout, dimensions, series.units, series.long_name);
      continue;
    }
    if (!layout_.networks.empty()) {
      layout.shape.front() = axis.moments;
      layout.grows = false;
    }
    create_per_network(series.path, layout, dimensions, series.units, series.long_name);
  }
}

void ResultFile::create_learner(const std::string& learner) {
  const std::string group = "/learners/" + learner;
  create_per_network(group + "/test_nrmse_per_output", {io::Number::real, {layout_.outputs}, false, {}},
                     {"/output_channel"}, "1", "nrmse of the frozen weights in the test phase");
  const auto evaluations = static_cast<Index>(layout_.evaluation_times.size());
  auto time = io::create_array(file_, group + "/evaluation/time", {io::Number::real, {evaluations}, false, {}},
                               {"/evaluation"}, layout_.time_unit, "simulated time at which the weights were frozen");
  time.write({{0}, {comm_->is_root() ? evaluations : 0}}, std::span<const Real>(layout_.evaluation_times));
  for (const auto& measure : layout_.measures) {
    create_per_network(group + "/evaluation/" + measure, {io::Number::real, {evaluations, layout_.outputs}, false, {}},
                       {"/evaluation", "/output_channel"}, "1", measure + " of the frozen weights on held-out time");
  }
}

void ResultFile::begin_network(Index network) {
  network_ = network;
  std::ranges::fill(written_, Index{0});
}

namespace {

/// Where a rank's part of consecutive moments is.
io::Slab part_of(const Series& series, Index first, Index count) {
  io::Slab slab{{first}, {series.is_written ? count : 0}};
  slab.start.insert(slab.start.end(), series.own.start.begin(), series.own.start.end());
  slab.count.insert(slab.count.end(), series.own.count.begin(), series.own.count.end());
  return slab;
}

void write_numbers(io::Hdf5Object& array, const Series& series, const io::Slab& slab, std::span<const Real> values) {
  if (series.number == io::Number::real) return array.write(slab, values);
  const std::vector<Index> whole(values.begin(), values.end());
  array.write(slab, std::span<const Index>(whole));
}

}  // namespace

void ResultFile::append(std::size_t axis, const Moments& moments) {
  const Index n = moments.count;
  Index& written = written_[axis];
  const bool is_longest = written + n > shared_written_[axis];
  for (std::size_t s = 0; s < moments.values.size() && n > 0; ++s) {
    const auto& series = layout_.axes[axis].series[s];
    // A shared series is extended only by runs longer than those before.
    if (series.shared && !is_longest) continue;
    auto array = file_.open_object(series.path);
    if (layout_.axes[axis].grows && (series.shared || layout_.networks.empty())) array.resize(written + n);
    if (product(series.shape) == 0) continue;
    auto slab = part_of(series, written, n);
    for (Index k = 0; k < series.repeats; ++k) {
      if (k > 0) slab.start[1] += slab.count[1];
      write_numbers(array, series, series.shared ? slab : placed(slab),
                    std::span(moments.values[s]).first(core::as_size(slab.size())));
    }
  }
  written += n;
  if (is_longest) shared_written_[axis] = written;
}

void ResultFile::append(std::size_t axis, const io::Hdf5File& file, Index count) {
  const auto& kept = layout_.axes[axis];
  const Index at_a_time = moments_at_a_time(kept);
  for (Index first = 0; first < count; first += at_a_time) {
    Moments moments(kept.series.size());
    moments.count = std::min(at_a_time, count - first);
    for (std::size_t s = 0; s < kept.series.size(); ++s) {
      const auto slab = part_of(kept.series[s], first, moments.count);
      moments.values[s].resize(core::as_size(slab.size()));
      if (slab.size() > 0) file.open_object(kept.series[s].path).read(slab, std::span<Real>(moments.values[s]));
    }
    append(axis, moments);
  }
}

void ResultFile::write_evaluations(std::size_t learner, const std::string& measure, std::span<const Real> values) {
  const auto evaluations = static_cast<Index>(layout_.evaluation_times.size());
  const io::Slab slab = placed({{0, 0}, {comm_->is_root() ? evaluations : 0, layout_.outputs}});
  file_.open_object(learner_path(learner) + "/evaluation/" + measure).write(slab, values);
}

void ResultFile::write_test_nrmse(std::size_t learner, std::span<const Real> nrmse) {
  const io::Slab slab = placed({{0}, {comm_->is_root() ? layout_.outputs : 0}});
  file_.open_object(learner_path(learner) + "/test_nrmse_per_output")
      .write(slab, nrmse.first(core::as_size(slab.size())));
}

void ResultFile::commit(const std::string& path) { io::commit(file_, temporary_, path, *comm_); }

}  // namespace bayres::sim
