#pragma once
/// \file
/// What does not change while a configuration runs, made from it.

#include "bayres/loop/reservoir.hpp"
#include "bayres/parameters/parameters.hpp"

namespace bayres::sim {

/// Of a task. Inputs matter where several groups hear a part of them each; one reservoir hears as many as it has
/// weights.
struct Channels {
  Index inputs = 0;
  Index outputs = 1;
};

/// The setting of a loop of this configuration. `comm` must outlive it. Collective.
[[nodiscard]] std::unique_ptr<Setting> setting_of(const Configuration& configuration, const comm::Communicator& comm,
                                                  model::Network network, Channels channels, Index replica);

/// Ranks multiply their own rows alone. Collective.
void take_back_rows(Setting& setting);

/// Whether J of so many bytes stays in the cache of a core.
[[nodiscard]] bool stays_in_cache(Real bytes) noexcept;

/// Has products J r of so many trajectories use the instruction set that is the fastest on this machine: the known one,
/// if any, where J is in the cache and multiplied by one copy of the rates at a time; else measured for at most 50 ms.
/// Local.
void use_fastest_products(const Setting& setting, Index trajectories);

/// From now on ranks of a machine take over rows of J from those that have been late in the present window of time, in
/// products of up to so many copies of the rates; unless they share no memory. Collective.
void deal_rows(Setting& setting, const comm::Pace& pace, Index copies);

/// Whether V of a learner is summed in the one collective of a step.
[[nodiscard]] bool sums_variance(const LearnerParameters& learner, const Setting& setting);

/// The ranks that learn readouts together, each its neurons: those of a group, or all of them a slice of each group.
/// `setting` must outlive it.
[[nodiscard]] comm::NeuronGather gather_of(const Setting& setting);

}  // namespace bayres::sim
