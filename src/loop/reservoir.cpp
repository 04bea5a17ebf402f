#include "bayres/loop/reservoir.hpp"

#include <algorithm>
#include <utility>

namespace bayres::sim {

Reservoir::Reservoir(const Setting& setting, const Shape& shape, std::vector<model::Plastic> learned)
    : setting_(&setting),
      shape_(shape),
      state_(core::as_size(shape.trajectories() * setting.variables * setting.network.own.size())),
      rates_(shape.trajectories(), setting.sends() == comm::Sends::rates ? setting.partition.neurons() : 0,
             setting.network.precision,
             setting.network.recurrent.rate_order(learned.empty() ? shape.trajectories() : 1)),
      spikes_(shape.trajectories(), setting.spiking ? setting.partition.neurons() : 0, *setting.neurons,
              setting.all_rates),
      recurrent_(core::as_size(shape.trajectories() * setting.network.own.size())),
      noise_(setting.network.parameters.noise, setting.training_noise, setting.network.own),
      learned_(std::move(learned)) {
  for (Index k = 0; k < shape.trajectories(); ++k) setting.neurons->prepare(state(k));
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

void Reservoir::multiply(Index step, const comm::StepExchange& exchange) noexcept {
  const bool backwards = step % 2 != 0;
  for (Index trajectory = 0; setting_->spiking && trajectory < shape_.trajectories(); ++trajectory) {
    setting_->network.recurrent.deliver(spikes_.arriving(trajectory), core::row_of(recurrent_, trajectory, own()));
  }
  if (setting_->spiking) return spikes_.pass();
  for (Index trajectory = 0; setting_->product != nullptr && trajectory < shape_.trajectories(); ++trajectory) {
    setting_->product->multiply(exchange.own_rates(trajectory), core::row_of(recurrent_, trajectory, own()));
  }
  if (setting_->product != nullptr) return;
  if (learned_.empty()) return setting_->network.recurrent.multiply(rates_.all(), backwards, recurrent_);
  for (Index trajectory = 0; trajectory < shape_.trajectories(); ++trajectory) {
    plastic(trajectory).J->multiply(rates_.one(trajectory), backwards, core::row_of(recurrent_, trajectory, own()));
    std::ranges::copy(rates_.of(trajectory),
                      core::row_of(rates_before_, trajectory, setting_->partition.neurons()).begin());
  }
  for (std::size_t i = 0; i < perturbation_.size(); ++i) recurrent_[i] += perturbation_[i];
}

void Reservoir::advance(const StepInput& in, comm::StepExchange& exchange, Stopwatch& watch) noexcept {
  multiply(in.step, exchange);
  watch.lap(Part::recurrent);
  const auto& network = setting_->network;
  std::span<const Real> noise;
  for (Index trajectory = 0; trajectory < shape_.trajectories(); ++trajectory) {
    const Index replica = shape_.replica_of(trajectory);
    const auto random = setting_->random_of(replica);
    const Index step = in.step + replica * setting_->apart;
    if (shape_.is_first_of_replica(trajectory)) noise = noise_.draw(random, step, in.kind.trains);
    const auto u = core::row_of(in.input, replica, network.inputs);
    const auto y = in.fed_back.empty() ? in.fed_back : core::row_of(in.fed_back, trajectory, setting_->outputs);
    const auto drive = [&](const auto& by) {
      return model::Drive{core::row_of(recurrent_, trajectory, own()),
                          by.bias,
                          {{{by.input, u}, {by.feedback, y}}},
                          noise,
                          step,
                          random,
                          in.kind.adapts};
    };
    setting_->neurons->advance(learned_.empty() ? drive(network) : drive(plastic(trajectory)), state(trajectory));
    if (learned_.empty()) continue;
    const auto kept = core::row_of(channels_, trajectory, network.inputs + setting_->outputs);
    std::ranges::copy(y, std::ranges::copy(u, kept.begin()).out);
  }
  emit(exchange);
  watch.lap(Part::neurons);
}

void Reservoir::emit(comm::StepExchange& exchange) const noexcept {
  for (Index trajectory = 0; trajectory < shape_.trajectories(); ++trajectory) {
    setting_->neurons->rates(state(trajectory), exchange.own_rates(trajectory));
    if (setting_->spiking) setting_->neurons->spikes(state(trajectory), exchange.own_spikes(trajectory));
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
  visit(core::neuron_array("state", shape_.trajectories() * setting_->variables, setting_->partition.neurons(),
                           setting_->network.own),
        std::span<Real>(state_));
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
