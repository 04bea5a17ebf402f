#include "bayres/measures/spike_measures.hpp"

#include "bayres/kernels/elementary.hpp"

namespace bayres::sim {

Real LogLikelihood::value() const noexcept {
  if (spikes_ == 0 || std::isnan(sum_)) return core::automatic;
  const Real rate = spikes_ / steps_;
  const Real silent = steps_ > spikes_ ? (steps_ - spikes_) * core::log_of_rest(rate) : 0;
  return (sum_ - spikes_ * core::log_of(rate) - silent) / spikes_;
}

void VanRossum::add(const core::OutputSpike& spike, Real weight) noexcept {
  constexpr Real tau = 10;  // ms
  if (spike.diverged) distance_ = core::automatic;
  if (spike.dt != dt_) {
    dt_ = spike.dt;
    kept_ = core::exp_of(-dt_ / tau);
  }
  sent_ = kept_ * sent_ + (spike.sent ? 1 : 0);
  desired_ = kept_ * desired_ + (spike.desired ? 1 : 0);
  distance_ += weight * (sent_ - desired_) * (sent_ - desired_);
  squares_ += weight * desired_ * desired_;
}

void Coincidence::add(const core::OutputSpike& spike, Real) noexcept {
  constexpr Real rounding = 1e-9;
  now_ += spike.dt;
  if (spike.diverged) coincidences_ = core::automatic;
  const auto late = [&](Real time) { return now_ - time > window * (1 + rounding); };
  while (waiting_ > 0 && late(times_[0])) {
    std::shift_left(times_.begin(), times_.end(), 1);
    waiting_ -= 1;
  }
  if (spike.sent) sent_ += 1;
  if (spike.desired) desired_ += 1;
  if (spike.sent) meet(true);
  if (spike.desired) meet(false);
}

/// A spike meets the earliest one of the other train that has none yet, or waits for one.
void Coincidence::meet(bool is_sent) noexcept {
  if (waiting_ > 0 && (are_sent_ > 0) != is_sent) {
    coincidences_ += 1;
    std::shift_left(times_.begin(), times_.end(), 1);
    waiting_ -= 1;
    return;
  }
  are_sent_ = is_sent ? 1 : 0;
  if (waiting_ == static_cast<Real>(times_.size())) return;
  times_[static_cast<std::size_t>(waiting_)] = now_;
  waiting_ += 1;
}

Real Coincidence::value() const noexcept {
  if (sent_ + desired_ == 0) return core::automatic;
  const Real by_chance = 2 * window * sent_ / now_;  // of a desired spike
  if (by_chance >= 1) return core::automatic;
  return (coincidences_ - by_chance * desired_) / ((sent_ + desired_) / 2) / (1 - by_chance);
}

}  // namespace bayres::sim
