#include "bayres/comm/step_exchange.hpp"

#include <algorithm>
#include <limits>

namespace bayres::comm {

StepExchange::StepExchange(const Communicator& comm, const core::Partition& partition, Index copies, Index sums)
    : comm_(&comm),
      partition_(partition),
      copies_(copies),
      sums_(sums),
      own_neurons_(partition.neurons_of(comm.rank()).size()) {
  Index offset = 0;
  for (int k = 0; k < comm.size(); ++k) {
    const Index count = 1 + copies * partition.neurons_of(k).size() + partition.blocks_of(k).size() * sums;
    if (offset + count > std::numeric_limits<int>::max()) {
      throw core::usage_error(
          "the message of a step would be longer than MPI can count (2^31 numbers): use a smaller "
          "network or fewer learners");
    }
    counts_.push_back(static_cast<int>(count));
    offsets_.push_back(static_cast<int>(offset));
    offset += count;
  }
  own_.resize(static_cast<std::size_t>(counts_[static_cast<std::size_t>(comm.rank())]));
  all_.resize(static_cast<std::size_t>(offset));
}

std::span<Real> StepExchange::own_rates(Index copy) noexcept {
  return {own_.data() + rates_offset(copy), static_cast<std::size_t>(own_neurons_)};
}

std::span<const Real> StepExchange::own_rates(Index copy) const noexcept {
  return {own_.data() + rates_offset(copy), static_cast<std::size_t>(own_neurons_)};
}

std::span<Real> StepExchange::partial_sums(Index block) noexcept {
  return {own_.data() + rates_offset(copies_) + block * sums_, static_cast<std::size_t>(sums_)};
}

void StepExchange::run() { comm_->gather(own_, all_, counts_, offsets_); }

Real StepExchange::status() const noexcept {
  Real worst = 0;
  for (const int offset : offsets_) worst = std::max(worst, all_[static_cast<std::size_t>(offset)]);
  return worst;
}

void StepExchange::all_rates(Index copy, std::span<Real> rates) const noexcept {
  for (int k = 0; k < comm_->size(); ++k) {
    const auto range = partition_.neurons_of(k);
    const auto from = all_.begin() + offsets_[static_cast<std::size_t>(k)] + 1 + copy * range.size();
    std::copy_n(from, range.size(), rates.begin() + range.first);
  }
}

void StepExchange::totals(std::span<Real> sums) const noexcept {
  std::ranges::fill(sums, Real{0});
  for (int k = 0; k < comm_->size(); ++k) {
    const Real* block =
        all_.data() + offsets_[static_cast<std::size_t>(k)] + 1 + copies_ * partition_.neurons_of(k).size();
    for (Index b = 0; b < partition_.blocks_of(k).size(); ++b, block += sums_) {
      for (std::size_t q = 0; q < sums.size(); ++q) sums[q] += block[q];
    }
  }
}

}  // namespace bayres::comm
