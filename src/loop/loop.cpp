#include "bayres/loop/loop.hpp"

#include <algorithm>
#include <cmath>
#include <functional>

#include "bayres/kernels/synapses.hpp"

namespace bayres::sim {

namespace {

/// Sums that this rank's message has room for: of several groups, those of the own ones.
Index own_sums(const Setting& setting, const Shape& shape, Index variances) {
  return shape.listeners() * setting.own_groups() * setting.outputs_of_group() + variances;
}

}  // namespace

Loop::Loop(const Setting& setting, Feedback feedback, Shape shape, std::vector<model::Plastic> learned, Index variances)
    : setting_(&setting),
      feedback_(feedback),
      shape_(shape),
      reservoir_(setting, shape, std::move(learned)),
      fed_back_(core::as_size(feedback == Feedback::none ? 0 : shape.trajectories() * setting.outputs)),
      weights_(core::as_size(shape.listeners() * setting.readouts() * own())),
      heard_(setting.features, setting.network.own, shape.trajectories() * setting.own_groups()),
      from_output_(setting.input_from_output.size()),
      more_sums_(core::as_size(shape.listeners_of_each() * setting.outputs)),
      sums_(core::as_size(shape.listeners() * setting.outputs + variances)),
      delta_(core::as_size(shape.listeners() * setting.outputs)),
      silent_(core::as_size(shape.listeners())),
      exchange_(*setting.comm, setting.partition, {&setting.exchange, setting.hears, setting.sends(), setting.together},
                setting.network.precision, reservoir_.rate_order(), shape.trajectories() * setting.own_groups(),
                own_sums(setting, shape, variances)) {
  if (setting.groups.any()) {
    groups_.emplace(setting, shape.listeners());
    own_sums_.resize(core::as_size(own_sums(setting, shape, 0)));
    group_input_.resize(core::as_size(setting.groups.heard(setting.inputs)));
    converted_.resize(from_output_.empty() ? 0 : fed_back_.size());
    last_input_.resize(core::as_size(setting.groups.shared ? setting.inputs : 0));
  }
  refresh_rates();
}

Real Loop::bytes(const Workload& w, const Share& part, const Shape& shape) {
  const Index groups = part.groups.size();
  const Index trajectories = shape.trajectories() * groups;
  const Index readouts = shape.listeners() * w.groups().of_each(w.outputs) * groups;
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
  // Rates of all groups, twice, where they share readouts.
  const Index pooled = w.groups().shared ? 2 * w.groups().count * w.neurons() : 0;
  return core::as_real(shape.listeners()) * w.weights(part) + core::as_real(messages) + core::as_real(rates) +
         core::as_real(numbers + pooled) * sizeof(Real);
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
  const bool writes = setting_->world->is_root();
  reservoir_.visit_state(visit);
  // Those that groups share are visited where they are learned.
  if (!setting_->groups.shared) visit(weights_array("weights", shape_.listeners()), std::span<Real>(weights_));
  visit(core::shared_array("feedback", static_cast<Index>(fed_back_.size()), writes), std::span<Real>(fed_back_));
  visit(core::shared_array("output", std::ssize(delta_), writes), std::span(sums_).first(delta_.size()));
  visit(core::shared_array("silent", shape_.listeners(), writes), std::span<Real>(silent_));
}

core::StateArray Loop::weights_array(std::string name, Index sets) const {
  const auto& features = setting_->features;
  const auto own = features.of(setting_->network.own);
  auto array = core::neuron_array(std::move(name), sets * setting_->readouts(), features.count(), own);
  if (setting_->groups.separate()) {
    const Index each = setting_->outputs_of_group();
    array.shape = {sets, outputs(), features.count()};
    array.held = {{0, setting_->seat.groups.first * each, own.first}, {sets, setting_->readouts(), own.size()}};
    array.written = array.held;
  } else if (setting_->groups.shared && setting_->seat.team > 0) {
    array.written.count = {0, 0};
  }
  return array;
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
  apart.pace() = pace();
  *this = std::move(apart);
}

Loop Loop::with_more_listeners(Index more) const {
  Loop wider(*setting_, feedback_, shape_.with_more_listeners(more));
  wider.reservoir_ = reservoir_;
  wider.reservoir_.emit(wider.exchange_);
  wider.fed_back_ = fed_back_;
  std::ranges::copy(weights_, wider.weights_.begin());
  std::ranges::copy(silent_, wider.silent_.begin());
  wider.pace() = pace();
  return wider;
}

/// What takes the place of the input in a loop that is closed through it, where several groups hear parts of it; else
/// y as it is.
std::span<const Real> Loop::converted() noexcept {
  if (!setting_->groups.any() || from_output_.empty()) return fed_back_;
  for (std::size_t k = 0; k < converted_.size(); ++k) {
    const auto& [factor, offset] = setting_->input_from_output[k % from_output_.size()];
    converted_[k] = factor * fed_back_[k] + offset;
  }
  return converted_;
}

/// The input of a group of a trajectory, of whatever rank, or of all if there is one.
std::span<const Real> Loop::heard_input(Index trajectory, Index group, std::span<const Real> input) noexcept {
  const auto& groups = setting_->groups;
  if (groups.any()) {
    const auto u = converted_.empty() ? core::row_of(input, shape_.replica_of(trajectory), setting_->inputs)
                                      : core::row_of(std::as_const(converted_), trajectory, outputs());
    if (u.empty()) return u;
    groups.hear(group, u, group_input_);
    return group_input_;
  }
  if (from_output_.empty()) return core::row_of(input, shape_.replica_of(trajectory), setting_->network.inputs);
  for (std::size_t m = 0; m < from_output_.size(); ++m) {
    const auto& [factor, offset] = setting_->input_from_output[m];
    from_output_[m] = factor * fed_back(trajectory)[m] + offset;
  }
  return from_output_;
}

void Loop::hear(std::span<const Real> input) noexcept {
  for (Index trajectory = 0; trajectory < shape_.trajectories(); ++trajectory) {
    for (Index k = 0; k < setting_->own_groups(); ++k) {
      heard_.take(part(trajectory, k), own_rates(trajectory, k),
                  heard_input(trajectory, setting_->seat.groups.first + k, input));
    }
  }
  if (last_input_.size() == input.size()) std::ranges::copy(input, last_input_.begin());
}

std::span<const Real> Loop::heard(Index trajectory, Index group, core::Range range) {
  const auto all = reservoir_.all_rates(trajectory, group);
  if (!setting_->features.are_rates()) return heard_.in(range, part(trajectory, group), all);
  return all.subspan(core::as_size(range.first), core::as_size(range.size()));
}

std::span<const Real> Loop::pooled(Index trajectory, Index group, core::Range range) {
  if (!is_pooled_ || pooled_ != trajectory) {
    const auto all = groups_->rates([&](Index k) { return own_rates(trajectory, k); });
    pool_.assign(all.begin(), all.end());
    is_pooled_ = true;
    pooled_ = trajectory;
  }
  const auto rates = core::row_of(std::as_const(pool_), group, setting_->partition.neurons());
  const auto& features = setting_->features;
  const auto neurons = features.neurons_in(range);
  const auto some = rates.subspan(core::as_size(neurons.first), core::as_size(neurons.size()));
  if (features.are_rates()) return some;
  features_.resize(core::as_size(range.size()));
  features.write(range, some, heard_input(trajectory, group, last_input_), features_);
  return features_;
}

void Loop::sum_readouts() noexcept {
  const core::Range blocks = setting_->partition.blocks_of(setting_->comm->rank());
  for (Index b = blocks.first; b < blocks.last; ++b) sum_block(b);
}

void Loop::sum_block(Index b) noexcept {
  const auto block = setting_->features.of(setting_->partition.block(b));
  const auto sums = exchange_.partial_sums(b - setting_->partition.blocks_of(setting_->comm->rank()).first);
  if (!setting_->groups.any()) {
    const Index of_each = shape_.listeners_of_each() * outputs();
    for (Index trajectory = 0; trajectory < shape_.trajectories(); ++trajectory) {
      const auto z = core::row_of(sums, trajectory, of_each);
      sum_rows(core::row_of(weights_, trajectory, of_each * own()), heard(trajectory), block, z);
    }
    return;
  }
  const Index each = setting_->outputs_of_group();
  for (Index listener = 0; listener < shape_.listeners(); ++listener) {
    const auto all = std::as_const(*this).weights(listener);
    for (Index k = 0; k < setting_->own_groups(); ++k) {
      const auto w = core::row_of(all, setting_->groups.shared ? 0 : k, each * own());
      sum_rows(w, heard(shape_.trajectory_of(listener), k), block,
               core::row_of(sums, listener * setting_->own_groups() + k, each));
    }
  }
}

// The features that are added belong to the last block. They fill it up first; what is beyond is summed by itself.
void Loop::sum_rows(std::span<const Real> weights, std::span<const Real> features, core::Range block,
                    std::span<Real> z) noexcept {
  constexpr auto whole = core::as_size(core::Partition::block_size);
  const auto size = core::as_size(block.size());
  const auto first = core::as_size(block.first - setting_->network.own.first);
  const auto values = features.subspan(first, size);
  core::block_dots(weights.data() + first, own(), values.first(std::min(size, whole)), z);
  for (std::size_t k = whole; k < size; k += whole) {
    const auto more = std::span(more_sums_).first(z.size());
    core::block_dots(weights.data() + first + k, own(), values.subspan(k, std::min(size - k, whole)), more);
    std::ranges::transform(z, more, z.begin(), std::plus<>());
  }
}

Real Loop::exchange(Real status) {
  const Real worst = send(status);
  take(0, 0);
  return worst;
}

Real Loop::send(Real status) {
  exchange_.set_status(status);
  const auto begin = Stopwatch::Clock::now();
  exchange_.run();
  if (!groups_) return exchange_.status();
  const auto waited = std::chrono::duration<Real>(Stopwatch::Clock::now() - begin).count();
  // Alone, a rank packs its rates there and waits for nobody.
  if (setting_->comm->size() > 1) groups_->pace().add_waiting(waited);
  exchange_.totals(own_sums_);
  return groups_->outputs(own_sums_, exchange_.status(), sums_);
}

void Loop::take(Index slot, Index age) {
  exchange_.select(slot);
  reservoir_.take(exchange_, age);
  if (!groups_) exchange_.totals(sums_);
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
