#include "spike_statistics.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace bayres::analysis {
namespace {

constexpr Real hertz = 1000;  // of 1/ms

/// Those of `count` neurons whose trains a rank follows.
core::Range neurons_of_rank(Index count, const comm::Communicator& comm) {
  return {count * comm.rank() / comm.size(), count * (comm.rank() + 1) / comm.size()};
}

}  // namespace

core::Range SpikePeriod::of(std::span<const Real> times) const {
  const auto place = [&](Real time) { return std::ranges::lower_bound(times, time + step / 2) - times.begin(); };
  const Index first = place(start);
  return {first, std::max<Index>(first, place(end))};
}

TrainStatistics::TrainStatistics(Index neurons, const SpikePeriod& period, const comm::Communicator& comm)
    : neurons_(neurons),
      period_(period),
      comm_(&comm),
      own_(neurons_of_rank(neurons, comm)),
      trains_(static_cast<std::size_t>(own_.size())) {}

void TrainStatistics::add(std::span<const Real> times, std::span<const Index> places) {
  const auto within = period_.of(times);
  for (auto k = static_cast<std::size_t>(within.first); k < static_cast<std::size_t>(within.last); ++k) {
    if (places[k] < own_.first || places[k] >= own_.last) continue;
    auto& train = trains_[static_cast<std::size_t>(places[k] - own_.first)];
    const Real interval = times[k] - train.last;
    if (train.spikes == 1) train.first = interval;
    if (train.spikes > 0) {
      const Real deviation = interval - train.first;
      train.sum += deviation;
      train.squares += deviation * deviation;
    }
    train.last = times[k];
    ++train.spikes;
  }
}

Real TrainStatistics::cv_of(const Train& train) {
  if (train.spikes < 3) return std::numeric_limits<Real>::quiet_NaN();
  const auto intervals = static_cast<Real>(train.spikes - 1);
  const Real mean = train.sum / intervals;
  return std::sqrt(std::max<Real>(train.squares / intervals - mean * mean, 0)) / (train.first + mean);
}

TrainFindings TrainStatistics::finish() const {
  const auto count = static_cast<std::size_t>(neurons_);
  TrainFindings found{std::vector<Real>(count), std::vector<Real>(count)};
  const Real length = period_.end - period_.start;
  for (std::size_t k = 0; k < trains_.size(); ++k) {
    const auto place = static_cast<std::size_t>(own_.first) + k;
    found.rates[place] =
        length > 0 ? hertz * static_cast<Real>(trains_[k].spikes) / length : std::numeric_limits<Real>::quiet_NaN();
    found.cvs[place] = cv_of(trains_[k]);
  }
  comm_->sum(found.rates);  // 0 on all ranks but one
  comm_->sum(found.cvs);
  return found;
}

Real whole_steps(Real window, Real step) { return step * std::max<Real>(1, std::nearbyint(window / step)); }

PopulationRate::PopulationRate(Index neurons, const SpikePeriod& period, Real window, const comm::Communicator& comm)
    : neurons_(neurons),
      period_(period),
      window_(window),
      comm_(&comm),
      counts_(static_cast<std::size_t>(windows(period, window))) {}

Index PopulationRate::windows(const SpikePeriod& period, Real window) {
  constexpr Real rounding = 1e-12;
  return static_cast<Index>((period.end - period.start) / window * (1 + rounding));
}

void PopulationRate::add(std::span<const Real> times, std::span<const Index> places) {
  const auto own = neurons_of_rank(neurons_, *comm_);
  const auto within = period_.of(times);
  for (auto k = static_cast<std::size_t>(within.first); k < static_cast<std::size_t>(within.last); ++k) {
    if (places[k] < own.first || places[k] >= own.last) continue;
    const auto window = static_cast<std::size_t>((times[k] - period_.step / 2 - period_.start) / window_);
    if (window < counts_.size()) counts_[window] += 1;
  }
}

std::vector<Real> PopulationRate::finish() const {
  auto rates = counts_;
  comm_->sum(rates);  // whole numbers
  const Real time = window_ * static_cast<Real>(std::max<Index>(neurons_, 1));
  for (auto& rate : rates) rate = hertz * rate / time;
  return rates;
}

}  // namespace bayres::analysis
