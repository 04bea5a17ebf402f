#include "bayres/prediction/prediction.hpp"

#include <algorithm>
#include <cmath>

#include "bayres/evaluation/ensemble.hpp"
#include "bayres/evaluation/evaluation.hpp"
#include "bayres/prediction/memory.hpp"
#include "bayres/results/observables.hpp"

namespace bayres::sim {

namespace {

/// The mean over all phases, in which so many bytes are written in each step.
StepTime mean_step(const Calibration& calibration, const Workload& w, const RankLayout& layout, Real written) {
  const Schedule schedule(w.c.protocol, w.c.reservoir.dt);
  const Index train = schedule.train_end() - schedule.washout_end();
  const Real learning = std::ceil(core::as_real(train) / core::as_real(schedule.learn_every())) / core::as_real(train);
  const bool ahead = w.c.frozen_run_ahead();
  const Shape run = shape_of(w.c);
  const Real spikes = assumed_spikes(w.c);
  // Frozen weights that change nothing are further readouts in the test.
  const Shape test = ahead ? run.apart() : run.with_more_listeners(w.learners() * w.evaluations());
  const std::vector<std::pair<Index, StepShape>> phases{
      {schedule.washout_end(), {run, 0, written, spikes}},
      {train, {run, learning, written, spikes}},
      {schedule.end() - schedule.train_end(), {test, 0, written, spikes}},
      {ahead ? w.evaluations() * schedule.evaluation_span() : 0, {test, 0, 0, spikes}}};
  StepTime mean;
  for (const auto& [steps, shape] : phases) {
    const Real share = core::as_real(steps) / core::as_real(schedule.end());
    if (steps > 0) mean.parts += share * step_time(calibration, w, layout, shape).parts;
  }
  return mean;
}

/// Nanoseconds in which a rank makes its rows of a J that is not stored, to be written: two transforms each, by plain
/// loops, which take five times as long as those of a step.
Real time_of_rows(const Calibration& calibration, const Workload& w, Index rows) {
  const auto J = w.J(rows);
  if (!w.c.records_network() || J.storage != model::Storage::transform) return 0;
  constexpr Real plain = 5;
  constexpr Real transforms = 2.0 / 3;
  return plain * transforms * core::as_real(rows) * J.weights * calibration.get("kernel." + J.kernel + ".weight");
}

/// What all ranks save, and headers.
Real checkpoint_bytes(const Workload& w) {
  constexpr Index headers = 20000;  // as counted in files
  constexpr Index of_learner = 4000;
  constexpr Index of_sums = 2500;
  const auto sums = std::ranges::count_if(w.c.measures, [](const auto& measure) { return measure->bytes() > 0; });
  return memory_of(w, all_of(w.c)).saved + core::as_real(headers + w.learners() * (of_learner + of_sums * sums));
}

}  // namespace

Prediction predict(const Calibration& calibration, const Workload& w, int ranks, int nodes) {
  const auto& c = w.c;
  Prediction p;
  p.networks = is_ensemble(c) ? std::ssize(members_of(c, "")) : 1;
  p.layout = layout_of_network(ranks, nodes, p.networks, c.ensemble.ranks_per_network);
  p.side_by_side = group_count(ranks, p.networks, c.ensemble.ranks_per_network);
  const Share share = largest_share(c, p.layout);
  p.rank_bytes = core::as_real(run_bytes(w, share));
  auto evaluated = w;
  if (c.evaluate.initial_states + c.evaluate.starts > 0 && resolve_evaluation(evaluated.c, {}).empty()) {
    const int parts = evaluation_parts(evaluated, p.layout.ranks);
    const int of_each = p.layout.ranks / parts;  // of the part with the fewest
    const comm::RankLayout part{of_each, (of_each + p.layout.on_node - 1) / p.layout.on_node, p.layout.on_node};
    const Share of_part = parts > 1 ? largest_share(c, part) : share;
    p.evaluation_bytes = core::as_real(evaluation_peak(evaluated, of_part, p.networks, parts));
  }
  const bool separate = w.groups().separate();
  p.J_bytes = w.J(w.neurons()).bytes * core::as_real(separate ? w.groups().count : 1);
  p.rank_J_bytes = w.J(share.own.size()).bytes * core::as_real(separate ? share.groups.size() : 1);
  p.steps = core::as_real(Schedule(c.protocol, c.reservoir.dt).end());
  const auto result = result_bytes(w);
  p.step = mean_step(calibration, w, p.layout, result.grown / p.steps);
  const Real written = result.shared + result.own - result.grown;
  const Real rounds = std::ceil(core::as_real(p.networks) / core::as_real(p.side_by_side));
  p.run_seconds = 1e-9 * rounds *
                  (p.steps * p.step.total() + calibration.get("output.byte") * written +
                   time_of_rows(calibration, w, share.own.size()));
  p.result_bytes = result.shared + core::as_real(p.networks) * result.own;
  p.checkpoint_bytes = core::as_real(p.side_by_side) * checkpoint_bytes(w);
  return p;
}

}  // namespace bayres::sim
