#include "bayres/prediction/memory.hpp"

#include <algorithm>
#include <limits>
#include <string>

#include "bayres/core/error.hpp"
#include "bayres/core/memory.hpp"
#include "bayres/datasets/network_file.hpp"
#include "bayres/evaluation/evaluation.hpp"
#include "bayres/prediction/prediction.hpp"
#include "bayres/results/result_header.hpp"
#include "bayres/simulation/schedule.hpp"

namespace bayres::sim {
namespace {

constexpr Real real = sizeof(Real);
constexpr Real slab_bytes = real * slab_values;  ///< of a network, that are read or written at a time
constexpr Real of_learner = 120'000;             ///< what HDF5 keeps of a learner's data sets, as counted in runs
constexpr Real of_network_files = 60'000;        ///< and of the network that it has learned
constexpr Real of_measure = 20'000;              ///< and of each measure's

/// Everything that the sizes follow from.
struct Sizes {
  Sizes(const Configuration& configuration, const Share& share, Index in, Index out)
      : c(configuration), part(share), w{c, in, out} {}
  const Configuration& c;
  Share part;
  Workload w;
  Real n = core::as_real(w.neurons());
  Real own = core::as_real(part.own.size());
  Real learners = core::as_real(std::ssize(c.learners));
  rules::Features features = c.features(w.inputs);
  Real weights = learners * core::as_real(w.outputs * features.of(part.own).size()) * real;  ///< of all readouts
  Real evaluations = core::as_real(std::ssize(c.protocol.evaluate_at));
  Real synapses = own * n * (w.sparse() ? c.reservoir.connectivity : 1);
  bool apart = c.protocol.feedback == "output" || c.learns_J();  ///< a trajectory for each learner

