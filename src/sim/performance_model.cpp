#include "bayres/sim/performance_model.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>

#include "bayres/core/elementary.hpp"
#include "bayres/core/error.hpp"

namespace bayres::sim {
namespace {

constexpr Real block_columns = 65536;  // of a sparse J, whose column numbers have 16 bits

Real column_blocks(const Workload& w) noexcept {
  return w.sparse ? std::ceil(core::as_real(w.neurons) / block_columns) : 1;
}

/// Weights of some rows that the product goes through.
Real weights_of(const Workload& w, Index rows) noexcept {
  if (w.sparse) return core::as_real(rows) * core::as_real(w.neurons) * w.connectivity;
  constexpr Index tile = core::Partition::block_size;
  return core::as_real((rows + tile - 1) / tile * tile) * core::as_real(w.neurons);
}

/// The value at `bytes` of a curve through points of sizes and rates, linear in log(bytes) and constant beyond.
Real at_size(const std::vector<Real>& sizes, const std::vector<Real>& rates, Real bytes) noexcept {
  const auto above = static_cast<std::size_t>(std::ranges::lower_bound(sizes, bytes) - sizes.begin());
  if (above == 0) return rates.front();
  if (above == sizes.size()) return rates.back();
  std::array ratios{bytes / sizes[above - 1], sizes[above] / sizes[above - 1]};
  core::log_in_place(ratios);
  return rates[above - 1] + ratios[0] / ratios[1] * (rates[above] - rates[above - 1]);
}

Real rounds(int count) noexcept { return core::as_real(std::bit_width(static_cast<unsigned>(std::max(count, 1) - 1))); }

template <class Rates>
const Rates& required(const std::map<std::string, Rates>& all, const std::string& section, const std::string& name) {
  const auto found = all.find(name);
  if (found != all.end()) return found->second;
  throw core::usage_error("the calibration has no section [" + section + "." + name + "]: run bayres calibrate again");
}

Real rate_bytes(const Workload& w) noexcept {
  return core::has_double_rates(w.precision) ? sizeof(Real) : sizeof(float);
}

}  // namespace

std::string kernel_name(bool sparse, core::Precision precision) {
  return std::string(sparse ? "sparse-" : "dense-").append(core::name_of(precision));
}

StepTime operator+(const StepTime& a, const StepTime& b) noexcept {
  return {a.recurrent + b.recurrent, a.neurons + b.neurons,   a.readout + b.readout,
          a.exchange + b.exchange,   a.learning + b.learning, a.output + b.output,
          a.fixed + b.fixed,         a.reading + b.reading,   a.latency + b.latency};
}

StepTime operator*(Real factor, const StepTime& t) noexcept {
  return {factor * t.recurrent, factor * t.neurons, factor * t.readout, factor * t.exchange, factor * t.learning,
          factor * t.output,    factor * t.fixed,   factor * t.reading, factor * t.latency};
}

Real bandwidth(const MemoryRates& m, Real bytes, int ranks) noexcept {
  const Real alone = 1 / at_size(m.bytes, m.alone, bytes);
  if (m.ranks < 2 || ranks < 2) return 1 / alone;
  const Real together = std::max(alone, 1 / at_size(m.bytes, m.together, bytes));
  return 1 / (alone + (together - alone) * (ranks - 1) / core::as_real(m.ranks - 1));
}

Real allgather_time(const Calibration& c, const RankLayout& layout, Real bytes) noexcept {
  if (layout.ranks == 1) return 0;
  if (layout.nodes == 1) return c.exchange.shared_latency * layout.ranks + c.exchange.shared_byte * bytes;
  const Real nodes = layout.nodes;
  const Real on_node = std::ceil(layout.ranks / nodes);
  const Real latency = 1000 * c.network.latency;
  const Real sent = bytes * (1 - 1 / nodes) / c.network.bandwidth;
  const Real within = on_node > 1 ? c.exchange.mpi_byte * bytes : 0;
  const Real doubling =
      rounds(layout.nodes) * latency + rounds(static_cast<int>(on_node)) * c.exchange.mpi_latency + on_node * sent;
  const Real ring = (layout.ranks - 1) * latency + sent;
  return std::min(doubling, ring) + within;
}

Real recurrent_bytes(const Workload& w, Index rows) noexcept {
  const Real weight = core::as_real(core::weight_bytes(w.precision));
  if (!w.sparse) return weights_of(w, rows) * weight;
  return weights_of(w, rows) * (weight + sizeof(std::uint16_t)) + core::as_real(rows + 1) * column_blocks(w) * 4;
}

Real message_bytes(const Workload& w, const RankLayout& layout, const StepShape& shape) noexcept {
  const Real blocks = core::as_real(core::Partition(w.neurons, 1).blocks());
  const Real sums = layout.ranks + blocks * core::as_real(shape.groups * w.outputs);
  return sums * sizeof(Real) + core::as_real(shape.copies) * core::as_real(w.neurons) * rate_bytes(w);
}

Real learning_bytes(const LearnerParameters& learner, const Workload& w, core::Range own) {
  const auto state = rules::Registry::with_type_of(learner.rule, [&]<class Rule>(const typename Rule::Parameters& p) {
    const auto bytes = [&](core::Range part) { return core::as_real(Rule::bytes(p, {w.neurons, part, w.outputs})); };
    return bytes(own) - bytes({own.first, own.first});
  });
  return state + core::as_real(own.size() * w.outputs) * sizeof(Real);
}

core::Range largest_part(const core::Partition& partition) noexcept {
  core::Range largest;
  for (int rank = 0; rank < partition.ranks(); ++rank) {
    const auto own = partition.neurons_of(rank);
    if (own.size() > largest.size()) largest = own;
  }
  return largest;
}

namespace {

/// What one rank goes through in a step.
struct RankPart {
  core::Range own;
  Real working_set = 0;  // bytes
};

void add_product(const Calibration& c, const Workload& w, const RankLayout& layout, const RankPart& part, Index copies,
                 StepTime& time) {
  const auto& kernel = required(c.kernels, "kernel", kernel_name(w.sparse, w.precision));
  const Index rows = part.own.size();
  const Real arithmetic = weights_of(w, rows) * (kernel.weight + core::as_real(copies - 1) * kernel.copy) +
                          core::as_real(rows) * column_blocks(w) * kernel.row;
  const Real bytes = recurrent_bytes(w, rows);
  const Real efficiency = kernel.bytes.empty() ? 1 : at_size(kernel.bytes, kernel.efficiency, bytes);
  time.reading = bytes / bandwidth(c.memory, part.working_set, layout.on_node);
  time.recurrent = std::max(arithmetic, time.reading / efficiency);
}

Real exchange_time(const Calibration& c, const RankLayout& layout, Real bytes) {
  return allgather_time(c, layout, bytes) + c.exchange.unpack_rank * layout.ranks + c.exchange.unpack_byte * bytes;
}

Real update_time(const Calibration& c, const Workload& w, const RankLayout& layout, const RankPart& part,
                 const LearnerParameters& learner) {
  const auto& rates = required(c.learning, "learning", rule_name(learner));
  const Real bytes = learning_bytes(learner, w, part.own);
  const Real read = bytes / bandwidth(c.memory, part.working_set, layout.on_node);
  const Real gathered = rates.gathered * core::as_real(w.neurons) * sizeof(Real);
  return rates.update + std::max(rates.byte * bytes, read) + rates.neuron * core::as_real(w.neurons) +
         (gathered > 0 ? allgather_time(c, layout, gathered) : 0);
}

RankPart part_of(const Workload& w, const RankLayout& layout, const StepShape& shape) {
  RankPart part{largest_part(core::Partition(w.neurons, layout.ranks))};
  part.working_set = recurrent_bytes(w, part.own.size());
  if (shape.learning == 0) return part;
  for (const auto& learner : w.learners) part.working_set += learning_bytes(learner, w, part.own);
  return part;
}

}  // namespace

StepTime step_time(const Calibration& c, const Workload& w, const RankLayout& layout, const StepShape& shape) {
  const auto part = part_of(w, layout, shape);
  const Real own = core::as_real(part.own.size());
  StepTime time;
  add_product(c, w, layout, part, shape.copies, time);
  time.neurons =
      core::as_real(shape.copies) * own * (c.neurons.state + core::as_real(w.inputs + w.fed_back) * c.neurons.signal) +
      (w.noise ? own * c.neurons.noise : 0);
  time.readout = own * core::as_real(shape.groups * w.outputs) * c.neurons.readout;
  time.exchange = exchange_time(c, layout, message_bytes(w, layout, shape));
  time.latency = exchange_time(c, layout, 0);
  for (const auto& learner : w.learners) {
    if (shape.learning > 0) time.learning += shape.learning * update_time(c, w, layout, part, learner);
  }
  time.output = shape.written * c.output.byte;
  time.fixed = c.neurons.fixed;
  return time;
}

}  // namespace bayres::sim
