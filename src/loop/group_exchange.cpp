#include "bayres/loop/group_exchange.hpp"

#include <algorithm>
#include <limits>

namespace bayres::sim {
namespace {
constexpr Index told = 2;  // status and busy seconds
}

void GroupExchange::Parts::add(Index numbers) {
  const Index begin = offsets.empty() ? 0 : Index{offsets.back()} + counts.back();
  const Index bytes = numbers * Index{sizeof(Real)};
  if (begin + bytes > std::numeric_limits<int>::max()) {
    throw core::usage_error("what groups tell each other in a step would be longer than MPI can count (2 GB): use " +
                            std::string("smaller or fewer groups, or fewer learners"));
  }
  offsets.push_back(static_cast<int>(begin));
  counts.push_back(static_cast<int>(bytes));
  all.resize(core::as_size(begin + bytes) / sizeof(Real));
}

void GroupExchange::Parts::gather(const comm::Communicator& comm, std::span<const Real> own) {
  comm.gather(std::as_bytes(own), std::as_writable_bytes(std::span(all)), counts, offsets);
}

std::span<const Real> GroupExchange::Parts::of(int rank) const {
  const auto k = static_cast<std::size_t>(rank);
  return std::span(all).subspan(static_cast<std::size_t>(offsets[k]) / sizeof(Real),
                                static_cast<std::size_t>(counts[k]) / sizeof(Real));
}

GroupExchange::GroupExchange(const Setting& setting, Index listeners) : setting_(&setting), listeners_(listeners) {
  const Index n = setting.partition.neurons();
  const int ranks = setting.world->size();
  for (int rank = 0; rank < ranks; ++rank) {
    const Seat seat(setting.groups, rank, ranks);
    const Index groups = seat.groups.size();
    // The first of a team speaks for it, but for the time.
    outputs_.add(seat.rank == 0 ? told + listeners * groups * setting.outputs_of_group() : told);
    if (!setting.groups.shared) continue;
    rates_.add(groups * core::Partition(n, seat.ranks).neurons_of(seat.rank).size());
    weights_.add(setting.outputs_of_group() * setting.features.of(setting.slices().neurons_of(rank)).size());
  }
  const auto own = static_cast<std::size_t>(setting.world->rank());
  own_outputs_.resize(static_cast<std::size_t>(outputs_.counts[own]) / sizeof(Real));
  if (setting.groups.shared) own_rates_.resize(static_cast<std::size_t>(rates_.counts[own]) / sizeof(Real));
}

Real GroupExchange::outputs(std::span<const Real> own, Real status, std::span<Real> all) {
  own_outputs_[0] = status;
  own_outputs_[1] = pace_.busy();
  if (setting_->seat.rank == 0) std::ranges::copy(own, own_outputs_.begin() + told);
  outputs_.gather(*setting_->world, own_outputs_);
  pace_.leave(setting_->world->rank(), setting_->world->size(), [&](int rank) { return outputs_.of(rank)[1]; });
  Real worst = 0;
  for (int rank = 0; rank < setting_->world->size(); ++rank) {
    const auto from = outputs_.of(rank);
    worst = std::max(worst, from[0]);
    const auto numbers = from.subspan(told);
    if (numbers.empty()) continue;
    const Seat seat(setting_->groups, rank, setting_->world->size());
    const Index width = seat.groups.size() * setting_->outputs_of_group();
    for (Index l = 0; l < listeners_; ++l) {
      const auto to = core::row_of(all, l, setting_->outputs);
      std::ranges::copy(core::row_of(numbers, l, width), to.begin() + seat.groups.first * setting_->outputs_of_group());
    }
  }
  return worst;
}

std::span<const Real> GroupExchange::gather_rates() {
  rates_.gather(*setting_->world, own_rates_);
  return rates_.all;
}

void GroupExchange::weights(std::span<const Real> slice, std::span<Real> own) {
  weights_.gather(*setting_->world, slice);
  const auto mine = setting_->features.of(setting_->network.own);
  for (int rank = 0; rank < setting_->world->size(); ++rank) {
    const auto part = setting_->features.of(setting_->slices().neurons_of(rank));
    const core::Range both{std::max(part.first, mine.first), std::min(part.last, mine.last)};
    const auto all = weights_.of(rank);
    for (Index m = 0; m < setting_->outputs_of_group() && both.size() > 0; ++m) {
      const auto from = core::row_of(all, m, part.size());
      const auto to = core::row_of(own, m, mine.size());
      std::ranges::copy(from.subspan(core::as_size(both.first - part.first), core::as_size(both.size())),
                        to.begin() + (both.first - mine.first));
    }
  }
}

}  // namespace bayres::sim
