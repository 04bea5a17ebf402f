#include "bayres/comm/step_exchange.hpp"

#include <algorithm>
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
      own_rates_(count(single_ ? copies * own_neurons_ : 0)) {
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
  if (comm.size() > 1) all_.resize(count(offset));
}

std::span<Real> StepExchange::own_rates(Index copy) noexcept {
  if (single_) return core::row_of(own_rates_, copy, own_neurons_);
  return {own_numbers() + sums_of(comm_->rank()) + copy * own_neurons_, count(own_neurons_)};
}

std::span<const Real> StepExchange::own_rates(Index copy) const noexcept {
  if (single_) return core::row_of(own_rates_, copy, own_neurons_);
  return {own_numbers() + sums_of(comm_->rank()) + copy * own_neurons_, count(own_neurons_)};
}

std::span<Real> StepExchange::partial_sums(Index block) noexcept {
  return {own_numbers() + 1 + block * sums_, count(sums_)};
}

void StepExchange::run() {
  if (single_) {
    auto* rates = reinterpret_cast<float*>(own_numbers() + sums_of(comm_->rank()));
    std::ranges::transform(own_rates_, rates, [](Real r) { return static_cast<float>(r); });
  }
  if (!all_.empty()) comm_->gather(own_, all_, counts_, offsets_);
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
