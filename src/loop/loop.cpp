#include "bayres/loop/loop.hpp"

#include <algorithm>
#include <cmath>
#include <functional>

#include "bayres/kernels/synapses.hpp"

namespace bayres::sim {

Loop::Loop(const Setting& setting, Feedback feedback, Shape shape, std::vector<model::Plastic> learned, Index variances)
    : setting_(&setting),
      feedback_(feedback),
      shape_(shape),
      reservoir_(setting, shape, std::move(learned)),
      fed_back_(core::as_size(feedback == Feedback::none ? 0 : shape.trajectories() * setting.outputs)),
      weights_(core::as_size(shape.listeners() * setting.outputs * own())),
      heard_(setting.features, setting.network.own, shape.trajectories()),
      from_output_(setting.input_from_output.size()),
      more_sums_(core::as_size(shape.listeners_of_each() * setting.outputs)),
      sums_(core::as_size(shape.listeners() * setting.outputs + variances)),
      delta_(core::as_size(shape.listeners() * setting.outputs)),
      silent_(core::as_size(shape.listeners())),
      exchange_(*setting.comm, setting.partition, {&setting.exchange, setting.hears, setting.sends(), setting.together},
                setting.network.precision, reservoir_.rate_order(), shape.trajectories(), std::ssize(sums_)) {
  refresh_rates();
}

Real Loop::bytes(const Workload& w, const Share& part, const Shape& shape) {
  const Index trajectories = shape.trajectories();
  const Index readouts = shape.listeners() * w.outputs;
  const core::Partition partition(w.neurons(), part.ranks);
  const auto sends = sends_of(w, part);
  const Index sent =
      w.c.steps_together() * comm::StepExchange::bytes(partition, sends, w.c.precision(), trajectories, readouts);
  const Index messages = part.ranks > 1 ? sent + w.c.exchange->bytes(sent) : 0;
  const Index heard = w.features().are_rates() ? 0 : w.features().of(part.own).size();
  const Index blocks = core::Partition(part.own.size(), 1).blocks();  // J r, rates to send: 3, as counted
  const Index variables = std::ssize(w.c.state_variables());
  const Index noise = w.c.protocol.state_noise > 0 ? part.own.size() : 0;
  const Index numbers = trajectories * ((3 + variables) * part.own.size() + heard) + readouts * blocks + noise;
  // What is known of all neurons: rates, or filtered spike trains if a rule needs them.
  const Index filters = needs_other_rates(w, part) ? 2 * trajectories * w.neurons() : 0;
  const Index sent_of = sends == comm::Sends::rates ? w.neurons() : 0;
  const Index rates = w.c.reservoir.spiking ? filters * Index{sizeof(Real)}
                                            : model::Rates::bytes(trajectories, sent_of, w.c.precision());
  return core::as_real(shape.listeners()) * w.weights(part) + core::as_real(messages) + core::as_real(rates) +
         core::as_real(numbers) * sizeof(Real);
}

void Loop::refresh_rates() {
  exchange_.select(0);
  reservoir_.emit(exchange_);
  exchange_.run();
  reservoir_.restore(exchange_);
}

void Loop::begin_segment() {
  reservoir_.begin();
  std::ranges::fill(fed_back_, Real{0});
  refresh_rates();
}

void Loop::visit_state(core::StateVisitor& visit) {
  const bool writes = setting_->comm->is_root();
  reservoir_.visit_state(visit);
  visit(core::neuron_array("weights", shape_.listeners() * outputs(), setting_->features.count(),
                           setting_->features.of(setting_->network.own)),
        std::span<Real>(weights_));
  visit(core::shared_array("feedback", static_cast<Index>(fed_back_.size()), writes), std::span<Real>(fed_back_));
  visit(core::shared_array("output", std::ssize(delta_), writes), std::span(sums_).first(delta_.size()));
  visit(core::shared_array("silent", shape_.listeners(), writes), std::span<Real>(silent_));
}

void Loop::separate() {
  if (shape_.listeners_of_each() == 1) return feed_back(Feedback::output);
  Loop apart(*setting_, Feedback::output, shape_.apart());
  for (Index listener = 0; listener < shape_.listeners(); ++listener) {
    const Index from = shape_.trajectory_of(listener);
    std::ranges::copy(reservoir_.state(from), apart.reservoir_.state(listener).begin());
    apart.reservoir_.spike_trains().set_pending(listener, reservoir_.spike_trains().pending(from));
    std::ranges::copy(core::row_of(fed_back_, from, outputs()), apart.fed_back(listener).begin());
  }
  apart.refresh_rates();
  apart.weights_ = weights_;
  apart.silent_ = silent_;
  *this = std::move(apart);
}

Loop Loop::with_more_listeners(Index more) const {
  Loop wider(*setting_, feedback_, shape_.with_more_listeners(more));
  wider.reservoir_ = reservoir_;
  wider.reservoir_.emit(wider.exchange_);
  wider.fed_back_ = fed_back_;
  std::ranges::copy(weights_, wider.weights_.begin());
  std::ranges::copy(silent_, wider.silent_.begin());
  return wider;
}

void Loop::hear(std::span<const Real> input) noexcept {
  for (Index trajectory = 0; trajectory < shape_.trajectories(); ++trajectory) {
    const auto u = core::row_of(input, shape_.replica_of(trajectory), setting_->network.inputs);
    for (std::size_t m = 0; m < from_output_.size(); ++m) {
      const auto& [factor, offset] = setting_->input_from_output[m];
      from_output_[m] = factor * fed_back(trajectory)[m] + offset;
    }
    heard_.take(trajectory, own_rates(trajectory), from_output_.empty() ? u : std::span<const Real>(from_output_));
  }
}

std::span<const Real> Loop::heard(Index trajectory, core::Range range) {
  const auto all = reservoir_.all_rates(trajectory);
  if (!setting_->features.are_rates()) return heard_.in(range, trajectory, all);
  return all.subspan(core::as_size(range.first), core::as_size(range.size()));
}

// The features that are added belong to the last block. They fill it up first; what is beyond is summed by itself.
void Loop::sum_readouts() noexcept {
  constexpr auto whole = core::as_size(core::Partition::block_size);
  const core::Range blocks = setting_->partition.blocks_of(setting_->comm->rank());
  for (Index b = blocks.first; b < blocks.last; ++b) {
    const core::Range block = setting_->features.of(setting_->partition.block(b));
    const auto size = core::as_size(block.size());
    const auto first = core::as_size(block.first - setting_->network.own.first);
    const auto sums = exchange_.partial_sums(b - blocks.first);
    const auto of_each = core::as_size(shape_.listeners_of_each() * outputs());
    for (Index trajectory = 0; trajectory < shape_.trajectories(); ++trajectory) {
      const std::size_t q = core::as_size(trajectory) * of_each;
      const Real* weights = weights_.data() + q * core::as_size(own()) + first;
      const auto values = heard(trajectory).subspan(first, size);
      const auto z = sums.subspan(q, of_each);
      core::block_dots(weights, own(), values.first(std::min(size, whole)), z);
      for (std::size_t k = whole; k < size; k += whole) {
        core::block_dots(weights + k, own(), values.subspan(k, std::min(size - k, whole)), more_sums_);
        std::ranges::transform(z, more_sums_, z.begin(), std::plus<>());
      }
    }
  }
}

Real Loop::exchange(Real status) {
  const Real worst = send(status);
  take(0, 0);
  return worst;
}

Real Loop::send(Real status) {
  exchange_.set_status(status);
  exchange_.run();
  return exchange_.status();
}

void Loop::take(Index slot, Index age) {
  exchange_.select(slot);
  reservoir_.take(exchange_, age);
  exchange_.totals(sums_);
}

void Loop::compare(std::span<const Real> targets) noexcept {
  const bool is_shared = std::ssize(targets) == outputs();
  const auto target_of = [&](Index trajectory) {
    return core::row_of(targets, is_shared ? 0 : shape_.replica_of(trajectory), outputs());
  };
  for (Index listener = 0; listener < shape_.listeners(); ++listener) {
    const auto target = target_of(shape_.trajectory_of(listener));
    const auto z = output(listener);
    const auto d = core::row_of(delta_, listener, outputs());
    for (std::size_t m = 0; m < target.size(); ++m) d[m] = target[m] - z[m];
  }
  for (Index trajectory = 0; trajectory < shape_.trajectories() && !fed_back_.empty(); ++trajectory) {
    const auto y = core::row_of(fed_back_, trajectory, outputs());
    if (feedback_ == Feedback::teacher) {
      const auto target = target_of(trajectory);
      for (std::size_t m = 0; m < target.size(); ++m) y[m] = std::isnan(target[m]) ? y[m] : target[m];
    } else if (silent_[core::as_size(trajectory)] != 0) {
      std::ranges::fill(y, Real{0});
    } else {
      std::ranges::copy(output(trajectory), y.begin());
    }
  }
}

}  // namespace bayres::sim
