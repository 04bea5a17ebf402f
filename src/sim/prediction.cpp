#include "bayres/sim/prediction.hpp"

#include <algorithm>
#include <cmath>

#include "bayres/model/connectivity.hpp"
#include "bayres/sim/ensemble.hpp"
#include "bayres/sim/evaluation.hpp"
#include "bayres/sim/memory.hpp"
#include "bayres/sim/schedule.hpp"
#include "result_header.hpp"

namespace bayres::sim {
namespace {

Index learner_count(const Configuration& c) noexcept { return static_cast<Index>(c.learners.size()); }

}  // namespace

Workload workload_of(const Configuration& c, Index inputs, Index outputs) {
  Workload w;
  w.neurons = c.reservoir.size;
  w.inputs = inputs;
  w.outputs = outputs;
  w.connectivity = c.reservoir.connectivity;
  w.precision = c.precision();
  w.sparse = model::stores_sparse(c.reservoir, w.precision);
  w.noise = c.reservoir.noise > 0;
  w.fed_back = c.protocol.feedback == "none" ? 0 : outputs;
  w.learners = c.learners;
  return w;
}

RankLayout layout_of_network(const Configuration& c, Index networks, int ranks, int nodes) {
  const int groups = group_count(ranks, networks, c.ensemble.ranks_per_network);
  RankLayout layout;
  layout.ranks = (ranks + groups - 1) / groups;
  layout.on_node = (ranks + nodes - 1) / nodes;
  layout.nodes = (layout.ranks + layout.on_node - 1) / layout.on_node;
  return layout;
}

namespace {

/// Mean time of a step over all phases.
class Phases {
 public:
  Phases(const Calibration& calibration, const Workload& workload, const RankLayout& layout)
      : calibration_(&calibration), workload_(&workload), layout_(layout) {}
  void add(Real steps, const StepShape& shape) {
    if (steps > 0) sum_.add(steps, step_time(*calibration_, *workload_, layout_, shape));
  }
  [[nodiscard]] StepTime mean(Real steps) const {
    StepTime mean;
    mean.add(1 / steps, sum_);
    return mean;
  }

