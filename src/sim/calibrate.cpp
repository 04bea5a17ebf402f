#include "bayres/sim/calibrate.hpp"

#include <algorithm>
#include <bit>
#include <set>

#include "bayres/comm/ping_pong.hpp"
#include "bayres/comm/step_exchange.hpp"
#include "bayres/core/kernels.hpp"
#include "bayres/core/memory.hpp"
#include "bayres/core/text.hpp"
#include "calibrate_parts.hpp"
#include "repetition.hpp"

namespace bayres::sim {
namespace {

/// How the ranks are spread over machines.
struct Spread {
  Index first_on_node = 0;  // rank
  Index nodes = 1;
};

Spread spread_of(const comm::Communicator& comm) {
  Spread spread;
  spread.first_on_node = std::ranges::min(comm.gather_on_node(comm.rank()));
  spread.nodes = comm.sum(Index{spread.first_on_node == comm.rank() ? 1 : 0});
  return spread;
}

MachineFacts facts_of(const comm::Communicator& comm, const Spread& spread) {
  MachineFacts facts;
  facts.ranks = comm.size();
  facts.nodes = spread.nodes;
  const auto names = comm.gather_texts(comm::host_name());
  const std::set<std::string> hosts(names.begin(), names.end());
  for (const auto& host : hosts) facts.hosts += (facts.hosts.empty() ? "" : " ") + host;
  facts.instruction_set = core::kernels::instruction_set();
  facts.measured_at = core::utc_now();
  return facts;
}

MemoryRates measure_memory(const Repetition& all, const CalibrationPlan& plan) {
  MemoryRates rates;
  rates.ranks = all.comm().size();
  const Real room = 0.25 * static_cast<Real>(core::available_bytes()) / static_cast<Real>(rates.ranks);
  // Every rank goes through the same sizes.
  const Real largest = -all.comm().max(-std::min(plan.largest_array, room));
  const auto last = static_cast<Index>(std::max(largest, 131072.0));
  for (Index size = 32768; size <= last; size *= size < 4000000 ? 4 : 2) {
    const auto bytes = static_cast<Real>(size);
    const core::AlignedVector<Real> values(static_cast<std::size_t>(size) / sizeof(Real), 1.0);
    Real sum = 0;
    bool backwards = false;
    const auto read = [&] {
      sum += core::kernels::read_all(values.data(), static_cast<Index>(values.size()), backwards = !backwards);
    };
    rates.bytes.push_back(bytes);
    rates.together.push_back(bytes / all.nanoseconds(read));
    rates.alone.push_back(all.comm().size() == 1 ? rates.together.back() : bytes / all.nanoseconds_alone(read));
    if (sum < 0) rates.bytes.clear();  // never; the sum is used, so that it is formed
  }
  return rates;
}

/// The line y = first + slope x through two points, with neither below 0.
struct Line {
  Real first = 0;
  Real slope = 0;
};
Line line_through(Real x0, Real y0, Real x1, Real y1) {
  const Real slope = std::max(0.0, (y1 - y0) / (x1 - x0));
  return {std::max(0.0, y0 - slope * x0), slope};
}

/// Nanoseconds of an exchange in which the messages have `bytes` in all.
struct Exchanged {
  Real bytes = 0;
  Real all = 0;
  Real unpacking = 0;
};

Exchanged measure_exchange(const Repetition& all, Index neurons_per_rank) {
  const auto& comm = all.comm();
  const core::Partition partition(neurons_per_rank * comm.size(), comm.size());
  comm::StepExchange exchange(comm, partition, core::Precision::full, core::RateOrder::copy_by_copy, 1, 1);
  std::vector<Real> rates(static_cast<std::size_t>(partition.neurons()));
  std::vector<Real> sums(1);
  Exchanged result;
  const auto unpack = [&] {
    exchange.all_rates(std::as_writable_bytes(std::span(rates)));
    exchange.totals(sums);
    sums[0] += exchange.status();
  };
  result.bytes = static_cast<Real>(partition.neurons() + partition.blocks() + comm.size()) * sizeof(Real);
  result.all = all.nanoseconds([&] {
    exchange.run();
    unpack();
  });
  result.unpacking = all.nanoseconds(unpack);
  return result;
}

/// Of the ranks of one machine.
ExchangeRates measure_exchanges(const Repetition& node) {
  constexpr Index few = 64;
  constexpr Index many = 16384;
  ExchangeRates rates;
  const auto& comm = node.comm();
  const Real ranks = comm.size();
  const auto line = [&](const comm::Communicator& group, Real Exchanged::*unpacked) {
    const Repetition repetition = node.on(group);
    const auto small = measure_exchange(repetition, few);
    const auto large = measure_exchange(repetition, many);
    const auto value = [&](const Exchanged& e) { return unpacked != nullptr ? e.*unpacked : e.all - e.unpacking; };
    return line_through(small.bytes, value(small), large.bytes, value(large));
  };
  const auto unpacking = line(comm, &Exchanged::unpacking);
  rates.unpack_byte = unpacking.slope;
  rates.unpack_rank = unpacking.first / ranks;
  rates.measured = comm.max(Index{comm.size()}) > 1;
  if (!rates.measured) return rates;
  const auto shared = line(comm, nullptr);
  rates.shared_latency = shared.first / ranks;
  rates.shared_byte = shared.slope;
  const auto mpi = line(comm.through_mpi(), nullptr);
  rates.mpi_latency = mpi.first / std::bit_width(static_cast<unsigned>(comm.size() - 1));
  rates.mpi_byte = mpi.slope;
  return rates;
}

/// Between two machines, by messages that go to and fro.
NetworkRates measure_network(const comm::Communicator& comm, const Spread& spread, double seconds) {
  NetworkRates rates;
  if (spread.nodes == 1) return rates;
  const Index other = -comm.max(spread.first_on_node == 0 ? Index{-comm.size()} : -spread.first_on_node);
  const comm::PingPong ping_pong(comm, 0, static_cast<int>(other));
  constexpr Index short_message = 8;
  constexpr Index long_message = Index{1} << 20;
  const double brief = ping_pong.one_way_seconds(short_message, seconds);
  const double lengthy = ping_pong.one_way_seconds(long_message, seconds);
  rates.measured = true;
  rates.latency = 1e6 * brief;
  rates.bandwidth = 1e-9 * static_cast<Real>(long_message - short_message) / std::max(lengthy - brief, 1e-9);
  return rates;
}

}  // namespace

CalibrationPlan CalibrationPlan::everything() {
  CalibrationPlan plan;
  for (const bool sparse : {false, true}) {
    for (const auto precision : core::every_precision) {
      plan.kernels.push_back({sparse, precision});
    }
  }
  rules::Registry::for_each([&]<class Rule>() {
    plan.learners.push_back({std::string(Rule::info.name), typename Rule::Parameters{}});
  });
  return plan;
}

Calibration calibrate(const comm::Communicator& comm, const CalibrationPlan& plan) {
  const auto spread = spread_of(comm);
  const auto node = comm.split(static_cast<int>(spread.first_on_node));
  const Repetition on_node(node, plan.seconds);
  Calibration c;
  c.machine = facts_of(comm, spread);
  if (!plan.scratch.empty()) c.output = measure_output(comm, plan.scratch);  // first: it may fail
  c.memory = measure_memory(on_node, plan);
  for (const auto& kernel : plan.kernels) {
    c.kernels[kernel_name(kernel.sparse, kernel.precision)] = measure_kernel(on_node, kernel, c.memory);
  }
  c.exchange = measure_exchanges(on_node);
  c.network = measure_network(comm, spread, plan.seconds);
  c.neurons = measure_neurons(on_node);
  for (const auto& learner : plan.learners) c.learning[rule_name(learner)] = measure_rule(on_node, learner);
  c.neurons.fixed = measure_fixed(on_node, c);
  return c;
}

}  // namespace bayres::sim
