#include <algorithm>
#include <array>
#include <bit>
#include <cmath>

#include "bayres/core/text.hpp"
#include "bayres/kernels/elementary.hpp"
#include "bayres/neurons/lif.hpp"
#include "bayres/prediction/prediction.hpp"
#include "bayres/simulation/learner.hpp"

namespace bayres::sim {
namespace {

/// The value at `bytes` of a curve through points of sizes and rates, linear in log(bytes) and constant beyond.
Real at_size(const std::vector<Real>& sizes, const std::vector<Real>& rates, Real bytes) {
  const auto above = static_cast<std::size_t>(std::ranges::lower_bound(sizes, bytes) - sizes.begin());
  if (above == 0) return rates.front();
  if (above == sizes.size()) return rates.back();
  std::array ratios{bytes / sizes[above - 1], sizes[above] / sizes[above - 1]};
  core::log_in_place(ratios);
  return rates[above - 1] + ratios[0] / ratios[1] * (rates[above] - rates[above - 1]);
}

}  // namespace

Real bandwidth(const Calibration& c, Real bytes, int ranks) {
  const auto sizes = c.get<std::vector<Real>>("memory.bytes");
  const Real alone = 1 / at_size(sizes, c.get<std::vector<Real>>("memory.alone"), bytes);
  const auto measured = c.get<Index>("memory.ranks");
  if (measured < 2 || ranks < 2) return 1 / alone;
  const Real together = std::max(alone, 1 / at_size(sizes, c.get<std::vector<Real>>("memory.together"), bytes));
  return 1 / (alone + (together - alone) * (ranks - 1) / core::as_real(measured - 1));
}

Real fastest(const Calibration& c, const std::vector<core::Cost>& ways) {
  std::vector<Real> times;
  for (const auto& way : ways) {
    times.push_back(0);
    for (const auto& [rate, count] : way) times.back() += c.get(rate) * count;
  }
  return times.empty() ? 0 : *std::ranges::min_element(times);
}

Real assumed_spikes(const Configuration& c) {
  if (!c.reservoir.spiking) return 0;
  constexpr Real usual = 0.04;
  if (c.neurons->info.name != model::Lif::info.name) return usual;
  const auto p = c.neurons->settings.as<model::Lif::Parameters>();
  const Real threshold = core::to_number(p.threshold).value_or(1);
  if (p.bias <= threshold || p.reset >= threshold) return usual;
  const Real log_ratio = core::log_of((p.bias - p.reset) / (p.bias - threshold));
  return std::max(usual, 1 / (std::max(p.tau_ref, c.reservoir.dt) + p.tau_m * log_ratio));
}

model::StoredRows J_of_step(const Workload& w, Index rows, Real spikes) {
  auto J = w.J(rows);
  const bool reads_columns =
      w.c.reservoir.spiking && (J.storage == model::Storage::dense || J.storage == model::Storage::by_source);
  if (reads_columns) J.share = std::min<Real>(1, spikes * w.c.reservoir.dt);
  return J;
}

namespace {

/// Bytes of all messages of a step: of ranks that share neurons what those send, of groups on several ranks outputs.
Real sent_by_all(const Workload& w, const Share& part, const RankLayout& layout, const StepShape& step) {
  const auto groups = w.groups();
  const Seat last(groups, layout.ranks - 1, layout.ranks);  // has most groups
  const Index outputs = groups.any() ? step.shape.listeners() * w.outputs * Index{sizeof(Real)} : 0;
  if (groups.any() && last.ranks == 1) return core::as_real(outputs);
  const Index on_rank = last.groups.size();
  const Index readouts = step.shape.listeners() * groups.of_each(w.outputs) * on_rank;
  return core::as_real(outputs + comm::StepExchange::bytes({w.neurons(), last.ranks}, sends_of(w, part),
                                                           w.c.precision(), step.shape.trajectories() * on_rank,
                                                           readouts));
}

/// Three times all numbers change places between so many ranks, in the model of src/comm/exchange.cpp: a message for
/// each other rank, or in rounds, each of which sends half of what a rank has. On one machine through its memory.
std::vector<core::Cost> all_to_all_costs(const RankLayout& layout, Real bytes) {
  constexpr Real times = 3;
  const Real others = core::as_real(Index{layout.ranks - 1});
  if (layout.nodes == 1)
    return {{{"exchange.shared_latency", times * others}, {"exchange.shared_byte", times * bytes}}};
  const Real of_node = bytes / layout.nodes * (1 - 1.0 / layout.nodes);
  const Real rounds = core::as_real(Index{std::bit_width(static_cast<unsigned>(layout.ranks - 1))});
  return {{{"network.latency", times * others}, {"network.byte", times * of_node}},
          {{"network.latency", times * rounds}, {"network.byte", times * of_node * rounds / 2}}};
}

/// J r that ranks make together. In shared memory they wait for each other six times, in rounds of twice the distance
/// each; `numbers`: bytes of the transformed ones.
void divide(core::Work& product, model::ProductWay way, Real numbers, Index trajectories, const RankLayout& layout) {
  if (way == model::ProductWay::alone) return;
  for (auto& [rate, count] : product.operations) {
    if (rate.ends_with(".weight")) count /= layout.ranks;
  }
  product.bytes /= layout.ranks;
  if (way == model::ProductWay::split) {
    product.ways = all_to_all_costs(layout, core::as_real(trajectories) * numbers);
    return;
  }
  constexpr Index waits = 6;
  const Index rounds = std::bit_width(static_cast<unsigned>(layout.ranks - 1));
  product.ways = {{{"exchange.shared_latency", core::as_real(waits * trajectories * rounds)}}};
}

}  // namespace

std::vector<std::pair<StepPart, core::Work>> work_of(const Workload& w, core::Range own, const RankLayout& layout,
                                                     const StepShape& step) {
  using enum StepPart;
  const auto& c = w.c;
  const Real n = core::as_real(own.size());
  const auto groups = w.groups();
  const Index on_rank = Seat(groups, layout.ranks - 1, layout.ranks).groups.size();
  const Index trajectories = step.shape.trajectories() * on_rank;
  const Index readouts = step.shape.listeners() * groups.of_each(w.outputs) * on_rank;
  const Real states = core::as_real(trajectories) * n;
  const Real signals =
      core::as_real(groups.heard(w.inputs) + (c.protocol.feedback == "none" ? 0 : groups.heard(w.outputs)));
  // Where J is learned, each trajectory has its own, and where groups are separate, each of them.
  const auto J = J_of_step(w, own.size(), step.spikes);
  const bool many = c.learns_J() || groups.separate();
  auto product = many ? J.product(1, core::as_real(trajectories)) : J.product(core::as_real(trajectories), 1);
  auto part = largest_share(c, layout);
  part.own = own;
  divide(product, product_way(w, part), J.team_bytes, trajectories, layout);
  const Real message = sent_by_all(w, part, layout, step);
  const core::Operations from_ranks{"exchange.unpack_rank", core::as_real(layout.ranks)};
  std::vector<std::pair<StepPart, core::Work>> all{
      {recurrent, product},
      {neurons,
       {{{c.reservoir.spiking ? "neurons.spiking" : "neurons.state", states},
         {"neurons.signal", states * signals},
         {"neurons.noise", c.reservoir.noise > 0 || c.protocol.state_noise > 0 ? n : 0}}}},
      {readout, {{{"neurons.readout", n * core::as_real(readouts)}}}},
      {exchange,
       {{from_ranks, {"exchange.unpack_byte", message}},
        0,
        c.exchange->costs(layout, message * core::as_real(c.steps_together()))}},
      {latency, {{from_ranks}, 0, c.exchange->costs(layout, 0)}},
      {output, {{{"output.byte", step.written}}}},
      {other, {{{"neurons.fixed", 1}}}},
  };
  if (step.learning == 0) return all;
  for (const auto& l : c.learners) all.emplace_back(StepPart::learning, Learner::work(w, own, layout, l));
  return all;
}

namespace {

/// Collectives in a step, where several steps may share one: each step that learns is the last of a block.
Real collectives(const Workload& w, const StepShape& step) {
  const Real most = core::as_real(w.c.steps_together());
  return step.learning > 0 ? std::ceil(1 / (step.learning * most)) * step.learning : 1 / most;
}

}  // namespace

StepTime step_time(const Calibration& c, const Workload& w, const RankLayout& layout, const StepShape& step) {
  const auto own = core::Partition(w.neurons(), Seat(w.groups(), layout.ranks - 1, layout.ranks).ranks).largest();
  const auto all = work_of(w, own, layout, step);
  Real working_set = 0;
  for (const auto& [part, work] : all) working_set += work.bytes;
  // Of J, other columns in each step.
  const auto J = J_of_step(w, own.size(), step.spikes);
  working_set += (1 - J.share) * J.bytes;
  const Real speed = bandwidth(c, working_set, layout.on_node);
  const Real efficiency = c.get("kernel." + w.J(1).kernel + ".efficiency");
  StepTime time;
  for (const auto& [part, work] : all) {
    const bool is_product = part == StepPart::recurrent;
    const Real reading = work.bytes / (speed * (is_product ? efficiency : 1));
    const Real often = part == StepPart::learning ? step.learning : 1;
    const bool is_collective = part == StepPart::exchange || part == StepPart::latency;
    time[part] += often * (std::max(fastest(c, {work.operations}), reading) +
                           (is_collective ? collectives(w, step) : 1) * fastest(c, work.ways));
    if (is_product) time[StepPart::reading] = work.bytes / speed;
  }
  return time;
}

}  // namespace bayres::sim
