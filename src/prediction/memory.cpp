#include "bayres/prediction/memory.hpp"

#include <algorithm>
#include <limits>
#include <string>

#include "bayres/core/error.hpp"
#include "bayres/core/memory.hpp"
#include "bayres/evaluation/evaluation.hpp"
#include "bayres/prediction/prediction.hpp"
#include "bayres/results/network_file.hpp"
#include "bayres/results/result_header.hpp"
#include "bayres/simulation/schedule.hpp"

namespace bayres::sim {
namespace {

constexpr Real real = sizeof(Real);
constexpr Real slab_bytes = real * slab_values;  ///< of a network, that are read or written at a time
constexpr Real of_learner = 120'000;             ///< what HDF5 keeps of a learner's data sets, as counted in runs
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
  Real weights = learners * core::as_real(w.outputs) * own * real;  ///< of all readouts
  bool closed = c.protocol.feedback == "output";
};

/// Writing so many bytes of data sets with checksums: HDF5 copies the chunks; those that ranks share also travel, from
/// where they were to the rank that writes them.
Real copies_to_write(Real bytes, bool shared) { return shared ? 2.5 * bytes : bytes; }

/// J, W_in, W_fb, bias, x(0).
Real network(const Sizes& s) {
  return s.w.J_bytes(s.part.own.size()) + s.own * core::as_real(s.w.inputs + s.w.outputs + 2) * real;
}

/// A loop with so many states, and groups of readouts.
Real loop(const Sizes& s, Real copies, Real groups) {
  const Real blocks = s.n / core::Partition::block_size;
  const Real messages = s.part.ranks > 1 ? copies * s.n * real : 0;  // of all ranks
  return messages + core::as_real(s.c.exchange->bytes(static_cast<Index>(messages))) + copies * 4 * s.own * real +
         core::as_real(model::Rates::bytes(static_cast<Index>(copies), s.w.neurons(), s.c.precision())) +
         groups * core::as_real(s.w.outputs) * (s.own + blocks) * real;
}

/// What measures have added up of the readouts of a learner over some steps.
Real score_bytes(const Sizes& s) {
  Real of_readout = sizeof(Score);
  for (const auto& measure : s.c.measures) of_readout += core::as_real(measure->bytes());
  return core::as_real(s.w.outputs) * of_readout;
}

/// A learner, apart from its rule and weights.
Real one_learner(const Sizes& s) {
  const Real phases = core::as_real(2 + std::ssize(s.c.protocol.evaluate_at));
  return of_learner + of_measure * core::as_real(static_cast<Index>(s.c.measures.size())) + phases * score_bytes(s);
}

/// The loops of a run. Weights frozen on the way are kept until they are scored; with feedback each runs on by itself.
Real loops(const Sizes& s) {
  const Real evaluations = core::as_real(std::ssize(s.c.protocol.evaluate_at));
  const bool apart = s.closed || s.c.learns_J();
  const Real run = loop(s, apart ? s.learners : 1, s.learners);
  if (!s.c.frozen_run_ahead()) return run + 2 * evaluations * s.weights;
  const bool tested = Schedule(s.c.protocol, s.c.reservoir.dt).end() > 0;
  return run + (evaluations > 0 || (tested && !apart) ? loop(s, s.learners, s.learners) : 0);
}

/// What is held, and the most that is taken for a while or copied when it is written.
struct HeldBytes {
  Real held = 0;
  Real copied = 0;
};

/// Of learners of J: the J of each, in a frozen copy too, and what its rule keeps. A checkpoint copies one J.
HeldBytes learned_of(const Sizes& s) {
  HeldBytes all;
  if (!s.c.learns_J()) return all;
  const Real synapses = s.own * s.n * (s.w.sparse() ? s.c.reservoir.connectivity : 1);
  const Real copies = s.c.protocol.evaluate_at.empty() ? 1 : 2;
  all.copied = synapses * real + copies_to_write(synapses * real, s.part.ranks > 1);
  all.held = s.learners * copies * (s.w.J_bytes(s.part.own.size()) + s.n * real);
  for (const auto& learner : s.c.learners) {
    if (!learner.recurrent) continue;
    const plasticity::Synapses own{s.w.neurons(), s.part.own, s.w.outputs, static_cast<Index>(synapses)};
    all.held += core::as_real(learner.recurrent->bytes(own));
  }
  return all;
}

HeldBytes rules_of(const Sizes& s) {
  HeldBytes all;
  for (const auto& learner : s.c.learners) {
    const auto bytes = [&](core::Range own) {
      return core::as_real(learner.rule->bytes({s.w.neurons(), own, s.w.outputs}));
    };
    const Real transient = bytes({s.part.own.first, s.part.own.first});
    const Real held = bytes(s.part.own) - transient;
    const Real written = std::min(held, bytes({0, s.w.neurons()}) / core::as_real(s.part.ranks));
    all.held += held;
    all.copied = std::max({all.copied, transient, written});
  }
  return all;
}

/// What is recorded until it is written, and its largest data set.
HeldBytes record_of(const Sizes& s) {
  HeldBytes bytes;
  const auto tracks = tracks_of(s.c, s.w.inputs, s.w.outputs, s.part);
  for (const auto& axis : layout_of(s.c, tracks, s.w.inputs, s.w.outputs).axes) {
    const Real moments = core::as_real(std::min(moments_at_a_time(axis), axis.moments + 1));
    bytes.held += moments * core::as_real(axis.held()) * real;
    for (const auto& series : axis.series) {
      const bool travels = series.spread && s.part.ranks > 1;
      bytes.copied = std::max(bytes.copied, copies_to_write(moments * core::as_real(series.held()) * real, travels));
    }
  }
  return bytes;
}

/// What is copied while the network is written, a slab at a time.
Real network_copies(const Sizes& s) {
  if (!s.c.record.network) return 0;
  const Real entries = s.own * s.n * (s.w.sparse() ? s.c.reservoir.connectivity : 1) * real;
  return std::min(slab_bytes, entries) * (s.w.sparse() ? 2.5 : 2) + 2e6;
}

/// What is copied while a network is read.
Real reading(const Sizes& s) { return s.c.reservoir.network.empty() ? 0 : slab_bytes * (s.w.sparse() ? 2 : 1); }

Index whole(Real bytes) { return bytes < 9e18 ? static_cast<Index>(bytes) : std::numeric_limits<Index>::max() / 2; }

}  // namespace

Share share_of(const Configuration& c, const comm::Communicator& comm) {
  return {core::Partition(c.reservoir.size, comm.size()).neurons_of(comm.rank()), comm.size(), comm.is_root()};
}

Index run_bytes(const Configuration& c, const Share& part, Index inputs, Index outputs) {
  const Sizes s(c, part, inputs, outputs);
  const auto rules = rules_of(s);
  const auto record = record_of(s);
  const auto learned = learned_of(s);
  const Real largest = std::max(s.weights, s.closed ? s.learners * s.own * real : 0);  // data set of a checkpoint
  const Real scales = 2 * s.n * real;
  const Real held = s.learners * one_learner(s) + loops(s) + rules.held + record.held + learned.held;
  const Real copied = std::max({rules.copied, record.copied, learned.copied, network_copies(s), scales,
                                copies_to_write(largest, s.part.ranks > 1)});
  return whole(network(s) + std::max(held + copied, reading(s)));
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
  const Real held = 2 * s.weights + loop(s, plan.trajectory_per_learner ? groups : replicas, groups) +
                    groups * (score_bytes(s) + arrays) + kept + targets;
  return whole(network(s) + std::max(held, reading(s)));
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