  /// Writing so many bytes of data sets with checksums: HDF5 copies the chunks; those that ranks share also travel,
  /// from where they were to the rank that writes them.
  [[nodiscard]] Real to_write(Real bytes, bool shared = true) const {
    return shared && part.ranks > 1 ? 2.5 * bytes : bytes;
  }
};

/// J, W_in, W_fb, bias, x(0), and a slab of J that is read or written.
MemoryTerm network(const Sizes& s) {
  MemoryTerm all{"network",
                 s.w.J_bytes(s.part.own.size()) + s.own * core::as_real(s.w.inputs + s.w.outputs + 2) * real};
  if (s.c.records_network()) all.copied = std::min(slab_bytes, s.synapses * real) * (s.w.sparse() ? 2.5 : 2) + 2e6;
  return all;
}

/// A loop with so many states, and groups of readouts.
Real loop(const Sizes& s, Real copies, Real groups) {
  const Real blocks = s.n / core::Partition::block_size;
  const Real messages = s.part.ranks > 1 ? copies * s.n * real : 0;  // of all ranks
  return messages + core::as_real(s.c.exchange->bytes(static_cast<Index>(messages))) + copies * 4 * s.own * real +
         core::as_real(model::Rates::bytes(static_cast<Index>(copies), s.w.neurons(), s.c.precision())) +
         groups * core::as_real(s.w.outputs) * (s.own + blocks) * real;
}

/// The loops of a run. Weights frozen on the way are kept until they are scored; with feedback each runs on by itself.
MemoryTerm loops(const Sizes& s) {
  const Real states = s.learners * s.own * real;
  MemoryTerm all{"loops", loop(s, s.apart ? s.learners : 1, s.learners)};
  all.copied = s.to_write(std::max(s.weights, s.apart ? states : 0));
  all.saved = s.weights + (s.c.frozen_run_ahead() ? states : s.own * real + s.evaluations * s.weights);
  const bool tested = Schedule(s.c.protocol, s.c.reservoir.dt).end() > 0;
  if (!s.c.frozen_run_ahead()) {
    all.held += 2 * s.evaluations * s.weights;
  } else if (s.evaluations > 0 || (tested && !s.apart)) {
    all.held += loop(s, s.learners, s.learners);
  }
  return all;
}

/// What measures have added up of the readouts of a learner over some steps.
Real score_bytes(const Sizes& s) {
  Real of_readout = sizeof(Score);
  for (const auto& measure : s.c.measures) of_readout += core::as_real(measure->bytes());
  return core::as_real(s.w.outputs) * of_readout;
}

/// Learners, apart from their rules and weights; and the dimensions of data sets.
MemoryTerm learners(const Sizes& s) {
  const Real of_files = of_learner + of_measure * core::as_real(static_cast<Index>(s.c.measures.size()));
  const Real networks = s.c.learns_J() ? s.learners * of_network_files : 0;
  return {"learners", s.learners * (of_files + (2 + s.evaluations) * score_bytes(s)) + networks, 2 * s.n * real};
}

MemoryTerm rule(const Sizes& s, const LearnerParameters& learner) {
  if (s.w.uses_sums_of_another(learner)) return {"rule"};
  const auto bytes = [&](core::Range own) {
    return core::as_real(learner.rule->bytes(s.features.synapses(own, s.w.outputs)));
  };
  const Real transient = bytes({s.part.own.first, s.part.own.first});
  const Real held = bytes(s.part.own) - transient;
  const Real written = std::min(held, bytes({0, s.w.neurons()}) / core::as_real(s.part.ranks));
  return {"rule", held, std::max(transient, written), held};
}

/// The J of a learner, in a frozen copy too, where any is learned, and what its own rule keeps.
MemoryTerm learned_J(const Sizes& s, const LearnerParameters& learner) {
  MemoryTerm all{"learned J"};
  all.held = (s.evaluations > 0 ? 2 : 1) * (s.w.J_bytes(s.part.own.size()) + s.n * real);
  if (!learner.recurrent) return all;
  const plasticity::Synapses own{s.w.neurons(), s.part.own, s.w.outputs, static_cast<Index>(s.synapses)};
  const auto of_rule = core::as_real(learner.recurrent->bytes(own));
  all.held += of_rule;
  all.copied = s.synapses * real + s.to_write(s.synapses * real);
  all.saved = s.synapses * real + of_rule;
  return all;
}

/// What is recorded until it is written.
MemoryTerm record(const Sizes& s, const Axis& axis) {
  const Real moments = core::as_real(std::min(moments_at_a_time(axis), axis.moments + 1));
  MemoryTerm all{"record", moments * core::as_real(axis.held()) * real};
  for (const auto& series : axis.series) {
    all.copied = std::max(all.copied, s.to_write(moments * core::as_real(series.held()) * real, series.spread));
  }
  return all;
}

/// What is copied while a network, or a learned J, is read.
Real reading(const Sizes& s) {
  return s.c.reservoir.network.empty() && !s.c.learns_J() ? 0 : slab_bytes * (s.w.sparse() ? 2 : 1);
}

Index whole(Real bytes) { return bytes < 9e18 ? static_cast<Index>(bytes) : std::numeric_limits<Index>::max() / 2; }

}  // namespace

std::vector<MemoryTerm> memory_of(const Configuration& c, const Share& part, Index inputs, Index outputs) {
  const Sizes s(c, part, inputs, outputs);
  std::vector<MemoryTerm> all{network(s), loops(s), learners(s)};
  for (const auto& learner : c.learners) {
    all.push_back(rule(s, learner));
    if (c.learns_J()) all.push_back(learned_J(s, learner));
  }
  const auto layout = layout_of(c, tracks_of(c, inputs, outputs, part), inputs, outputs);
  for (const auto& axis : layout.axes) all.push_back(record(s, axis));
  if (const auto free_run = free_run_of(c)) {
    const Real scores = core::as_real(FreeRuns::bytes(*free_run, outputs, std::ssize(c.learners)));
    const Real state = core::as_real(FreeRuns::state_bytes(*free_run, outputs, std::ssize(c.learners)));
    all.push_back({"scores of the free run", scores, state, state});
  }
  return all;
}

Share share_of(const Configuration& c, const comm::Communicator& comm) {
  return {core::Partition(c.reservoir.size, comm.size()).neurons_of(comm.rank()), comm.size(), comm.is_root()};
}

Index run_bytes(const Configuration& c, const Share& part, Index inputs, Index outputs) {
  const auto all = memory_of(c, part, inputs, outputs);
  Real held = 0;
  Real copied = 0;
  for (const auto& term : all) {
    held += term.held;
    copied = std::max(copied, term.copied);
  }
  return whole(std::max(held + copied, all[0].held + reading({c, part, inputs, outputs})));
}

Index evaluation_bytes(const Configuration& c, const Share& part, Index inputs, Index outputs, Index networks) {
  const Sizes s(c, part, inputs, outputs);
  const EvaluationPlan plan(c, inputs);
  const Real replicas = core::as_real(plan.replicas);
  const Real groups = replicas * s.learners;
  const Real arrays = core::as_real(outputs * (plan.windows() + 4 * static_cast<Index>(s.c.measures.size()))) * real;
  // Outputs are kept as they come, and then with the scores of every network.
  const Real kept = plan.trajectories ? core::as_real((1 + networks) * plan.span * outputs) * groups * real : 0;
  const Real targets = plan.trajectories ? core::as_real(plan.starts() * plan.span * outputs) * real : 0;
  const Real starts = core::as_real(plan.starts());
  const Real free_runs =
      starts * core::as_real(FreeRuns::bytes(plan.free_run, outputs, static_cast<Index>(groups / starts)));
  const Real held = free_runs + 2 * s.weights + loop(s, plan.trajectory_per_learner ? groups : replicas, groups) +
                    groups * (score_bytes(s) + arrays) + kept + targets +
                    (c.learns_J() ? s.learners * s.w.J_bytes(s.part.own.size()) + groups * s.n * real : 0);
  return whole(network(s).held + std::max(held, reading(s)));
}

void require_memory(Index own, const Configuration& c, const comm::Communicator& comm) {
  const auto needed = static_cast<double>(comm.sum_on_node((own + library_bytes) / 1024)) * 1024;
  const auto available = static_cast<double>(core::available_bytes());
  comm.together([&] {
    if (needed <= available) return;
    throw core::usage_error("the network and its " + std::to_string(c.learners.size()) + " learners need about " +
                            core::gigabytes(needed) + " on " + comm::host_name() + ", where " +
                            core::gigabytes(available) +
                            " are free: use fewer learners, a smaller reservoir.size, or more machines");
  });
}

}  // namespace bayres::sim
