#include "bayres/plasticity/reward.hpp"

#include <algorithm>
#include <cmath>

#include "places.hpp"

namespace bayres::plasticity {
namespace {

/// The mean |delta| over the outputs.
Real size_of(std::span<const Real> delta) {
  Real sum = 0;
  for (const Real d : delta) sum += std::abs(d);
  return sum / core::as_real(std::ssize(delta));
}

}  // namespace

// Miconi's are 0.003 per ms, and 16, for tau = 30 ms and steps of 1 ms.
void RewardKeys::resolve(const Synapses& synapses) {
  perturbation_rate = core::value_or(perturbation_rate, 0.09 * synapses.leak / synapses.dt);
  perturbation = core::value_or(perturbation, 8 / (15 * synapses.leak));
}

Reward::Reward(const RewardKeys& keys, const Synapses& synapses)
    : keys_(keys),
      synapses_(synapses),
      probability_(std::min<Real>(1, keys.perturbation_rate * synapses.dt)),
      pre_(core::as_size(synapses.neurons * room)),
      post_(core::as_size(room * synapses.own.size())),
      tiled_(core::as_size(room * model::in_whole_tiles(synapses.own.size()))),
      eligibility_(core::as_size(synapses.places)),
      mean_error_(core::as_size(types)) {}

Index Reward::bytes(const Synapses& synapses) {
  const Index own = synapses.own.size();
  const Index steps = room * (synapses.neurons + own + model::in_whole_tiles(own)) + own;  // and the perturbation
  return (steps + std::max(synapses.places, synapses.count) + types) * static_cast<Index>(sizeof(Real));
}

// One draw says both whether there is a perturbation and how large it is.
void Reward::perturb(Index step, std::span<Real> input) const noexcept {
  static_assert(core::Partition::block_size % 4 == 0);  // the draws of one counter never belong to two ranks
  synapses_.exploration.fill_uniforms(core::Stream::exploration, step, synapses_.own.first / 4, input);
  for (Real& draw : input) {
    draw = draw < probability_ ? keys_.perturbation * (2 * (draw / probability_) - 1) : 0;
  }
}

void Reward::learn(const Signals& signals, std::span<const Real> pre, std::span<const Real> post,
                   model::AnyConnections& J) {
  for (std::size_t j = 0; j < pre.size(); ++j) pre_[j * core::as_size(room) + core::as_size(gathered_)] = pre[j];
  std::ranges::copy(post, core::row_of(post_, gathered_, synapses_.own.size()).begin());
  if (++gathered_ == room) add_gathered(J);
  if (signals.weight > 0) {
    error_ += signals.weight * size_of(signals.delta);
    weight_ += signals.weight;
  }
  if (signals.ends) end_trial(signals.kind, J);
}

void Reward::add_gathered(model::AnyConnections& J) {
  for (Index k = 0; k < gathered_; ++k) {
    for (Index i = 0; i < synapses_.own.size(); ++i) {
      tiled_[core::as_size(model::place_of_post(i, k, room))] = post_[core::as_size(k * synapses_.own.size() + i)];
    }
  }
  J.learn(model::Gathered<Real>{gathered_, room, tiled_.data(), nullptr, pre_.data(), nullptr,
                                model::Divisor::only_sums, 1, 0, eligibility_.data()});
  gathered_ = 0;
}

void Reward::end_trial(Index type, model::AnyConnections& J) {
  if (gathered_ > 0) add_gathered(J);
  if (weight_ > 0) {
    const Real error = error_ / weight_;
    Real& mean = mean_error_[core::as_size(type % types)];
    const Real scale = -keys_.eta * mean * (error - mean);
    if (++trials_ > keys_.warm_up) change(J, scale);
    mean = keys_.memory * mean + (1 - keys_.memory) * error;
  }
  std::ranges::fill(eligibility_, Real{0});
  error_ = weight_ = 0;
}

void Reward::change(model::AnyConnections& J, Real scale) const {
  std::vector<Real> of_row;
  for (Index row = 0; row < J.rows(); ++row) {
    of_row.clear();
    J.for_each_place(row, [&](Index place) { of_row.push_back(eligibility_[core::as_size(place)]); });
    std::size_t next = 0;
    J.update(row,
             [&](Index, Real& weight) { weight += std::clamp(scale * of_row[next++], -keys_.limit, keys_.limit); });
  }
}

void Reward::visit_state(core::StateVisitor& visit, const model::AnyConnections& J) {
  const Index n = synapses_.neurons;
  const auto& own = synapses_.own;
  std::array trial{core::as_real(gathered_), core::as_real(trials_), error_, weight_};
  visit(core::shared_array("trial", std::ssize(trial), own.contains(0)), std::span<Real>(trial));
  gathered_ = core::to_whole(trial[0]);
  trials_ = core::to_whole(trial[1]);
  error_ = trial[2];
  weight_ = trial[3];
  visit(core::shared_array("mean_error", types, own.contains(0)), std::span<Real>(mean_error_));
  visit({"pre", {n * room}, {{0}, {n * room}}, {{own.first * room}, {own.size() * room}}}, std::span<Real>(pre_));
  visit(core::neuron_array("post", room, n, own), std::span<Real>(post_));
  visit_places(visit, "eligibility", synapses_, J, eligibility_);
}

}  // namespace bayres::plasticity
