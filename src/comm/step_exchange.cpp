#include "bayres/comm/step_exchange.hpp"

#include <algorithm>
#include <limits>

namespace bayres::comm {
namespace {

/// At least so many numbers, as an odd number of cache lines: rows that far apart do not push each other out of the
/// cache, as they do when they are apart by a power of two.
Index odd_lines(Index numbers) {
  constexpr Index line = core::cache_line / sizeof(Real);
  return ((numbers + line - 1) / line | 1) * line;
}

}  // namespace

StepExchange::StepExchange(const Communicator& comm, const core::Partition& partition, core::Precision precision,
                           core::RateOrder order, Index copies, Index sums)
    : comm_(&comm),
      partition_(partition),
      single_(!core::has_double_rates(precision)),
      by_neuron_(order == core::RateOrder::neuron_by_neuron),
      copies_(copies),
      sums_(sums),
      own_neurons_(partition.neurons_of(comm.rank()).size()),
      apart_(odd_lines(own_neurons_)),
      own_rates_(core::as_size(single_ || by_neuron_ ? copies * apart_ : 0)) {
  constexpr Index unit = sizeof(Real);  // every message starts on such a boundary
  Index offset = 0;
  for (int k = 0; k < comm.size(); ++k) {
    const Index rates = (copies * partition.neurons_of(k).size() * rate_bytes() + unit - 1) / unit;
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
  if (comm.size() > 1) all_.resize(core::as_size(offset));
}

std::span<Real> StepExchange::own_rates(Index copy) noexcept {
  if (!own_rates_.empty()) return {own_rates_.data() + copy * apart_, core::as_size(own_neurons_)};
  return {own_numbers() + sums_of(comm_->rank()) + copy * own_neurons_, core::as_size(own_neurons_)};
}

std::span<const Real> StepExchange::own_rates(Index copy) const noexcept {
  if (!own_rates_.empty()) return {own_rates_.data() + copy * apart_, core::as_size(own_neurons_)};
  return {own_numbers() + sums_of(comm_->rank()) + copy * own_neurons_, core::as_size(own_neurons_)};
}

std::span<Real> StepExchange::partial_sums(Index block) noexcept {
  return {own_numbers() + 1 + block * sums_, core::as_size(sums_)};
}

template <class T>
void StepExchange::write_rates(T* message) const noexcept {
  if (!by_neuron_) {
    for (Index copy = 0; copy < copies_; ++copy, message += own_neurons_) {
      std::ranges::transform(own_rates(copy), message, [](Real r) { return static_cast<T>(r); });
    }
    return;
  }
  // Neuron by neuron, so that whole cache lines are written.
  const Real* rates = own_rates_.data();
  for (Index i = 0; i < own_neurons_; ++i) {
    for (Index copy = 0; copy < copies_; ++copy) *message++ = static_cast<T>(rates[copy * apart_ + i]);
  }
}

void StepExchange::run() {
  Real* rates = own_numbers() + sums_of(comm_->rank());
  if (single_) {
    write_rates(reinterpret_cast<float*>(rates));
  } else if (by_neuron_) {
    write_rates(rates);
  }
  if (!all_.empty()) comm_->gather(own_, all_, counts_, offsets_);
}

Real StepExchange::status() const noexcept {
  Real worst = 0;
  for (int k = 0; k < comm_->size(); ++k) worst = std::max(worst, *reinterpret_cast<const Real*>(message(k)));
  return worst;
}

void StepExchange::all_rates(std::span<std::byte> rates) const noexcept {
  // A rank's neurons are a stretch of all of them: one in all, with every copy's rates, or one for each copy.
  const std::size_t stretches = core::as_size(by_neuron_ ? 1 : copies_);
  const std::size_t width = core::as_size(copies_ * rate_bytes()) / stretches;  // bytes of a neuron in a stretch
  for (int k = 0; k < comm_->size(); ++k) {
    const auto range = partition_.neurons_of(k);
    const auto* from = message(k) + core::as_size(sums_of(k)) * sizeof(Real);
    const std::size_t length = core::as_size(range.size()) * width;
    for (std::size_t s = 0; s < stretches; ++s) {
      const std::size_t first = (s * core::as_size(partition_.neurons()) + core::as_size(range.first)) * width;
      std::copy_n(from + s * length, length, rates.data() + first);
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
