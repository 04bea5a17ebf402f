#include "bayres/prediction/calibrate.hpp"

#include <algorithm>
#include <bit>
#include <set>

#include "bayres/comm/ping_pong.hpp"
#include "bayres/comm/step_exchange.hpp"
#include "bayres/core/memory.hpp"
#include "bayres/core/text.hpp"
#include "bayres/kernels/kernels.hpp"
#include "calibrate_parts.hpp"

namespace bayres::sim {
namespace {

/// How the ranks are spread over machines.
struct Spread {
  Index first_on_node = 0;  // rank
  Index nodes = 1;
};

Spread spread_of(const comm::Communicator& comm) {
  Spread spread;
  spread.first_on_node = comm.lowest_rank_on_node();
  spread.nodes = comm.sum(Index{spread.first_on_node == comm.rank() ? 1 : 0});
  return spread;
}

void note_machine(const comm::Communicator& comm, const Spread& spread, Calibration& c) {
  const auto names = comm.gather_texts(comm::host_name());
  std::string hosts;
  for (const auto& host : std::set<std::string>(names.begin(), names.end())) hosts += (hosts.empty() ? "" : " ") + host;
  c.set("machine.ranks", Index{comm.size()});
  c.set("machine.nodes", spread.nodes);
  c.set("machine.hosts", hosts);
  c.set("machine.instruction_set", std::string(core::kernels::instruction_set()));
  c.set("machine.measured_at", core::utc_now());
}

void measure_memory(const Repetition& all, Real largest_array, Calibration& c) {
  const Index ranks = all.comm().size();
  const Real room = 0.25 * static_cast<Real>(core::available_bytes()) / core::as_real(ranks);
  // Every rank goes through the same sizes.
  const auto largest = static_cast<Index>(std::max(-all.comm().max(-std::min(largest_array, room)), 131072.0));
  std::vector<Real> sizes;
  std::vector<Real> alone;
  std::vector<Real> together;
  for (Index size = 32768; size <= largest; size *= size < 4000000 ? 4 : 2) {
    const core::AlignedVector<Real> values(core::as_size(size) / sizeof(Real), 1.0);
    volatile Real sum = 0;  // is used, so that it is formed
    bool backwards = false;
    const auto read = [&] {
      sum = core::kernels::read_all(values.data(), static_cast<Index>(values.size()), backwards = !backwards);
    };
    sizes.push_back(core::as_real(size));
    together.push_back(sizes.back() / all.nanoseconds(read));
    alone.push_back(ranks == 1 ? together.back() : sizes.back() / all.nanoseconds_alone(read));
  }
  c.set("memory.ranks", ranks);
  c.set("memory.bytes", sizes);
  c.set("memory.alone", alone);
  c.set("memory.together", together);
}

/// An exchange: bytes of all messages, nanoseconds to send and to take them apart.
struct Exchanged {
  Real bytes = 0;
  Real sending = 0;
  Real unpacking = 0;
};

Exchanged measure_exchange(const Repetition& all, Index neurons_per_rank) {
  const int ranks = all.comm().size();
  const core::Partition partition(neurons_per_rank * ranks, ranks);
  const auto way = core::choose<comm::ExchangeChoice, comm::AllGather>();
  comm::StepExchange exchange(all.comm(), partition, {&way, {0, partition.neurons()}}, core::Precision::full,
                              core::RateOrder::copy_by_copy, 1, 1);
  std::vector<Real> rates(core::as_size(partition.neurons()));
  std::vector<Real> sums(1);
  Exchanged result;
  result.bytes = core::as_real((partition.neurons() + partition.blocks() + ranks) * Index{sizeof(Real)});
  result.sending = all.nanoseconds([&] { exchange.run(); });
  result.unpacking = all.nanoseconds([&] {
    exchange.all_rates(std::as_writable_bytes(std::span(rates)));
    exchange.totals(sums);
    sums[0] += exchange.status();
  });
  return result;
}

/// Of the ranks of one machine.
void measure_exchanges(const Repetition& node, Calibration& c) {
  const auto measure = [&](const comm::Communicator& ranks, Real Exchanged::*part) {
    const auto few = measure_exchange(node.on(ranks), 64);
    const auto many = measure_exchange(node.on(ranks), 16384);
    return line_through(few.bytes, few.*part, many.bytes, many.*part);
  };
  const auto& comm = node.comm();
  const auto unpacking = measure(comm, &Exchanged::unpacking);
  c.set("exchange.unpack_rank", unpacking.first / comm.size());
  c.set("exchange.unpack_byte", unpacking.slope);
  const bool measured = comm.max(Index{comm.size()}) > 1;
  c.set("exchange.measured", measured);
  if (!measured) return;
  const auto shared = measure(comm, &Exchanged::sending);
  c.set("exchange.shared_latency", shared.first / comm.size());
  c.set("exchange.shared_byte", shared.slope);
  const auto mpi = measure(comm.through_mpi(), &Exchanged::sending);
  c.set("exchange.mpi_latency", mpi.first / std::bit_width(static_cast<unsigned>(comm.size() - 1)));
  c.set("exchange.mpi_byte", mpi.slope);
}

/// Between two machines, by messages that go to and fro.
void measure_network(const comm::Communicator& comm, const Spread& spread, double seconds, Calibration& c) {
  if (spread.nodes == 1) return;
  const Index other = -comm.max(spread.first_on_node == 0 ? Index{-comm.size()} : -spread.first_on_node);
  const auto one_way = [&](Index bytes) {
    return 1e9 * comm::one_way_seconds(comm, 0, static_cast<int>(other), bytes, seconds);
  };
  constexpr Index brief = 8;
  constexpr Index lengthy = Index{1} << 20;
  const Real latency = one_way(brief);
  const Real transfer = one_way(lengthy) - latency;
  c.set("network.measured", true);
  c.set("network.latency", 1e-3 * latency);
  c.set("network.bandwidth", core::as_real(lengthy - brief) / std::max(transfer, 1.0));
}

}  // namespace

CalibrationPlan CalibrationPlan::everything(const core::Registry<rules::Choice>& rules) {
  CalibrationPlan plan;
  for (const bool sparse : {false, true}) {
    for (const auto precision : core::every_precision) {
      plan.kernels.push_back({sparse, precision});
    }
  }
  for (const auto& rule : rules) plan.learners.push_back({std::string(rule->info.name), rule});
  return plan;
}

Calibration calibrate(const comm::Communicator& comm, const CalibrationPlan& plan) {
  const auto spread = spread_of(comm);
  const auto node = comm.split(static_cast<int>(spread.first_on_node));
  const Repetition on_node(node, plan.seconds);
  Calibration c;
  note_machine(comm, spread, c);
  if (!plan.scratch.empty()) measure_output(comm, plan.scratch, c);  // first: it may fail
  measure_memory(on_node, plan.largest_array, c);
  for (const auto& kernel : plan.kernels) measure_kernel(on_node, kernel, c);
  measure_exchanges(on_node, c);
  measure_network(comm, spread, plan.seconds, c);
  measure_neurons(on_node, c);
  for (const auto& learner : plan.learners) measure_rule(on_node, learner, c);
  return c;
}

}  // namespace bayres::sim
