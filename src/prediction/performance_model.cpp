#include <algorithm>
#include <cmath>
#include <numeric>

#include "bayres/kernels/elementary.hpp"
#include "bayres/model/connectivity.hpp"
#include "bayres/prediction/prediction.hpp"

namespace bayres::sim {
namespace {

/// Weights of some rows that the product goes through: a dense J is read in whole blocks of rows.
Real weights_of(const Workload& w, Index rows) {
  if (w.sparse()) return core::as_real(rows) * core::as_real(w.neurons()) * w.c.reservoir.connectivity;
  constexpr Index block = core::Partition::block_size;
  return core::as_real((rows + block - 1) / block * block) * core::as_real(w.neurons());
}

/// Pieces of a row: column numbers of a sparse J have 16 bits.
Real pieces_of(const Workload& w) { return w.sparse() ? std::ceil(core::as_real(w.neurons()) / 65536) : 1; }

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
Real message_bytes(const Workload& w, int ranks, const StepShape& step) {
  const Real rate = core::has_double_rates(w.c.precision()) ? sizeof(Real) : sizeof(float);
  const Real sums = core::as_real(core::Partition(w.neurons(), 1).blocks() * step.shape.listeners() * w.outputs);
  return (ranks + sums) * sizeof(Real) + core::as_real(step.shape.trajectories() * w.neurons()) * rate;
}

}  // namespace

bool Workload::sparse() const { return model::stores_sparse(c.reservoir, c.reservoir.connectivity, c.precision()); }

Index Workload::fed_back() const { return c.protocol.feedback == "none" ? 0 : outputs; }

Real Workload::J_bytes(Index rows) const {
  const Real weight = core::as_real(core::weight_bytes(c.precision()));
  if (!sparse()) return weights_of(*this, rows) * weight;
  return weights_of(*this, rows) * (weight + sizeof(std::uint16_t)) + core::as_real(rows + 1) * pieces_of(*this) * 4;
}

bool Workload::uses_sums_of_another(const LearnerParameters& learner) const {
  if (!learner.rule->is_batch() || c.protocol.feedback == "output" || c.learns_J()) return false;
  const auto same = [&](const LearnerParameters& other) { return rule_name(other) == rule_name(learner); };
  return std::ranges::find_if(c.learners, same)->name != learner.name;
}

Real Workload::learning_bytes(const LearnerParameters& learner, core::Range own) const {
  const auto bytes = [&](core::Range part) {
    return core::as_real(learner.rule->bytes(c.features(inputs).synapses(part, outputs)));
  };
  const Real state = uses_sums_of_another(learner) ? 0 : bytes(own) - bytes({own.first, own.first});
  return state + core::as_real(own.size() * outputs) * sizeof(Real);
}

Real StepTime::total() const noexcept {
  return std::accumulate(parts.begin(), parts.begin() + static_cast<int>(StepPart::reading), Real{0});
}

Real bandwidth(const Calibration& c, Real bytes, int ranks) {
  const auto sizes = c.get<std::vector<Real>>("memory.bytes");
  const Real alone = 1 / at_size(sizes, c.get<std::vector<Real>>("memory.alone"), bytes);
  const auto measured = c.get<Index>("memory.ranks");
  if (measured < 2 || ranks < 2) return 1 / alone;
  const Real together = std::max(alone, 1 / at_size(sizes, c.get<std::vector<Real>>("memory.together"), bytes));
  return 1 / (alone + (together - alone) * (ranks - 1) / core::as_real(measured - 1));
}

Real fastest(const Calibration& c, const std::vector<core::Cost>& ways) {
  const auto time = [&](const core::Cost& way) {
    Real sum = 0;
    for (const auto& [rate, count] : way) sum += c.get(rate) * count;
    return sum;
  };
  return ways.empty() ? 0 : time(*std::ranges::min_element(ways, {}, time));
}

core::Range largest_part(const core::Partition& partition) noexcept {
  core::Range largest;
  for (int rank = 0; rank < partition.ranks(); ++rank) {
    const auto own = partition.neurons_of(rank);
    if (own.size() > largest.size()) largest = own;
  }
  return largest;
}

std::vector<Work> work_of(const Workload& w, core::Range own, const RankLayout& layout, const StepShape& step) {
  using enum StepPart;
  const Real n = core::as_real(own.size());
  const Real copies = core::as_real(step.shape.trajectories());
  const Real signals = core::as_real(w.inputs + w.fed_back());
  const Real weights = weights_of(w, own.size());
  const Real message = message_bytes(w, layout.ranks, step);
  const Real noise = w.c.reservoir.noise > 0 ? n : 0;
  const auto kernel = kernel_section(w.sparse(), w.c.precision());
  const core::Operations from_ranks{"exchange.unpack_rank", core::as_real(layout.ranks)};
  const auto& all_ways = w.c.exchange;
  const Real read = w.c.learns_J() ? copies : 1;  // how many J: where it is learned, each trajectory has its own
  std::vector<Work> all{
      {recurrent,
       {{kernel + ".weight", read * weights},
        {kernel + ".copy", (copies - read) * weights},
        {kernel + ".row", read * n * pieces_of(w)}},
       read * w.J_bytes(own.size())},
      {neurons, {{"neurons.state", copies * n}, {"neurons.signal", copies * n * signals}, {"neurons.noise", noise}}},
      {readout, {{"neurons.readout", n * core::as_real(step.shape.listeners() * w.outputs)}}},
      {exchange, {from_ranks, {"exchange.unpack_byte", message}}, 0, all_ways->costs(layout, message)},
      {latency, {from_ranks}, 0, all_ways->costs(layout, 0)},
      {output, {{"output.byte", step.written}}},
      {other, {{"neurons.fixed", 1}}},
  };
  for (const auto& learner : w.c.learners) {
    if (step.learning == 0) break;
    const auto rule = "learning." + rule_name(learner);
    const Real bytes = w.learning_bytes(learner, own);
    const auto synapses = w.c.features(w.inputs).synapses(own, w.outputs);
    const bool hears_all = learner.rule->hears(synapses).size() == synapses.neurons;
    // A batch rule goes through its state once for many steps.
    all.push_back({learning, {{rule + ".update", 1}, {rule + ".byte", bytes}}, learner.rule->is_batch() ? 0 : bytes});
    // A rule of all rates gathers a number of each neuron; one that learns at the end has nothing to gather before.
    if (hears_all && !learner.rule->is_batch()) {
      all.back().ways = comm::all_gather_costs(layout, core::as_real(w.neurons()) * sizeof(Real));
    }
  }
  return all;
}

StepTime step_time(const Calibration& c, const Workload& w, const RankLayout& layout, const StepShape& step) {
  const auto all = work_of(w, largest_part(core::Partition(w.neurons(), layout.ranks)), layout, step);
  Real working_set = 0;
  for (const auto& work : all) working_set += work.bytes;
  const Real speed = bandwidth(c, working_set, layout.on_node);
  const Real efficiency = c.get(kernel_section(w.sparse(), w.c.precision()) + ".efficiency");
  StepTime time;
  for (const auto& work : all) {
    const Real reading = work.bytes / (speed * (work.part == StepPart::recurrent ? efficiency : 1));
    const Real often = work.part == StepPart::learning ? step.learning : 1;
    time[work.part] += often * (std::max(fastest(c, {work.operations}), reading) + fastest(c, work.ways));
    if (work.part == StepPart::recurrent) time[StepPart::reading] = work.bytes / speed;
  }
  return time;
}

}  // namespace bayres::sim
