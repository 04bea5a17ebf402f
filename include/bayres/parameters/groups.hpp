#pragma once
/// \file
/// Reservoirs side by side, each with a group of the outputs (Pathak et al. 2018, Phys. Rev. Lett. 120:024102).

#include <span>
#include <string>

#include "bayres/core/partition.hpp"

namespace bayres::sim {

using core::Index;
using core::Real;

/// How channels, inputs or outputs, are divided among groups. Each group has a reservoir of its own, and as many of the
/// outputs as the others, one after the other. It hears the channels of these numbers and `overlap` neighbours on each
/// side. One group: a reservoir that hears all, as usual.
struct Groups {
  Index count = 1;
  Index overlap = 0;
  bool periodic = true;  ///< the first channel is a neighbour of the last; else channels beyond the ends are 0
  bool shared = false;   ///< all groups have the same J, W_in, W_fb, bias and readout weights

  [[nodiscard]] bool any() const noexcept { return count > 1; }
  /// Whether each group has a network and readouts of its own.
  [[nodiscard]] bool separate() const noexcept { return any() && !shared; }
  /// Outputs of one group, of so many in all.
  [[nodiscard]] Index of_each(Index channels) const noexcept { return channels / count; }
  /// How many of so many channels one group hears.
  [[nodiscard]] Index heard(Index channels) const noexcept {
    return !any() || channels == 0 ? channels : of_each(channels) + 2 * overlap;
  }
  /// Writes what a group hears (heard) of all channels.
  void hear(Index group, std::span<const Real> channels, std::span<Real> heard) const noexcept;
  /// What is wrong with them for a task with so many inputs and outputs, or "".
  [[nodiscard]] std::string problem(Index inputs, Index outputs) const;
};

/// The place of one rank among those that have groups: whole groups if there are as many as ranks or more, else a part
/// of the neurons of one. Ranks that share groups are a team.
struct Seat {
  core::Range groups{0, 1};  ///< those of the team
  int team = 0;
  int teams = 1;
  int rank = 0;   ///< within the team
  int ranks = 1;  ///< of the team

  /// Of rank `rank` of `ranks`.
  Seat(const Groups& groups, int rank, int ranks) noexcept;
  Seat() = default;
};

}  // namespace bayres::sim
