#include "bayres/comm/step_exchange.hpp"

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

StepExchange::StepExchange(const Communicator& comm, const core::Partition& partition, const Route& route,
                           core::Precision precision, core::RateOrder order, Index copies, Index sums)
    : comm_(&comm),
      copies_(copies),
      slots_(route.slots),
      readouts_(sums),
      own_neurons_(core::as_size(partition.neurons_of(comm.rank()).size())),
      own_blocks_(partition.blocks_of(comm.rank()).size()),
      apart_(odd_lines(static_cast<Index>(own_neurons_))),
      own_rates_(core::as_size(copies == 1 && route.sends == Sends::rates && core::has_double_rates(precision)
                                   ? 0
                                   : slots_ * copies * apart_)) {
  StepMessage layout(partition);
  const bool single = !core::has_double_rates(precision);
  const Index width = order == core::RateOrder::neuron_by_neuron ? copies : 1;
  const Index layers = route.sends == Sends::rates ? copies / width : 0;
  rates_ = layout.add<Real>(Per::neuron, width, single ? 0 : layers);
  single_rates_ = layout.add<float>(Per::neuron, width, single ? layers : 0);
  spikes_ = layout.add<core::SpikeWord>(Per::block, 1, route.sends == Sends::spikes ? slots_ * copies : 0);
  status_ = layout.add<Real>(Per::rank);
  busy_ = layout.add<Real>(Per::rank);
  sums_ = layout.add<Real>(Per::block, slots_ * sums);
  Index offset = 0;
  for (int k = 0; k < comm.size(); ++k) {
    const Index bytes = layout.bytes(k);
    if (offset + bytes > std::numeric_limits<int>::max()) {
      throw core::usage_error(
          "the message of a step would be longer than MPI can count (2 GB): use a smaller network or fewer learners");
    }
    counts_.push_back(static_cast<int>(bytes));
    offsets_.push_back(static_cast<int>(offset));
    offset += bytes;
  }
  own_.resize(core::as_size(layout.bytes(comm.rank())));
  if (comm.size() > 1) all_.resize(core::as_size(offset));
  comm.together([&] { exchange_ = (*route.exchange)->make({&comm, partition, route.hears, counts_, offsets_}); });
}

Index StepExchange::bytes(const core::Partition& partition, Sends sends, core::Precision precision, Index copies,
                          Index sums) noexcept {
  const Index rate = core::has_double_rates(precision) ? sizeof(Real) : sizeof(float);
  const Index numbers = Index{2} * partition.ranks() + partition.blocks() * sums;
  const Index spikes = sends == Sends::spikes ? partition.blocks() * Index{sizeof(core::SpikeWord)} : 0;
  const Index rates = sends == Sends::rates ? partition.neurons() * rate : 0;
  return numbers * Index{sizeof(Real)} + copies * (spikes + rates);
}

void StepExchange::run() {
  if (!own_rates_.empty()) {
    rates_.pack(own_rates_, apart_, own_, comm_->rank());
    single_rates_.pack(own_rates_, apart_, own_, comm_->rank());
  }
  if (all_.empty()) return;
  busy_.in(std::span(own_), comm_->rank())[0] = pace_.busy();
  exchange_->run(own_, all_);
  pace_.leave(comm_->rank(), comm_->size(), [&](int k) { return busy_.in(message(k), k)[0]; });
}

Real StepExchange::status() const noexcept {
  Real worst = 0;
  for (int k = 0; k < comm_->size(); ++k) worst = std::max(worst, status_.in(message(k), k)[0]);
  return worst;
}

void StepExchange::all_rates(std::span<std::byte> rates) const noexcept {
  for (int k = 0; k < comm_->size(); ++k) {
    rates_.unpack(message(k), k, rates);
    single_rates_.unpack(message(k), k, rates);
  }
}

void StepExchange::all_spikes(std::span<core::SpikeWord> spikes) const noexcept {
  const core::Range layers{slot_ * copies_, (slot_ + 1) * copies_};
  for (int k = 0; k < comm_->size(); ++k) spikes_.unpack(message(k), k, std::as_writable_bytes(spikes), layers);
}

void StepExchange::totals(std::span<Real> sums) const noexcept {
  std::ranges::fill(sums, Real{0});
  for (int k = 0; k < comm_->size(); ++k) {
    const auto blocks = sums_.in(message(k), k);
    for (std::size_t i = core::as_size(slot_) * sums.size(); i < blocks.size();
         i += core::as_size(slots_) * sums.size()) {
      for (std::size_t q = 0; q < sums.size(); ++q) sums[q] += blocks[i + q];
    }
  }
}

}  // namespace bayres::comm
