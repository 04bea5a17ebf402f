#include "bayres/model/dealt_rows.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <functional>
#include <new>
#include <numeric>

#include "bayres/storage/gathered.hpp"

namespace bayres::model {

/// The number of the product and that of the next piece, in one word, so that nobody has to set it back.
struct alignas(core::cache_line) DealtRows::Ticket {
  std::atomic<std::uint64_t> next{0};
};

namespace {

static_assert(std::atomic<std::uint64_t>::is_always_lock_free, "a lock would not work between processes");
constexpr unsigned number_bits = 32;
constexpr std::uint64_t piece_bits = 0xffffffffU;
constexpr Index none = -1;
constexpr Index tile = core::Partition::block_size;

Index in_lines(Index numbers) noexcept {
  constexpr Index line = core::cache_line / sizeof(Real);
  return (numbers + line - 1) / line * line;
}

/// How many rows more than its share each rank has at its pace; 0 if that is not known. A rank that has done nothing is
/// as fast as the others on average.
std::vector<Real> surplus_of(std::span<const RankPace> ranks) {
  Real rows = 0;
  Real speed = 0;
  Real known = 0;
  std::vector<Real> speeds;
  for (const auto& rank : ranks) {
    speeds.push_back(rank.seconds > 0 ? rank.done / rank.seconds : 0);
    rows += core::as_real(rank.rows);
    speed += speeds.back();
    if (speeds.back() > 0) ++known;
  }
  if (!(speed > 0)) return std::vector<Real>(ranks.size());
  std::ranges::replace(speeds, Real{0}, speed / known);
  const Real all = std::reduce(speeds.begin(), speeds.end());
  std::vector<Real> surplus;
  for (std::size_t k = 0; k < ranks.size(); ++k) {
    surplus.push_back(core::as_real(ranks[k].rows) - rows * speeds[k] / all);
  }
  return surplus;
}

using Messages = std::vector<std::vector<std::byte>>;

/// Message k goes to rank k; those that come from all ranks.
Messages exchanged(const Messages& out, core::Carriers& carriers) {
  const auto size_of = [](const auto& message) { return std::ssize(message); };
  std::vector<Index> to(out.size());
  std::ranges::transform(out, to.begin(), size_of);
  const std::vector<Index> numbers(out.size(), sizeof(Index));
  std::vector<Index> from(out.size());
  carriers.exchange(std::as_bytes(std::span(to)), numbers, std::as_writable_bytes(std::span(from)), numbers);
  std::vector<std::byte> sent;
  for (const auto& message : out) sent.insert(sent.end(), message.begin(), message.end());
  std::vector<std::byte> received(core::as_size(std::reduce(from.begin(), from.end())));
  carriers.exchange(sent, to, received, from);
  Messages in;
  for (auto begin = received.begin(); const Index size : from) {
    in.emplace_back(begin, begin + size);
    begin += size;
  }
  return in;
}

}  // namespace

std::vector<TwiceHeld> rows_to_hold_twice(std::span<const RankPace> ranks, Real spare) {
  std::vector<TwiceHeld> twice;
  std::vector<Index> free;  // rows that nobody else holds, beginning with the first
  std::vector<Index> least;
  for (const auto& rank : ranks) {
    free.push_back(rank.rows);
    least.push_back(in_whole_tiles(rank.rows / 4));
  }
  const auto hold = [&](std::size_t owner, std::size_t helper, Real rows) {
    const Index wanted = static_cast<Index>(std::ceil(rows / core::as_real(tile))) * tile;
    const Index first = std::max(least[owner], in_whole_tiles(free[owner] - wanted));
    if (first >= free[owner] || owner == helper) return;
    twice.push_back({static_cast<int>(owner), static_cast<int>(helper), {first, free[owner]}});
    free[owner] = first;
  };
  auto surplus = surplus_of(ranks);
  std::vector<Real> margins;
  for (std::size_t k = 0; k < ranks.size(); ++k) {
    margins.push_back(std::min(Real{2}, core::as_real(free[k] - least[k]) / std::max(surplus[k], Real{1})));
  }
  for (std::size_t pair = 1; pair < ranks.size(); ++pair) {  // each makes one of the two even
    const auto late = std::ranges::max_element(surplus);
    const auto early = std::ranges::min_element(surplus);
    const Real rows = std::min(*late, -*early);
    if (rows < core::as_real(tile) / 2) break;
    hold(core::as_size(late - surplus.begin()), core::as_size(early - surplus.begin()),
         margins[core::as_size(late - surplus.begin())] * rows);
    *late -= rows;
    *early += rows;
  }
  for (std::size_t k = 0; k < ranks.size(); ++k) {
    if (free[k] == ranks[k].rows) hold(k, (k ^ 1U) < ranks.size() ? k ^ 1U : 0, spare * core::as_real(ranks[k].rows));
  }
  return twice;
}

Index DealtRows::bytes(std::span<const TwiceHeld> twice, Index copies) noexcept {
  const auto of = [copies](const TwiceHeld& held) {
    return Index{sizeof(Ticket)} + 2 * copies * in_lines(held.rows.size()) * Index{sizeof(Real)};
  };
  return std::transform_reduce(twice.begin(), twice.end(), Index{0}, std::plus<>(), of);
}

DealtRows::DealtRows(const RowsOfJ& own, Index columns, std::span<const TwiceHeld> twice, Index copies,
                     std::unique_ptr<core::Team> team, core::Carriers& carriers)
    : own_(&own), copies_(copies), team_(std::move(team)), alone_(own.rows()) {
  std::byte* memory = team_->memory().data();
  for (const auto& held : twice) {
    Part part;
    part.twice = held;
    part.ticket = held.owner == team_->rank() ? new (memory) Ticket : reinterpret_cast<Ticket*>(memory);
    memory += sizeof(Ticket);
    for (auto& sums : part.sums) {
      sums = {reinterpret_cast<Real*>(memory), in_lines(held.rows.size())};
      memory += core::as_size(copies * sums.apart) * sizeof(Real);
    }
    if (held.owner == team_->rank()) alone_ = std::min(alone_, held.rows.first);
    parts_.push_back(std::move(part));
  }
  get_copies(columns, carriers);
  team_->wait();
}

/// In rounds, each of as many rows as make short messages.
void DealtRows::get_copies(Index columns, core::Carriers& carriers) {
  constexpr Index message = Index{16} << 20U;  // bytes
  constexpr Index weight = sizeof(Real);
  height_ = std::max(tile, message / (columns * weight) / tile * tile);
  Index longest = 0;
  for (const auto& part : parts_) longest = std::max(longest, part.twice.rows.size());
  const auto ranks = core::as_size(Index{team_->ranks()});
  for (Index first = 0; first < longest; first += height_) {
    Messages out(ranks);
    for (const auto& part : parts_) {
      const auto& [owner, helper, rows] = part.twice;
      const core::Range some{rows.first + first, std::min(rows.first + first + height_, rows.last)};
      if (owner == team_->rank() && some.size() > 0) own_->write(some, out[core::as_size(Index{helper})]);
    }
    const auto in = exchanged(out, carriers);
    for (auto& part : parts_) {
      const auto& message_of = in[core::as_size(Index{part.twice.owner})];
      if (part.twice.helper != team_->rank() || message_of.empty()) continue;
      part.copy.push_back(own_->read(std::min(height_, part.twice.rows.size() - first), message_of));
    }
  }
}

Real DealtRows::multiply(const RatesView& rates, bool backwards, std::span<Real> out) noexcept {
  ++count_;
  const Index rows = own_->rows();
  own_->multiply({0, alone_}, rates, backwards, {out.data(), rows});
  for (const auto& part : parts_) {
    if (part.twice.owner != team_->rank()) continue;
    const Index first = part.twice.rows.first;
    const auto sums = sums_of(part);
    const Index done = multiply_pieces(part, backwards, [&](core::Range some) {
      own_->multiply({first + some.first, first + some.last}, rates, backwards, {sums.first - first, sums.apart});
    });
    left_to_others_ += part.twice.rows.size() - done;
  }
  for (const auto& part : parts_) {
    if (part.copy.empty()) continue;
    const auto sums = sums_of(part);
    taken_over_ += multiply_pieces(part, backwards, [&](core::Range some) {
      const Index first = some.first / height_ * height_;
      part.copy[core::as_size(first / height_)]->multiply({some.first - first, some.last - first}, rates, backwards,
                                                          {sums.first + first, sums.apart});
    });
  }
  const auto done = std::chrono::steady_clock::now();
  team_->wait();
  const std::chrono::duration<Real> waited = std::chrono::steady_clock::now() - done;
  for (const auto& part : parts_) {
    if (part.twice.owner != team_->rank()) continue;
    const auto sums = sums_of(part);
    for (Index copy = 0; copy < rates.copies; ++copy) {
      std::copy_n(sums.first + copy * sums.apart, part.twice.rows.size(),
                  out.data() + copy * rows + part.twice.rows.first);
    }
  }
  return waited.count();
}

template <class Product>
Index DealtRows::multiply_pieces(const Part& part, bool backwards, const Product& product) const noexcept {
  Index rows = 0;
  for (Index taken = take(part); taken != none; taken = take(part)) {
    const Index first = (backwards ? part.pieces() - 1 - taken : taken) * tile;
    const core::Range some{first, std::min(first + tile, part.twice.rows.size())};
    product(some);
    rows += some.size();
  }
  return rows;
}

Index DealtRows::take(const Part& part) const noexcept {
  auto& next = part.ticket->next;
  const auto number = count_ & piece_bits;
  const auto product = number << number_bits;
  auto seen = next.load(std::memory_order_relaxed);
  for (;;) {
    const auto taken = seen >> number_bits == number ? seen & piece_bits : 0;
    if (static_cast<Index>(taken) >= part.pieces()) return none;
    if (next.compare_exchange_weak(seen, product | (taken + 1), std::memory_order_relaxed)) {
      return static_cast<Index>(taken);
    }
  }
}

}  // namespace bayres::model
