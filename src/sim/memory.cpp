#include "bayres/sim/memory.hpp"

#include <algorithm>
#include <limits>
#include <string>

#include "bayres/core/error.hpp"
#include "bayres/core/memory.hpp"
#include "bayres/model/connectivity.hpp"
#include "bayres/sim/schedule.hpp"
#include "result_header.hpp"

namespace bayres::sim {
namespace {

double state_bytes(const LearnerParameters& learner, const rules::Synapses& synapses) {
  return rules::Registry::with_type_of(learner.rule, [&]<class Rule>(const typename Rule::Parameters& p) {
    return static_cast<double>(Rule::bytes(p, synapses));
  });
}

/// What a rank holds until it is written; the root's, which is more than others'.
double recorded_bytes(const Configuration& c, core::Range own, Index outputs) {
  constexpr Index inputs = 1;  // about
  const auto layout = layout_of(c, inputs, outputs);
  const Index steps = Schedule(c.protocol, c.reservoir.dt).end();
  const Index rows = std::min(io::rows_at_a_time(layout), steps / c.record.every + 1);
  const Index ranks = std::max<Index>(1, c.reservoir.size / std::max<Index>(1, own.size()));
  const Index snapshots = std::min(io::snapshots_at_a_time(layout, static_cast<int>(ranks)), layout.snapshots);
  return static_cast<double>(io::bytes_of(layout, {rows, snapshots, own.size(), std::ssize(layout.recorded), true}));
}

}  // namespace

Index estimated_bytes(const Configuration& c, core::Range own, Index outputs) {
  constexpr double real = sizeof(Real);
  const auto precision = c.precision();
  const bool sparse = model::stores_sparse(c.reservoir, precision);
  const auto weight = static_cast<double>(core::weight_bytes(precision));
  const auto n = static_cast<double>(c.reservoir.size);
  const auto rows = static_cast<double>(own.size());
  const auto learners = static_cast<double>(c.learners.size());
  const double copies = c.protocol.feedback == "none" ? 1 : learners;
  // Column numbers have 16 bits; where a row starts is kept for each 2^16 columns.
  const double weights =
      sparse ? rows * (n * c.reservoir.connectivity * (weight + 2) + 4 * (n / 65536 + 1)) : rows * n * weight;
  const double frozen = learners * static_cast<double>(c.protocol.evaluate_at.size());
  double bytes = weights + copies * (n + 4 * rows) * real;
  bytes += static_cast<double>(model::Rates::bytes(static_cast<Index>(copies), c.reservoir.size, precision));
  bytes += (learners + frozen) * static_cast<double>(outputs) * (rows + n / core::Partition::block_size) * real;
  for (const auto& learner : c.learners) bytes += state_bytes(learner, {c.reservoir.size, own, outputs});
  bytes += recorded_bytes(c, own, outputs);
  return bytes < 9e18 ? static_cast<Index>(bytes) : std::numeric_limits<Index>::max() / 2;
}

void require_memory(const Configuration& c, const comm::Communicator& comm, const comm::Communicator& group,
                    Index outputs) {
  const core::Partition partition(c.reservoir.size, group.size());
  const Index own = estimated_bytes(c, partition.neurons_of(group.rank()), outputs);
  const auto needed = static_cast<double>(comm.sum_on_node(own / 1024)) * 1024;
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
