#include "bayres/sim/loop.hpp"

#include <algorithm>

#include "bayres/core/block_sum.hpp"

namespace bayres::sim {
namespace {

std::size_t count(Index n) { return static_cast<std::size_t>(n); }

}  // namespace

Loop::Loop(const Setting& setting, Feedback feedback, Index copies, Index groups)
    : setting_(&setting),
      feedback_(feedback),
      copies_(copies),
      groups_(groups),
      state_(count(copies * setting.network.own.size())),
      rates_(count(copies * core::kernels::padded(setting.partition.neurons()))),
      recurrent_(count(copies * setting.network.own.size())),
      noise_(count(setting.network.parameters.noise > 0 ? setting.network.own.size() : 0)),
      fed_back_(count(feedback == Feedback::none ? 0 : copies * setting.outputs)),
      weights_(count(groups * setting.outputs * setting.network.own.size())),
      z_(count(groups * setting.outputs)),
      delta_(count(groups * setting.outputs)),
      silent_(count(groups)),
      exchange_(*setting.comm, setting.partition, copies, groups * setting.outputs) {
  for (Index copy = 0; copy < copies; ++copy) {
    std::ranges::copy(setting.network.initial, core::row_of(state_, copy, own()).begin());
  }
  refresh_rates();
}

void Loop::refresh_rates() {
  const comm::NeuronGather gather(*setting_->comm, setting_->partition);
  const Index neurons = setting_->partition.neurons();
  for (Index copy = 0; copy < copies_; ++copy) {
    model::rates_of(core::row_of(state_, copy, own()), exchange_.own_rates(copy));
    gather(exchange_.own_rates(copy), core::row_of(rates_, copy, core::kernels::padded(neurons)).first(count(neurons)));
  }
}

Loop Loop::with_own_states() const {
  Loop split(*setting_, Feedback::output, groups_, groups_);
  for (Index group = 0; group < groups_; ++group) {
    const Index copy = copy_of(group);
    std::ranges::copy(core::row_of(state_, copy, own()), core::row_of(split.state_, group, own()).begin());
    std::ranges::copy(all_rates(copy),
                      core::row_of(split.rates_, group, static_cast<Index>(all_rates(copy).size())).begin());
    std::ranges::copy(core::row_of(fed_back_, copy, outputs()),
                      core::row_of(split.fed_back_, group, outputs()).begin());
  }
  split.weights_ = weights_;
  split.silent_ = silent_;
  return split;
}

Loop Loop::with_more_groups(Index more) const {
  Loop wider(*setting_, feedback_, copies_, groups_ + more);
  wider.state_ = state_;
  wider.rates_ = rates_;
  wider.fed_back_ = fed_back_;
  std::ranges::copy(weights_, wider.weights_.begin());
  std::ranges::copy(silent_, wider.silent_.begin());
  return wider;
}

void Loop::advance(Index step, std::span<const Real> input, Stopwatch& watch) noexcept {
  setting_->network.recurrent.multiply(copies_, rates_, recurrent_);
  watch.lap(Part::recurrent);
  if (!noise_.empty())
    model::draw_noise(setting_->random.replica(setting_->replica), step, setting_->network.own, noise_);
  for (Index copy = 0; copy < copies_; ++copy) {
    const auto y = fed_back_.empty() ? std::span<const Real>() : core::row_of(fed_back_, copy, outputs());
    const auto x = core::row_of(state_, copy, own());
    model::advance_state(setting_->network, {core::row_of(recurrent_, copy, own()), input, y, noise_}, x);
    model::rates_of(x, exchange_.own_rates(copy));
  }
  watch.lap(Part::neurons);
}

void Loop::sum_readouts() noexcept {
  const core::Range blocks = setting_->partition.blocks_of(setting_->comm->rank());
  for (Index b = blocks.first; b < blocks.last; ++b) {
    const core::Range block = setting_->partition.block(b);
    const auto first = count(block.first - setting_->network.own.first);
    const auto sums = exchange_.partial_sums(b - blocks.first);
    for (Index q = 0; q < groups_ * outputs(); ++q) {
      const auto r = own_rates(copy_of(q / outputs())).subspan(first, count(block.size()));
      const std::span<const Real> w = core::row_of(weights_, q, own()).subspan(first, count(block.size()));
      sums[count(q)] = core::block_dot(w, r);
    }
  }
}

Real Loop::exchange(Real status) {
  exchange_.set_status(status);
  exchange_.run();
  for (Index copy = 0; copy < copies_; ++copy) {
    exchange_.all_rates(copy, core::row_of(rates_, copy, core::kernels::padded(setting_->partition.neurons())));
  }
  exchange_.totals(z_);
  return exchange_.status();
}

void Loop::compare(std::span<const Real> target) noexcept {
  for (Index group = 0; group < groups_; ++group) {
    const auto z = output(group);
    const auto d = core::row_of(delta_, group, outputs());
    for (std::size_t m = 0; m < target.size(); ++m) d[m] = target[m] - z[m];
  }
  for (Index copy = 0; copy < copies_ && !fed_back_.empty(); ++copy) {
    const auto y = core::row_of(fed_back_, copy, outputs());
    if (feedback_ == Feedback::teacher) {
      std::ranges::copy(target, y.begin());
    } else if (silent_[count(copy)] != 0) {
      std::ranges::fill(y, Real{0});
    } else {
      std::ranges::copy(output(copy), y.begin());
    }
  }
}

}  // namespace bayres::sim
