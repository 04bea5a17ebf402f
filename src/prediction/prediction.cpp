#include "bayres/prediction/prediction.hpp"

#include <algorithm>
#include <cmath>

#include "bayres/evaluation/ensemble.hpp"
#include "bayres/evaluation/evaluation.hpp"
#include "bayres/prediction/memory.hpp"
#include "bayres/results/result_header.hpp"
#include "bayres/simulation/schedule.hpp"

namespace bayres::sim {
RankLayout layout_of_network(const Configuration& c, Index networks, int ranks, int nodes) {
  const int groups = group_count(ranks, networks, c.ensemble.ranks_per_network);
  RankLayout layout;
  layout.ranks = (ranks + groups - 1) / groups;
  layout.on_node = (ranks + nodes - 1) / nodes;
  layout.nodes = (layout.ranks + layout.on_node - 1) / layout.on_node;
  return layout;
}

namespace {

/// The mean over all phases, in which so many bytes are written in each step.
StepTime mean_step(const Calibration& calibration, const Configuration& c, const Prediction& p, Real written) {
  const Schedule schedule(c.protocol, c.reservoir.dt);
  const auto learners = std::ssize(c.learners);
  const auto evaluations = std::ssize(schedule.evaluations());
  const Index train = schedule.train_end() - schedule.washout_end();
  const Real learning = std::ceil(core::as_real(train) / core::as_real(schedule.learn_every())) / core::as_real(train);
  const bool free = c.protocol.feedback != "none";
  const Index copies = c.protocol.feedback == "output" ? learners : 1;
  const Index free_copies = free ? learners : 1;
  StepTime mean;
  const auto add = [&](Index steps, const StepShape& shape) {
    if (steps > 0) mean.add(core::as_real(steps) / p.steps, step_time(calibration, p.workload, p.layout, shape));
  };
  add(schedule.washout_end(), {copies, learners, 0, written});
  add(train, {copies, learners, learning, written});
  // Without feedback frozen weights are further readouts in the test; with it they run freely ahead.
  add(schedule.end() - schedule.train_end(), {free_copies, free ? learners : learners * (1 + evaluations), 0, written});
  if (free) add(evaluations * schedule.evaluation_span(), {free_copies, learners, 0, 0});
  return mean;
}

/// Bytes of a recorded array, in whole chunks with a checksum each.
Real series_bytes(const Axis& axis, const Series& series) {
  const auto chunk = chunk_of(axis, series);
  Real chunks = 1;
  Real numbers = 1;
  for (std::size_t d = 0; d < chunk.size(); ++d) {
    const Index length = d == 0 ? axis.moments : series.shape[d - 1];
    chunks *= core::as_real((length + chunk[d] - 1) / chunk[d]);
    numbers *= core::as_real(chunk[d]);
  }
  return chunks * (numbers * sizeof(Real) + 4);
}

/// Bytes that the networks of an ensemble have once, and those of each.
struct FileSizes {
  Real shared = 0;
  Real own = 0;
};

/// Recorded at every so many steps, and the rest: what HDF5 adds to the numbers was counted in files.
void add_result(const Configuration& c, const Workload& w, FileSizes& steps, FileSizes& rest) {
  constexpr Real headers = 30000;
  constexpr Real headers_per_learner = 24000;
  const auto layout = layout_of(c, tracks_of(c, w.inputs, w.outputs, {{0, w.neurons}, 1, true}), w.inputs, w.outputs);
  for (const auto& axis : layout.axes) {
    for (const auto& series : axis.series) {
      (axis.grows ? series.shared ? steps.shared : steps.own : rest.own) += series_bytes(axis, series);
    }
  }
  const Real n = core::as_real(w.neurons);
  rest.shared = headers + core::as_real(std::ssize(c.learners)) * headers_per_learner + n * sizeof(Real);
  if (!c.record.network) return;
  rest.own += n * n * (w.sparse ? 12 * w.connectivity : 8) + n * core::as_real(w.inputs + w.outputs + 4) * sizeof(Real);
}

/// States, weights and the learners' state on all ranks.
Real checkpoint_size(const Configuration& c, const Workload& w) {
  constexpr Real headers = 20000;
  constexpr Real headers_per_learner = 4000;
  constexpr Real chunk = 1048576;  // longer arrays fill whole chunks
  const Real learners = core::as_real(std::ssize(c.learners));
  const bool free = c.protocol.feedback != "none";
  const Real frozen = free ? 0 : core::as_real(std::ssize(c.protocol.evaluate_at));
  const Real rows = (free ? learners : 1) + learners * (1 + frozen) * core::as_real(w.outputs);
  Real bytes = headers + headers_per_learner * learners + rows * core::as_real(w.neurons) * sizeof(Real);
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
    if (resolve_evaluation(evaluated, {}).empty()) {
      p.evaluation_bytes = core::as_real(evaluation_bytes(evaluated, {own, p.layout.ranks}, inputs, outputs));
    }
  }
  p.J_bytes = recurrent_bytes(p.workload, c.reservoir.size);
  p.rank_J_bytes = recurrent_bytes(p.workload, own.size());
  p.steps = core::as_real(Schedule(c.protocol, c.reservoir.dt).end());
  FileSizes steps;
  FileSizes rest;
  add_result(c, p.workload, steps, rest);
  p.step = mean_step(calibration, c, p, (steps.shared + steps.own) / p.steps);
  const auto kernel = kernel_section(p.workload.sparse, p.workload.precision);
  p.start_seconds = 1e-9 * calibration.get(kernel + ".draw") * core::as_real(own.size() * c.reservoir.size) *
                    c.reservoir.connectivity;
  const Real files =
      2e-3 * calibration.get("output.file") + 1e-9 * calibration.get("output.byte") * (rest.shared + rest.own);
  const Real rounds = std::ceil(core::as_real(p.networks) / core::as_real(p.side_by_side));
  p.run_seconds = rounds * (p.start_seconds + 1e-9 * p.steps * p.step.total() + files);
  p.result_bytes = steps.shared + rest.shared + core::as_real(p.networks) * (steps.own + rest.own);
  p.checkpoint_bytes = core::as_real(p.side_by_side) * checkpoint_size(c, p.workload);
  return p;
}

}  // namespace bayres::sim
