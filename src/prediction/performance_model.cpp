#include "bayres/prediction/performance_model.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "bayres/kernels/elementary.hpp"
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

/// Bytes of all messages of the exchange of a step.
Real message_bytes(const Workload& w, int ranks, const StepShape& shape) noexcept {
  const Real rate = core::has_double_rates(w.precision) ? sizeof(Real) : sizeof(float);
  const Real sums = core::as_real(core::Partition(w.neurons, 1).blocks() * shape.groups * w.outputs);
  return (ranks + sums) * sizeof(Real) + core::as_real(shape.copies * w.neurons) * rate;
}

/// What one rank does in a part of a step.
struct Work {
  StepPart part;
  core::Cost operations;
  Real bytes = 0;                     // gone through meanwhile
  Real efficiency = 1;                // of the bandwidth in doing so
  std::vector<core::Cost> ways = {};  // in which messages then go
  Real often = 1;                     // part of the steps
};

/// What a rank with the neurons `own` does in a step.
std::vector<Work> work_of(const Calibration& c, const Workload& w, core::Range own, const RankLayout& layout,
                          const StepShape& shape) {
  using enum StepPart;
  const Real n = core::as_real(own.size());
  const Real copies = core::as_real(shape.copies);
  const Real signals = core::as_real(w.inputs + w.fed_back);
  const Real weights = weights_of(w, own.size());
  const Real J_bytes = recurrent_bytes(w, own.size());
  const Real message = message_bytes(w, layout.ranks, shape);
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
       .operations = {{"exchange.unpack_rank", core::as_real(layout.ranks)}, {"exchange.unpack_byte", message}},
       .ways = w.exchange->costs(layout, message)},
      {.part = latency,
       .operations = {{"exchange.unpack_rank", core::as_real(layout.ranks)}},
       .ways = w.exchange->costs(layout, 0)},
      {output, {{"output.byte", shape.written}}},
      {other, {{"neurons.fixed", 1}}},
  };
  for (const auto& learner : w.learners) {
    if (shape.learning == 0) break;
    const auto rule = "learning." + rule_name(learner);
    const Real bytes = learning_bytes(learner, w, own);
    Work update{.part = learning, .operations = {{rule + ".update", 1}, {rule + ".byte", bytes}}, .bytes = bytes};
    if (const Real each = c.get(rule + ".gathered"); each > 0) {
      update.ways = comm::all_gather_costs(layout, each * core::as_real(w.neurons) * sizeof(Real));
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
  w.exchange = c.exchange;
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

Real fastest(const Calibration& c, const std::vector<core::Cost>& ways) {
  const auto time = [&](const core::Cost& way) {
    Real sum = 0;
    for (const auto& [rate, count] : way) sum += c.nanoseconds(rate) * count;
    return sum;
  };
  return ways.empty() ? 0 : time(*std::ranges::min_element(ways, {}, time));
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
  const auto all = work_of(c, w, own, layout, shape);
  Real working_set = 0;
  for (const auto& work : all) working_set += work.bytes;
  const Real speed = bandwidth(c, working_set, layout.on_node);
  StepTime time;
  for (const auto& work : all) {
    const Real arithmetic = fastest(c, {work.operations});
    const Real reading = work.bytes / (speed * work.efficiency);
    time[work.part] += work.often * (std::max(arithmetic, reading) + fastest(c, work.ways));
  }
  time[StepPart::reading] = recurrent_bytes(w, own.size()) / speed;
  return time;
}

}  // namespace bayres::sim
