#include "bayres/simulation/loop.hpp"

#include <algorithm>
#include <cmath>

#include "bayres/kernels/synapses.hpp"

namespace bayres::sim {
Loop::Loop(const Setting& setting, Feedback feedback, Shape shape)
    : setting_(&setting),
      feedback_(feedback),
      shape_(shape),
      state_(core::as_size(shape.copies * setting.variables * setting.network.own.size())),
      rates_(shape.copies, setting.partition.neurons(), setting.network.precision,
             setting.network.recurrent.rate_order(shape.copies)),
      recurrent_(core::as_size(shape.copies * setting.network.own.size())),
      noise_(core::as_size(setting.network.parameters.noise > 0 ? setting.network.own.size() : 0)),
      fed_back_(core::as_size(feedback == Feedback::none ? 0 : shape.copies * setting.outputs)),
      weights_(core::as_size(shape.groups * setting.outputs * setting.network.own.size())),
      z_(core::as_size(shape.groups * setting.outputs)),
      delta_(core::as_size(shape.groups * setting.outputs)),
      silent_(core::as_size(shape.groups)),
      exchange_(*setting.comm, setting.partition, {&setting.exchange, setting.hears}, setting.network.precision,
                rates_.order(), shape.copies, shape.groups * setting.outputs) {
  for (Index copy = 0; copy < shape.copies; ++copy) {
    setting.neurons->begin(setting.network.initial, state(copy));
  }
  refresh_rates();
}

void Loop::refresh_rates() {
  for (Index copy = 0; copy < copies(); ++copy) {
    setting_->neurons->rates(state(copy), exchange_.own_rates(copy));
  }
  exchange_.run();
  take_rates();
}

void Loop::visit_state(core::StateVisitor& visit) {
  const Index n = setting_->partition.neurons();
  const bool writes = setting_->comm->is_root();
  visit(core::neuron_array("state", copies() * variables(), n, setting_->network.own), std::span<Real>(state_));
  visit(core::neuron_array("weights", groups() * outputs(), n, setting_->network.own), std::span<Real>(weights_));
  visit(core::shared_array("feedback", static_cast<Index>(fed_back_.size()), writes), std::span<Real>(fed_back_));
  visit(core::shared_array("output", static_cast<Index>(z_.size()), writes), std::span<Real>(z_));
  visit(core::shared_array("silent", groups(), writes), std::span<Real>(silent_));
}

void Loop::take_rates() noexcept {
  exchange_.all_rates(rates_.as_bytes());
  rates_.changed();
}

Loop Loop::with_own_states() const {
  Loop split(*setting_, Feedback::output, {shape_.replicas, shape_.groups, shape_.groups});
  for (Index group = 0; group < groups(); ++group) {
    const Index copy = copy_of(group);
    std::ranges::copy(state(copy), split.state(group).begin());
    std::ranges::copy(core::row_of(fed_back_, copy, outputs()),
                      core::row_of(split.fed_back_, group, outputs()).begin());
  }
  split.refresh_rates();
  split.weights_ = weights_;
  split.silent_ = silent_;
  return split;
}

Loop Loop::with_more_groups(Index more) const {
  Loop wider(*setting_, feedback_, {shape_.replicas, shape_.copies, shape_.groups + more});
  wider.state_ = state_;
  wider.rates_ = rates_;
  wider.fed_back_ = fed_back_;
  std::ranges::copy(weights_, wider.weights_.begin());
  std::ranges::copy(silent_, wider.silent_.begin());
  return wider;
}

void Loop::advance(Index step, std::span<const Real> input, Stopwatch& watch) noexcept {
  setting_->network.recurrent.multiply(rates_, step % 2 != 0, recurrent_);
  watch.lap(Part::recurrent);
  const auto& network = setting_->network;
  for (Index copy = 0; copy < copies(); ++copy) {
    const Index replica = replica_of(copy);
    const bool first_of_replica = copy == 0 || replica_of(copy - 1) != replica;
    if (!noise_.empty() && first_of_replica) {
      model::draw_noise(setting_->random.replica(setting_->replica + replica), step, setting_->network.own, noise_);
    }
    const auto u = core::row_of(input, replica, network.inputs);
    setting_->neurons->advance({core::row_of(recurrent_, copy, own()),
                                network.bias,
                                {{{network.input, u}, {network.feedback, fed_back(copy)}}},
                                noise_},
                               state(copy));
    setting_->neurons->rates(state(copy), exchange_.own_rates(copy));
  }
  watch.lap(Part::neurons);
}

void Loop::sum_readouts() noexcept {
  const core::Range blocks = setting_->partition.blocks_of(setting_->comm->rank());
  for (Index b = blocks.first; b < blocks.last; ++b) {
    const core::Range block = setting_->partition.block(b);
    const auto first = core::as_size(block.first - setting_->network.own.first);
    const auto sums = exchange_.partial_sums(b - blocks.first);
    const auto per_copy = core::as_size(groups() / copies() * outputs());
    for (Index copy = 0; copy < copies(); ++copy) {
      const std::size_t q = core::as_size(copy) * per_copy;
      core::block_dots(weights_.data() + q * core::as_size(own()) + first, own(),
                       own_rates(copy).subspan(first, core::as_size(block.size())), sums.subspan(q, per_copy));
    }
  }
}

Real Loop::exchange(Real status) {
  exchange_.set_status(status);
  exchange_.run();
  take_rates();
  exchange_.totals(z_);
  return exchange_.status();
}

void Loop::compare(std::span<const Real> target) noexcept {
  for (Index group = 0; group < groups(); ++group) {
    const auto z = output(group);
    const auto d = core::row_of(delta_, group, outputs());
    for (std::size_t m = 0; m < target.size(); ++m) d[m] = target[m] - z[m];
  }
  for (Index copy = 0; copy < copies() && !fed_back_.empty(); ++copy) {
    const auto y = core::row_of(fed_back_, copy, outputs());
    if (feedback_ == Feedback::teacher) {
      for (std::size_t m = 0; m < target.size(); ++m) y[m] = std::isnan(target[m]) ? y[m] : target[m];
    } else if (silent_[core::as_size(copy)] != 0) {
      std::ranges::fill(y, Real{0});
    } else {
      std::ranges::copy(output(copy), y.begin());
    }
  }
}

}  // namespace bayres::sim