 private:
  const Calibration* calibration_;
  const Workload* workload_;
  RankLayout layout_;
  StepTime sum_;
};

StepTime mean_step(const Calibration& calibration, const Configuration& c, const Workload& w, const RankLayout& layout,
                   Real written) {
  const Schedule schedule(c.protocol, c.reservoir.dt);
  const Index learners = learner_count(c);
  const auto evaluations = static_cast<Index>(schedule.evaluations().size());
  const Real train = core::as_real(schedule.train_end() - schedule.washout_end());
  const Real learning = train > 0 ? std::ceil(train / core::as_real(schedule.learn_every())) / train : 0;
  const bool free = c.protocol.feedback != "none";
  const Index copies = c.protocol.feedback == "output" ? learners : 1;
  const Index free_copies = free ? learners : 1;
  Phases phases(calibration, w, layout);
  phases.add(core::as_real(schedule.washout_end()), {copies, learners, 0, written});
  phases.add(train, {copies, learners, learning, written});
  // Without feedback frozen weights are further readouts in the test; with it they run freely ahead.
  phases.add(core::as_real(schedule.end() - schedule.train_end()),
             {free_copies, free ? learners : learners * (1 + evaluations), 0, written});
  if (free) phases.add(core::as_real(evaluations * schedule.evaluation_span()), {free_copies, learners, 0, 0});
  return phases.mean(core::as_real(schedule.end()));
}

/// Bytes of a recorded array, in whole chunks with a checksum each.
Real series_bytes(const io::Axis& axis, const io::Series& series) {
  const auto chunk = io::chunk_of(axis, series);
  Real chunks = 1;
  Real numbers = 1;
  for (std::size_t d = 0; d < chunk.size(); ++d) {
    const Index length = d == 0 ? axis.moments : series.shape[d - 1];
    chunks *= core::as_real((length + chunk[d] - 1) / chunk[d]);
    numbers *= core::as_real(chunk[d]);
  }
  return chunks * (numbers * sizeof(Real) + 4);
}

struct FileSizes {
  Real shared_series = 0;  // recorded steps, what the networks of an ensemble have once
  Real series = 0;         // recorded steps of one network
  Real shared_rest = 0;
  Real rest = 0;
};

/// The result of one network. What HDF5 adds to the numbers was counted in files.
FileSizes result_sizes(const Configuration& c, const Workload& w) {
  constexpr Real headers = 30000;
  constexpr Real headers_per_learner = 24000;
  const auto layout = layout_of(c, tracks_of(c, w.inputs, w.outputs, {{0, w.neurons}, 1, true}), w.inputs, w.outputs);
  FileSizes sizes;
  for (const auto& axis : layout.axes) {
    for (const auto& series : axis.series) {
      const Real bytes = series_bytes(axis, series);
      (axis.grows ? series.shared ? sizes.shared_series : sizes.series : sizes.rest) += bytes;
    }
  }
  const Real n = core::as_real(w.neurons);
  sizes.shared_rest = headers + core::as_real(learner_count(c)) * headers_per_learner + n * sizeof(Real);
  if (!c.record.network) return sizes;
  const Real synapses = n * n * (w.sparse ? w.connectivity : 1);
  sizes.rest += synapses * (w.sparse ? 12 : 8) + n * core::as_real(w.inputs + w.outputs + 4) * sizeof(Real);
  return sizes;
}

/// States, weights and the learners' state on all ranks.
Real checkpoint_size(const Configuration& c, const Workload& w) {
  constexpr Real headers = 20000;
  constexpr Real headers_per_learner = 4000;
  const Real learners = core::as_real(learner_count(c));
  const Real copies = c.protocol.feedback == "none" ? 1 : learners;
  const Real frozen =
      c.protocol.feedback == "none" ? core::as_real(static_cast<Index>(c.protocol.evaluate_at.size())) : 0;
  const Real readouts = learners * (1 + frozen) * core::as_real(w.outputs);
  Real bytes = headers + headers_per_learner * learners + (copies + readouts) * core::as_real(w.neurons) * sizeof(Real);
  // Arrays longer than a chunk fill whole chunks.
  constexpr Real chunk = 1048576;
  for (const auto& learner : c.learners) {
    const Real state = learning_bytes(learner, w, {0, w.neurons}) - core::as_real(w.neurons * w.outputs) * sizeof(Real);
    bytes += state > chunk ? std::ceil(state / chunk) * chunk : state;
  }
  return bytes;
}

}  // namespace

Prediction predict(const Calibration& calibration, const Configuration& c, Index inputs, Index outputs, int ranks,
                   int nodes) {
  Prediction p;
  p.workload = workload_of(c, inputs, outputs);
  p.networks = is_ensemble(c) ? static_cast<Index>(members_of(c, "").size()) : 1;
  p.layout = layout_of_network(c, p.networks, ranks, nodes);
  p.side_by_side = group_count(ranks, p.networks, c.ensemble.ranks_per_network);
  const auto own = largest_part(core::Partition(c.reservoir.size, p.layout.ranks));
  p.rank_bytes = core::as_real(run_bytes(c, {own, p.layout.ranks}, inputs, outputs));
  if (c.evaluate.initial_states > 0) {
    auto evaluated = c;
    if (resolve_evaluation(evaluated, inputs, {}).empty()) {
      p.evaluation_bytes = core::as_real(evaluation_bytes(evaluated, {own, p.layout.ranks}, inputs, outputs));
    }
  }
  p.J_bytes = recurrent_bytes(p.workload, c.reservoir.size);
  p.rank_J_bytes = recurrent_bytes(p.workload, own.size());
  p.steps = core::as_real(Schedule(c.protocol, c.reservoir.dt).end());
  const auto sizes = result_sizes(c, p.workload);
  p.step = mean_step(calibration, c, p.workload, p.layout, (sizes.shared_series + sizes.series) / p.steps);
  const Real weights = core::as_real(own.size()) * core::as_real(c.reservoir.size) * c.reservoir.connectivity;
  const auto kernel = kernel_section(p.workload.sparse, p.workload.precision);
  p.start_seconds = 1e-9 * calibration.get(kernel + ".draw") * weights;
  const Real files = 2 * 1e-3 * calibration.get("output.file") +
                     1e-9 * calibration.get("output.byte") * (sizes.shared_rest + sizes.rest);
  const Real rounds = std::ceil(core::as_real(p.networks) / core::as_real(p.side_by_side));
  p.run_seconds = rounds * (p.start_seconds + 1e-9 * p.steps * p.step.total() + files);
  p.result_bytes = sizes.shared_series + sizes.shared_rest + core::as_real(p.networks) * (sizes.series + sizes.rest);
  p.checkpoint_bytes = core::as_real(p.side_by_side) * checkpoint_size(c, p.workload);
  return p;
}

}  // namespace bayres::sim
