#pragma once
/// \file
/// What ranks with different groups tell each other: outputs in every step and, where groups share readouts that learn,
/// rates in steps that are learned from.

#include <vector>

#include "bayres/loop/reservoir.hpp"

namespace bayres::sim {

/// For reservoirs side by side. Copies share the communicator and have buffers of their own. `setting` must outlive it.
/// Readouts that all groups share are learned in slices: each rank has those from a part of the N neurons (and added
/// features) of every group.
class GroupExchange {
 public:
  /// `listeners` of each group.
  GroupExchange(const Setting& setting, Index listeners);

  /// From the outputs of the own groups (listeners x own groups x outputs of a group) those of all (listeners x
  /// outputs); returns the largest status. Collective.
  Real outputs(std::span<const Real> own, Real status, std::span<Real> all);
  /// How evenly ranks work between two of these.
  /// \{
  [[nodiscard]] const comm::Pace& pace() const noexcept { return pace_; }
  [[nodiscard]] comm::Pace& pace() noexcept { return pace_; }
  /// \}

  /// \name Only where groups share readouts
  /// \{
  /// The rates of all neurons of all groups (groups x N) from those of the own ones, until the next call. Collective.
  template <class OwnRates>
  std::span<const Real> rates(OwnRates own_rates) {
    auto to = own_rates_.begin();
    for (Index k = 0; k < setting_->own_groups(); ++k) to = std::ranges::copy(own_rates(k), to).out;
    return gather_rates();
  }
  /// Weights from the own neurons (outputs of a group x own features), from slices (outputs of a group x slice).
  /// Collective.
  void weights(std::span<const Real> slice, std::span<Real> own);
  /// \}

 private:
  /// How many numbers each rank contributes, and where they begin.
  struct Parts {
    std::vector<int> counts;   // bytes
    std::vector<int> offsets;  // bytes
    std::vector<Real> all;
    void add(Index numbers);
    void gather(const comm::Communicator& comm, std::span<const Real> own);
    [[nodiscard]] std::span<const Real> of(int rank) const;
  };
  std::span<const Real> gather_rates();

  const Setting* setting_;
  Index listeners_;
  comm::Pace pace_;
  std::vector<Real> own_outputs_;  // with status and busy seconds before them, of the first of a team
  std::vector<Real> own_rates_;
  Parts outputs_;
  Parts rates_;
  Parts weights_;
};

}  // namespace bayres::sim
