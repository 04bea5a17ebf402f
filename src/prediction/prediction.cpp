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
StepTime mean_step(const Calibration& calibration, const Workload& w, const RankLayout& layout, Real written) {
  const auto& c = w.c;
  const Schedule schedule(c.protocol, c.reservoir.dt);
  const auto learners = std::ssize(c.learners);
  const auto evaluations = std::ssize(schedule.evaluations());
  const Index train = schedule.train_end() - schedule.washout_end();
  const Real learning = std::ceil(core::as_real(train) / core::as_real(schedule.learn_every())) / core::as_real(train);
  const bool ahead = c.frozen_run_ahead();
  const bool apart = c.protocol.feedback == "output" || c.learns_J();
  const Shape run = apart ? Shape::apart(learners) : Shape::shared(learners);
  // Frozen weights that change nothing are further readouts in the test.
  const Shape test = ahead ? run.apart() : Shape::shared(learners * (1 + evaluations));
  const std::vector<std::pair<Index, StepShape>> phases{{schedule.washout_end(), {run, 0, written}},
                                                        {train, {run, learning, written}},
                                                        {schedule.end() - schedule.train_end(), {test, 0, written}},
                                                        {ahead ? evaluations * schedule.evaluation_span() : 0, {test}}};
  StepTime mean;
  for (const auto& [steps, shape] : phases) {
    if (steps == 0) continue;
    const auto time = step_time(calibration, w, layout, shape);
    for (std::size_t k = 0; k < mean.parts.size(); ++k) {
      mean.parts[k] += core::as_real(steps) / core::as_real(schedule.end()) * time.parts[k];
    }
  }
  return mean;
}

/// Bytes of a result. What HDF5 adds to the numbers was counted in files.
struct ResultSize {
  Real shared = 0;  // what the networks of an ensemble have once
  Real own = 0;     // and what each has
  Real grown = 0;   // of both, what is written in steps
};

ResultSize result_size(const Workload& w) {
  constexpr Real headers = 30000;
  constexpr Real headers_per_learner = 24000;
  constexpr Real headers_per_network = 40000;
  const Real n = core::as_real(w.neurons());
  ResultSize size{headers + core::as_real(std::ssize(w.c.learners)) * headers_per_learner + n * sizeof(Real)};
  const auto tracks = tracks_of(w.c, w.inputs, w.outputs, {{0, w.neurons()}, 1, true});
  for (const auto& axis : layout_of(w.c, tracks, w.inputs, w.outputs).axes) {
    for (const auto& series : axis.series) {
      const Index chunk = chunk_of(axis, series).front();  // is there as a whole
      const Real bytes = core::as_real((axis.moments + chunk - 1) / chunk * chunk * series.held()) * sizeof(Real);
      (axis.grows && series.shared ? size.shared : size.own) += bytes;
      if (axis.grows) size.grown += bytes;
    }
  }
  if (!w.c.records_network()) return size;
  const auto learn = std::ranges::count_if(w.c.learners, [&](const auto& one) { return w.c.records_network_of(one); });
  const Real network = n * n * (w.sparse() ? 12 * w.c.reservoir.connectivity : 8) +
                       n * core::as_real(w.inputs + w.outputs + 4) * sizeof(Real);
  size.own += core::as_real(1 + learn) * network;
  size.shared += core::as_real(learn) * headers_per_network;
  return size;
}

/// Bytes of a checkpoint: what all ranks save.
Real checkpoint_size(const Workload& w) {
  Real bytes = 20000 + core::as_real(std::ssize(w.c.learners)) * 4000;  // headers
  for (const auto& term : memory_of(w.c, {{0, w.neurons()}}, w.inputs, w.outputs)) bytes += term.saved;
  return bytes;
}

}  // namespace

Prediction predict(const Calibration& calibration, const Workload& workload, int ranks, int nodes) {
  const auto& [c, inputs, outputs] = workload;
  Prediction p;
  p.networks = is_ensemble(c) ? std::ssize(members_of(c, "")) : 1;
  p.layout = layout_of_network(c, p.networks, ranks, nodes);
  p.side_by_side = group_count(ranks, p.networks, c.ensemble.ranks_per_network);
  const Share share{largest_part(core::Partition(c.reservoir.size, p.layout.ranks)), p.layout.ranks};
  p.rank_bytes = core::as_real(run_bytes(c, share, inputs, outputs));
  auto evaluated = c;
  if (c.evaluate.initial_states + c.evaluate.starts > 0 && resolve_evaluation(evaluated, {}).empty()) {
    p.evaluation_bytes = core::as_real(evaluation_bytes(evaluated, share, inputs, outputs));
  }
  p.J_bytes = workload.J_bytes(c.reservoir.size);
  p.rank_J_bytes = workload.J_bytes(share.own.size());
  p.steps = core::as_real(Schedule(c.protocol, c.reservoir.dt).end());
  const auto size = result_size(workload);
  p.step = mean_step(calibration, workload, p.layout, size.grown / p.steps);
  const Real written = size.shared + size.own - size.grown;
  const Real rounds = std::ceil(core::as_real(p.networks) / core::as_real(p.side_by_side));
  p.run_seconds = 1e-9 * rounds * (p.steps * p.step.total() + calibration.get("output.byte") * written);
  p.result_bytes = size.shared + core::as_real(p.networks) * size.own;
  p.checkpoint_bytes = core::as_real(p.side_by_side) * checkpoint_size(workload);
  return p;
}

}  // namespace bayres::sim
