#include "bayres/sim/memory.hpp"

#include <algorithm>
#include <limits>
#include <string>

#include "bayres/core/error.hpp"
#include "bayres/core/memory.hpp"
#include "bayres/model/connectivity.hpp"
#include "bayres/sim/evaluation.hpp"
#include "bayres/sim/network_file.hpp"
#include "bayres/sim/schedule.hpp"
#include "result_header.hpp"

namespace bayres::sim {
namespace {

constexpr Real real = sizeof(Real);
constexpr Real slab_bytes = real * slab_values;  ///< of a network, that are read or written at a time
constexpr Real of_learner = 180'000;             ///< what HDF5 keeps of a learner's data sets, as counted in runs

/// Everything that the sizes follow from.
struct Sizes {
  const Configuration& c;
  Share part;
  Index inputs;
  Index outputs;
  [[nodiscard]] Real neurons() const { return core::as_real(c.reservoir.size); }
  [[nodiscard]] Real own() const { return core::as_real(part.own.size()); }
  [[nodiscard]] Real learners() const { return core::as_real(std::ssize(c.learners)); }
  [[nodiscard]] bool feeds_back() const { return c.protocol.feedback != "none"; }
};

/// Writing so many bytes of data sets with checksums: HDF5 copies the chunks; those that ranks share also travel, from
/// where they were to the rank that writes them.
Real copies_to_write(Real bytes, bool shared) { return shared ? 2.5 * bytes : bytes; }

Real recurrent(const Sizes& s) {
  const auto precision = s.c.precision();
  const auto weight = static_cast<Real>(core::weight_bytes(precision));
  if (!model::stores_sparse(s.c.reservoir, precision)) return s.own() * s.neurons() * weight;
  // Column numbers have 16 bits; where a row starts is kept for each 2^16 columns.
  return s.own() * (s.neurons() * s.c.reservoir.connectivity * (weight + 2) + 4 * (s.neurons() / 65536 + 1));
}

/// W_in, W_fb, bias, x(0).
Real rest_of_network(const Sizes& s) { return s.own() * core::as_real(s.inputs + s.outputs + 2) * real; }

/// A loop with so many states, and groups of readouts.
Real loop(const Sizes& s, Real copies, Real groups) {
  const Real blocks = s.neurons() / core::Partition::block_size;
  const Real messages = s.part.ranks > 1 ? s.neurons() : 0;  // of all ranks
  return copies * (messages + 4 * s.own()) * real +
         static_cast<Real>(model::Rates::bytes(static_cast<Index>(copies), s.c.reservoir.size, s.c.precision())) +
         groups * core::as_real(s.outputs) * (s.own() + blocks) * real;
}

/// The loops of a run. Weights frozen on the way are kept until they are scored; with feedback each runs on by itself.
Real loops(const Sizes& s) {
  const Real evaluations = core::as_real(std::ssize(s.c.protocol.evaluate_at));
  const bool closed = s.c.protocol.feedback == "output";
  Real bytes = loop(s, closed ? s.learners() : 1, s.learners());
  const bool tested = Schedule(s.c.protocol, s.c.reservoir.dt).end() > 0;
  if (s.feeds_back() && (evaluations > 0 || (tested && !closed))) bytes += loop(s, s.learners(), s.learners());
  if (!s.feeds_back()) bytes += 2 * evaluations * s.learners() * core::as_real(s.outputs) * s.own() * real;
  return bytes;
}

/// Of the learners' rules: what they hold, and the most that one of them takes for a while or copies when it is
/// written.
struct RuleBytes {
  Real held = 0;
  Real transient = 0;
};

RuleBytes rules_of(const Sizes& s) {
  RuleBytes all;
  for (const auto& learner : s.c.learners) {
    const auto bytes = [&](core::Range own) {
      return core::as_real(learner.rule->bytes({s.c.reservoir.size, own, s.outputs}));
    };
    const Real transient = bytes({s.part.own.first, s.part.own.first});
    const Real held = bytes(s.part.own) - transient;
    const Real written = std::min(held, bytes({0, s.c.reservoir.size}) / core::as_real(s.part.ranks));
    all.held += held;
    all.transient = std::max({all.transient, transient, written});
  }
  return all;
}

/// What is recorded until it is written, and its largest data set.
struct RecordBytes {
  Real held = 0;
  Real copied = 0;
};

RecordBytes record_of(const Sizes& s) {
  const auto layout = layout_of(s.c, tracks_of(s.c, s.inputs, s.outputs, s.part), s.inputs, s.outputs);
  RecordBytes bytes;
  for (const auto& axis : layout.axes) {
    const Real moments = core::as_real(std::min(io::moments_at_a_time(axis), axis.moments + 1));
    bytes.held += moments * core::as_real(axis.held()) * real;
    for (const auto& series : axis.series) {
      const bool travels = series.spread && s.part.ranks > 1;
      bytes.copied = std::max(bytes.copied, copies_to_write(moments * core::as_real(series.held()) * real, travels));
    }
  }
  return bytes;
}

/// What is copied while files are written, one data set after the other.
Real writing(const Sizes& s, Real recorded) {
  const bool several = s.part.ranks > 1;
  const Real readouts = s.learners() * core::as_real(s.outputs) * s.own() * real;
  const Real states = s.c.protocol.feedback == "output" ? s.learners() * s.own() * real : 0;
  const Real scales = 2 * s.neurons() * real;
  Real network = 0;
  if (s.c.record.network) {
    const bool sparse = model::stores_sparse(s.c.reservoir, s.c.precision());
    const Real entries = s.own() * s.neurons() * (sparse ? s.c.reservoir.connectivity : 1) * real;
    network = std::min(slab_bytes, entries) * (sparse ? 2.5 : 2) + 2e6;
  }
  return std::max({recorded, network, scales, copies_to_write(std::max(readouts, states), several)});
}

/// What is copied while a network is read.
Real reading(const Sizes& s) {
  if (s.c.reservoir.network.empty()) return 0;
  return model::stores_sparse(s.c.reservoir, s.c.precision()) ? 2 * slab_bytes : slab_bytes;
}

Index whole(Real bytes) { return bytes < 9e18 ? static_cast<Index>(bytes) : std::numeric_limits<Index>::max() / 2; }

}  // namespace

Share share_of(const Configuration& c, const comm::Communicator& comm) {
  return {core::Partition(c.reservoir.size, comm.size()).neurons_of(comm.rank()), comm.size(), comm.is_root()};
}

Index run_bytes(const Configuration& c, const Share& part, Index inputs, Index outputs) {
  const Sizes s{c, part, inputs, outputs};
  const auto rules = rules_of(s);
  const auto record = record_of(s);
  const Real begun = s.learners() * of_learner + loops(s) + rules.held + record.held;
  const Real copied = std::max(rules.transient, writing(s, record.copied));
  return whole(recurrent(s) + rest_of_network(s) + std::max(begun + copied, reading(s)));
}

Index evaluation_bytes(const Configuration& c, const Share& part, Index inputs, Index outputs, Index networks) {
  const Sizes s{c, part, inputs, outputs};
  const EvaluationPlan plan(c, inputs);
  const Real replicas = core::as_real(plan.replicas);
  const Real groups = replicas * s.learners();
  const Real frozen = 2 * s.learners() * core::as_real(outputs) * s.own() * real;
  const Real scores = groups * core::as_real(outputs * (plan.windows() + 20)) * real;
  // Outputs are kept as they come, and then with the scores of every network.
  const Real kept = plan.trajectories ? core::as_real((1 + networks) * plan.span * outputs) * groups * real : 0;
  const Real begun = frozen + loop(s, plan.copy_per_learner ? groups : replicas, groups) + scores + kept;
  return whole(recurrent(s) + rest_of_network(s) + std::max(begun, reading(s)));
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
