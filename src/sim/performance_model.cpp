#include "bayres/sim/performance_model.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>
#include <optional>

#include "bayres/core/elementary.hpp"
#include "bayres/model/connectivity.hpp"

namespace bayres::sim {
namespace {

/// Weights of some rows that the product goes through: a dense J is read in whole blocks of rows.
Real weights_of(const Workload& w, Index rows) noexcept {
  if (w.sparse) return core::as_real(rows) * core::as_real(w.neurons) * w.connectivity;
  constexpr Index block = core::Partition::block_size;
  return core::as_real((rows + block - 1) / block * block) * core::as_real(w.neurons);
}

/// Pieces of a row: column numbers of a sparse J have 16 bits.
Real pieces_of(const Workload& w) noexcept { return w.sparse ? std::ceil(core::as_real(w.neurons) / 65536) : 1; }

/// The value at `bytes` of a curve through points of sizes and rates, linear in log(bytes) and constant beyond.
Real at_size(const std::vector<Real>& sizes, const std::vector<Real>& rates, Real bytes) {
  const auto above = static_cast<std::size_t>(std::ranges::lower_bound(sizes, bytes) - sizes.begin());
  if (above == 0) return rates.front();
  if (above == sizes.size()) return rates.back();
  std::array ratios{bytes / sizes[above - 1], sizes[above] / sizes[above - 1]};
  core::log_in_place(ratios);
  return rates[above - 1] + ratios[0] / ratios[1] * (rates[above] - rates[above - 1]);
}

Real rounds(int count) noexcept { return core::as_real(std::bit_width(static_cast<unsigned>(std::max(count, 1) - 1))); }

/// Bytes of all messages of the exchange of a step.
Real message_bytes(const Workload& w, int ranks, const StepShape& shape) noexcept {
  const Real rate = core::has_double_rates(w.precision) ? sizeof(Real) : sizeof(float);
  const Real sums = core::as_real(core::Partition(w.neurons, 1).blocks() * shape.groups * w.outputs);
  return (ranks + sums) * sizeof(Real) + core::as_real(shape.copies * w.neurons) * rate;
}

/// What one rank does in a part of a step.
struct Work {
  struct Operations {
    std::string rate;
    Real count = 0;
  };
  StepPart part;
  std::vector<Operations> operations;
  Real bytes = 0;                     // gone through meanwhile
  Real efficiency = 1;                // of the bandwidth in doing so
  std::optional<Real> gathered = {};  // bytes that all ranks have from one another afterwards
  Real often = 1;                     // part of the steps
};

/// What a rank with the neurons `own` does in a step.
std::vector<Work> work_of(const Calibration& c, const Workload& w, core::Range own, int ranks, const StepShape& shape) {
  using enum StepPart;
  const Real n = core::as_real(own.size());
  const Real copies = core::as_real(shape.copies);
  const Real signals = core::as_real(w.inputs + w.fed_back);
  const Real weights = weights_of(w, own.size());
  const Real J_bytes = recurrent_bytes(w, own.size());
  const Real message = message_bytes(w, ranks, shape);
  const auto kernel = kernel_section(w.sparse, w.precision);
  const auto sizes = c.list(kernel + ".bytes");
  const Real efficiency = sizes.empty() ? 1 : at_size(sizes, c.list(kernel + ".efficiency"), J_bytes);
  std::vector<Work> all{
      {recurrent,
       {{kernel + ".weight", weights}, {kernel + ".copy", (copies - 1) * weights}, {kernel + ".row", n * pieces_of(w)}},
       J_bytes,
       efficiency},
      {neurons,
       {{"neurons.state", copies * n}, {"neurons.signal", copies * n * signals}, {"neurons.noise", w.noise ? n : 0}}},
      {readout, {{"neurons.readout", n * core::as_real(shape.groups * w.outputs)}}},
      {.part = exchange,
       .operations = {{"exchange.unpack_rank", core::as_real(ranks)}, {"exchange.unpack_byte", message}},
       .gathered = message},
      {.part = latency, .operations = {{"exchange.unpack_rank", core::as_real(ranks)}}, .gathered = 0},
      {output, {{"output.byte", shape.written}}},
      {other, {{"neurons.fixed", 1}}},
  };
  for (const auto& learner : w.learners) {
    if (shape.learning == 0) break;
    const auto rule = "learning." + rule_name(learner);
    const Real bytes = learning_bytes(learner, w, own);
    Work update{.part = learning, .operations = {{rule + ".update", 1}, {rule + ".byte", bytes}}, .bytes = bytes};
    if (const Real each = c.get(rule + ".gathered"); each > 0) {
      update.gathered = each * core::as_real(w.neurons) * sizeof(Real);
    }
    update.often = shape.learning;
    all.push_back(update);
  }
  return all;
}

}  // namespace

Workload workload_of(const Configuration& c, Index inputs, Index outputs) {
  Workload w{c.reservoir.size, inputs, outputs, c.reservoir.connectivity, c.precision()};
  w.sparse = model::stores_sparse(c.reservoir, c.reservoir.connectivity, w.precision);
  w.noise = c.reservoir.noise > 0;
  w.fed_back = c.protocol.feedback == "none" ? 0 : outputs;
  w.learners = c.learners;
  return w;
}

void StepTime::add(Real steps, const StepTime& other) noexcept {
  for (std::size_t k = 0; k < parts.size(); ++k) parts[k] += steps * other.parts[k];
}

Real StepTime::total() const noexcept {
  return std::accumulate(parts.begin(), parts.begin() + static_cast<int>(StepPart::reading), Real{0});
}

Real bandwidth(const Calibration& c, Real bytes, int ranks) {
  const auto sizes = c.list("memory.bytes");
  const Real alone = 1 / at_size(sizes, c.list("memory.alone"), bytes);
  const auto measured = c.get<Index>("memory.ranks");
  if (measured < 2 || ranks < 2) return 1 / alone;
  const Real together = std::max(alone, 1 / at_size(sizes, c.list("memory.together"), bytes));
  return 1 / (alone + (together - alone) * (ranks - 1) / core::as_real(measured - 1));
}

Real allgather_time(const Calibration& c, const RankLayout& layout, Real bytes) {
  if (layout.ranks == 1) return 0;
  if (layout.nodes == 1) {
    return c.get("exchange.shared_latency") * layout.ranks + c.get("exchange.shared_byte") * bytes;
  }
  const Real nodes = layout.nodes;
  const Real on_node = std::ceil(layout.ranks / nodes);
  const Real latency = 1000 * c.get("network.latency");
  const Real sent = bytes * (1 - 1 / nodes) / c.get("network.bandwidth");
  const Real within = on_node > 1 ? c.get("exchange.mpi_byte") * bytes : 0;
  const Real doubling = rounds(layout.nodes) * latency +
                        rounds(static_cast<int>(on_node)) * c.get("exchange.mpi_latency") + on_node * sent;
  const Real ring = (layout.ranks - 1) * latency + sent;
  return std::min(doubling, ring) + within;
}

Real recurrent_bytes(const Workload& w, Index rows) noexcept {
  const Real weight = core::as_real(core::weight_bytes(w.precision));
  if (!w.sparse) return weights_of(w, rows) * weight;
  return weights_of(w, rows) * (weight + sizeof(std::uint16_t)) + core::as_real(rows + 1) * pieces_of(w) * 4;
}

Real learning_bytes(const LearnerParameters& learner, const Workload& w, core::Range own) {
  const auto bytes = [&](core::Range part) { return core::as_real(learner.rule->bytes({w.neurons, part, w.outputs})); };
  return bytes(own) - bytes({own.first, own.first}) + core::as_real(own.size() * w.outputs) * sizeof(Real);
}

core::Range largest_part(const core::Partition& partition) noexcept {
  core::Range largest;
  for (int rank = 0; rank < partition.ranks(); ++rank) {
    const auto own = partition.neurons_of(rank);
    if (own.size() > largest.size()) largest = own;
  }
  return largest;
}

StepTime step_time(const Calibration& c, const Workload& w, const RankLayout& layout, const StepShape& shape) {
  const auto own = largest_part(core::Partition(w.neurons, layout.ranks));
  const auto all = work_of(c, w, own, layout.ranks, shape);
  Real working_set = 0;
  for (const auto& work : all) working_set += work.bytes;
  const Real speed = bandwidth(c, working_set, layout.on_node);
  StepTime time;
  for (const auto& work : all) {
    Real arithmetic = 0;
    for (const auto& [rate, count] : work.operations) arithmetic += c.get(rate) * count;
    const Real gathering = work.gathered ? allgather_time(c, layout, *work.gathered) : 0;
    time[work.part] += work.often * (std::max(arithmetic, work.bytes / (speed * work.efficiency)) + gathering);
  }
  time[StepPart::reading] = recurrent_bytes(w, own.size()) / speed;
  return time;
}

}  // namespace bayres::sim
