#include "bayres/comm/step_exchange.hpp"

#include <algorithm>
#include <cstring>
#include <limits>

namespace bayres::comm {
namespace {

std::size_t count(Index n) { return static_cast<std::size_t>(n); }

}  // namespace

StepExchange::StepExchange(const Communicator& comm, const core::Partition& partition, core::Precision precision,
                           Index copies, Index sums)
    : comm_(&comm),
      partition_(partition),
      single_(precision != core::Precision::full),
      sums_(sums),
      own_neurons_(partition.neurons_of(comm.rank()).size()),
      own_sums_(count(sums_of(comm.rank()))),
      own_rates_(count(copies * own_neurons_)) {
  const Index rate_bytes = single_ ? sizeof(float) : sizeof(Real);
  constexpr Index unit = sizeof(Real);  // every message starts on such a boundary
  Index offset = 0;
  for (int k = 0; k < comm.size(); ++k) {
    const Index rates = (copies * partition.neurons_of(k).size() * rate_bytes + unit - 1) / unit;
    const Index bytes = (sums_of(k) + rates) * unit;
    if (offset + bytes > std::numeric_limits<int>::max()) {
      throw core::usage_error(
          "the message of a step would be longer than MPI can count (2 GB): use a smaller network or fewer learners");
    }
    counts_.push_back(static_cast<int>(bytes));
    offsets_.push_back(static_cast<int>(offset));
    offset += bytes;
  }
  own_.resize(static_cast<std::size_t>(counts_[static_cast<std::size_t>(comm.rank())]));
  all_.resize(count(offset));
}

std::span<Real> StepExchange::own_rates(Index copy) noexcept { return core::row_of(own_rates_, copy, own_neurons_); }

std::span<const Real> StepExchange::own_rates(Index copy) const noexcept {
  return core::row_of(own_rates_, copy, own_neurons_);
}

std::span<Real> StepExchange::partial_sums(Index block) noexcept {
  return std::span(own_sums_).subspan(count(1 + block * sums_), count(sums_));
}

void StepExchange::pack() noexcept {
  std::memcpy(own_.data(), own_sums_.data(), own_sums_.size() * sizeof(Real));
  auto* rates = own_.data() + own_sums_.size() * sizeof(Real);
  if (single_) {
    std::ranges::transform(own_rates_, reinterpret_cast<float*>(rates), [](Real r) { return static_cast<float>(r); });
  } else if (!own_rates_.empty()) {
    std::memcpy(rates, own_rates_.data(), own_rates_.size() * sizeof(Real));
  }
}

void StepExchange::run() {
  pack();
  comm_->gather(own_, all_, counts_, offsets_);
}

Real StepExchange::status() const noexcept {
  Real worst = 0;
  for (int k = 0; k < comm_->size(); ++k) worst = std::max(worst, *reinterpret_cast<const Real*>(message(k)));
  return worst;
}

void StepExchange::all_rates(Index copy, std::span<Real> rates) const noexcept {
  for (int k = 0; k < comm_->size(); ++k) {
    const auto range = partition_.neurons_of(k);
    const auto* from = message(k) + count(sums_of(k)) * sizeof(Real);
    const Index first = copy * range.size();
    if (single_) {
      std::copy_n(reinterpret_cast<const float*>(from) + first, range.size(), rates.begin() + range.first);
    } else {
      std::copy_n(reinterpret_cast<const Real*>(from) + first, range.size(), rates.begin() + range.first);
    }
  }
}

void StepExchange::totals(std::span<Real> sums) const noexcept {
  std::ranges::fill(sums, Real{0});
  for (int k = 0; k < comm_->size(); ++k) {
    const Real* block = reinterpret_cast<const Real*>(message(k)) + 1;
    for (Index b = 0; b < partition_.blocks_of(k).size(); ++b, block += sums_) {
      for (std::size_t q = 0; q < sums.size(); ++q) sums[q] += block[q];
    }
  }
}

}  // namespace bayres::comm
