#include "bayres/parameters/groups.hpp"

namespace bayres::sim {

void Groups::hear(Index group, std::span<const Real> channels, std::span<Real> heard) const noexcept {
  const Index all = std::ssize(channels);
  const Index first = group * of_each(all) - overlap;
  for (Index c = 0; c < std::ssize(heard); ++c) {
    const Index channel = first + c;
    const bool is_there = channel >= 0 && channel < all;
    if (is_there || periodic) {
      heard[core::as_size(c)] = channels[core::as_size(is_there ? channel : (channel + all) % all)];
    } else {
      heard[core::as_size(c)] = 0;
    }
  }
}

std::string Groups::problem(Index inputs, Index outputs) const {
  if (!any()) return {};
  const std::string begin = "parallel.groups = " + std::to_string(count);
  if (outputs % count != 0) {
    return begin + " does not divide the " + std::to_string(outputs) +
           " outputs of the task: allowed is a divisor of their number";
  }
  if (inputs != 0 && inputs != outputs) {
    return begin + " needs a task with as many inputs as outputs, or none, since a group hears the inputs of its " +
           "outputs' numbers: this one has " + std::to_string(inputs) + " and " + std::to_string(outputs);
  }
  const Index others = outputs - of_each(outputs);
  const Index most = periodic ? others / 2 : others;
  if (overlap <= most) return {};
  return "parallel.overlap = " + std::to_string(overlap) + ": a group of " + std::to_string(of_each(outputs)) + " of " +
         std::to_string(outputs) + " channels has no more neighbours that it does not hear yet: allowed is at most " +
         std::to_string(most);
}

Seat::Seat(const Groups& all, int number, int count) noexcept
    : teams(static_cast<int>(std::min<Index>(all.count, count))) {
  const auto first_of = [&](int of) { return static_cast<int>((static_cast<Index>(of) * count + teams - 1) / teams); };
  team = static_cast<int>(static_cast<Index>(number) * teams / count);
  rank = number - first_of(team);
  ranks = first_of(team + 1) - first_of(team);
  groups = {all.count * team / teams, all.count * (team + 1) / teams};
}

}  // namespace bayres::sim
