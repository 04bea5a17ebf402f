#include "bayres/loop/reservoir.hpp"

#include <algorithm>
#include <utility>

namespace bayres::sim {

Reservoir::Reservoir(const Setting& setting, const Shape& shape, std::vector<model::Plastic> learned)
    : setting_(&setting),
      shape_(shape),
      state_(
          core::as_size(shape.trajectories() * setting.own_groups() * setting.variables * setting.network.own.size())),
      rates_(shape.trajectories() * setting.own_groups(),
             setting.sends() == comm::Sends::rates ? setting.partition.neurons() : 0, setting.network.precision,
             setting.network.recurrent.rate_order(
                 learned.empty() && setting.network.others.empty() ? shape.trajectories() * setting.own_groups() : 1)),
      spikes_(shape.trajectories(), setting.spiking ? setting.partition.neurons() : 0, *setting.neurons,
              setting.all_rates),
      recurrent_(core::as_size(shape.trajectories() * setting.own_groups() * setting.network.own.size())),
      noise_(setting.network.parameters.noise, setting.training_noise, setting.network.own),
      input_(core::as_size(setting.network.inputs)),
      feedback_(core::as_size(setting.groups.heard(setting.outputs))),
      learned_(std::move(learned)) {
  for (Index k = 0; k < shape.trajectories() * setting.own_groups(); ++k) {
    setting.neurons->prepare(core::row_of(state_, k, setting.variables * own()));
  }
  begin();
  if (learned_.empty()) return;
  rates_before_.resize(core::as_size(shape.trajectories() * setting.partition.neurons()));
  slope_.resize(core::as_size(own()));
  channels_.resize(core::as_size(shape.trajectories() * (setting.network.inputs + setting.outputs)));
}

void Reservoir::begin() noexcept {
  for (Index trajectory = 0; trajectory < shape_.trajectories(); ++trajectory) {
    begin(trajectory, setting_->network.initial);
  }
}

void Reservoir::multiply(Index step, comm::StepExchange& exchange) noexcept {
  const bool backwards = step % 2 != 0;
  for (Index trajectory = 0; setting_->spiking && trajectory < shape_.trajectories(); ++trajectory) {
    setting_->network.recurrent.deliver(spikes_.arriving(trajectory), core::row_of(recurrent_, trajectory, own()));
  }
  if (setting_->spiking) return spikes_.pass();
  for (Index trajectory = 0; setting_->product != nullptr && trajectory < shape_.trajectories(); ++trajectory) {
    setting_->product->multiply(exchange.own_rates(trajectory), core::row_of(recurrent_, trajectory, own()));
  }
  if (setting_->product != nullptr) return;
  const auto& others = setting_->network.others;
  if (setting_->dealt != nullptr && rates_.copies() <= setting_->dealt->copies()) {
    return exchange.pace().add_waiting(setting_->dealt->multiply(rates_.all(), backwards, recurrent_));
  }
  if (learned_.empty() && others.empty()) {
    return setting_->network.recurrent.multiply(rates_.all(), backwards, recurrent_);
  }
  if (learned_.empty()) return multiply_groups(backwards);
  for (Index trajectory = 0; trajectory < shape_.trajectories(); ++trajectory) {
    plastic(trajectory).J->multiply(rates_.one(trajectory), backwards, core::row_of(recurrent_, trajectory, own()));
    std::ranges::copy(rates_.of(trajectory),
                      core::row_of(rates_before_, trajectory, setting_->partition.neurons()).begin());
  }
  for (std::size_t i = 0; i < perturbation_.size(); ++i) recurrent_[i] += perturbation_[i];
}

/// Each group has its own J.
void Reservoir::multiply_groups(bool backwards) noexcept {
  for (Index k = 0; k < setting_->own_groups(); ++k) {
    const auto& J =
        k == 0 ? setting_->network.recurrent.connections() : setting_->network.others[core::as_size(k - 1)].J;
    for (Index trajectory = 0; trajectory < shape_.trajectories(); ++trajectory) {
      const Index p = part(trajectory, k);
      J->multiply(rates_.one(p), backwards, core::row_of(recurrent_, p, own()));
    }
  }
}

void Reservoir::advance(const StepInput& in, comm::StepExchange& exchange, Stopwatch& watch) noexcept {
  multiply(in.step, exchange);
  watch.lap(Part::recurrent);
  for (Index trajectory = 0; trajectory < shape_.trajectories(); ++trajectory) {
    for (Index k = 0; k < setting_->own_groups(); ++k) advance(in, trajectory, k);
  }
  emit(exchange);
  watch.lap(Part::neurons);
}

void Reservoir::advance(const StepInput& in, Index trajectory, Index group) noexcept {
  const auto& network = setting_->network;
  const bool divides = setting_->groups.any();
  const Index number = setting_->seat.groups.first + group;
  const Index replica = shape_.replica_of(trajectory);
  const auto random = setting_->random_of(replica, number);
  const Index step = in.step + replica * setting_->apart;
  if (divides || shape_.is_first_of_replica(trajectory)) drawn_ = noise_.draw(random, step, in.kind.trains);
  auto u = core::row_of(in.input, replica, divides && network.inputs > 0 ? setting_->inputs : network.inputs);
  auto y = in.fed_back.empty() ? in.fed_back : core::row_of(in.fed_back, trajectory, setting_->outputs);
  const auto heard = [&](std::span<const Real> channels, std::vector<Real>& part) {
    if (!divides || channels.empty()) return channels;
    setting_->groups.hear(number, channels, part);
    return std::span<const Real>(part);
  };
  u = heard(u, input_);
  y = heard(y, feedback_);
  const auto drive = [&](const auto& by) {
    return model::Drive{core::row_of(recurrent_, part(trajectory, group), own()),
                        by.bias,
                        {{{by.input, u}, {by.feedback, y}}},
                        drawn_,
                        step,
                        random,
                        in.kind.adapts};
  };
  const auto x = state(trajectory, group);
  if (!learned_.empty()) {
    setting_->neurons->advance(drive(plastic(trajectory)), x);
    const auto kept = core::row_of(channels_, trajectory, network.inputs + setting_->outputs);
    std::ranges::copy(y, std::ranges::copy(u, kept.begin()).out);
  } else if (group == 0 || network.others.empty()) {
    setting_->neurons->advance(drive(network), x);
  } else {
    setting_->neurons->advance(drive(network.others[core::as_size(group - 1)]), x);
  }
}

void Reservoir::emit(comm::StepExchange& exchange) const noexcept {
  const Index parts = shape_.trajectories() * setting_->own_groups();
  for (Index p = 0; p < parts; ++p) {
    const auto x = core::row_of(state_, p, setting_->variables * own());
    setting_->neurons->rates(x, exchange.own_rates(p));
    if (setting_->spiking) setting_->neurons->spikes(x, exchange.own_spikes(p));
  }
}

void Reservoir::restore(const comm::StepExchange& exchange) {
  if (!setting_->spiking) return take(exchange, 0);
  exchange.all_spikes(spikes_.to_write());
  const auto size = core::as_size(setting_->neurons->filter_variables() * own());
  spikes_.restore(comm::NeuronGather(*setting_->comm, setting_->partition),
                  [&](Index trajectory) { return std::as_const(*this).state(trajectory).last(size); });
}

void Reservoir::take(const comm::StepExchange& exchange, Index age) noexcept {
  if (setting_->spiking) {
    exchange.all_spikes(spikes_.to_write());
    return spikes_.take(*setting_->neurons, age);
  }
  exchange.all_rates(rates_.as_bytes());
  rates_.changed();
}

std::span<const Real> Reservoir::slope(Index trajectory) noexcept {
  setting_->neurons->slope(state(trajectory), slope_);
  return slope_;
}

void Reservoir::visit_state(core::StateVisitor& visit) {
  const Index n = setting_->partition.neurons();
  const auto& neurons = setting_->network.own;
  auto array = core::neuron_array("state", shape_.trajectories() * setting_->variables, n, neurons);
  if (setting_->groups.any()) {
    array.shape = {shape_.trajectories(), setting_->groups.count, setting_->variables, n};
    array.held = array.written = {{0, setting_->seat.groups.first, 0, neurons.first},
                                  {shape_.trajectories(), setting_->own_groups(), setting_->variables, own()}};
  }
  visit(array, std::span<Real>(state_));
  const Index words = spikes_.pending_words();
  std::vector<core::SpikeWord> pending;
  for (Index k = 0; k < shape_.trajectories() && words > 0; ++k) {
    const auto more = spikes_.pending(k);
    pending.insert(pending.end(), more.begin(), more.end());
  }
  if (words == 0) return;
  visit(core::shared_array("spikes_on_their_way", std::ssize(pending), setting_->comm->is_root()),
        std::span<core::SpikeWord>(pending));
  for (Index k = 0; k < shape_.trajectories(); ++k)
    spikes_.set_pending(k, core::row_of(std::as_const(pending), k, words));
}

}  // namespace bayres::sim
