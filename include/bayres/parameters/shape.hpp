#pragma once
/// \file
/// How many states and readouts a loop has, and which belong together.

#include "bayres/core/types.hpp"

namespace bayres::sim {

using core::Index;

/// A *trajectory* is a state of the reservoir that evolves independently. A *listener* is a set of readouts, one for
/// each output, that belongs to a learner or to frozen weights; it listens to one trajectory. Trajectories of different
/// replicas differ in input, noise and x(0). The trajectories of a replica, and the listeners of a trajectory, are
/// numbered consecutively.
class Shape {
 public:
  /// All listeners of a replica listen to one trajectory.
  [[nodiscard]] static Shape shared(Index listeners, Index replicas = 1) { return {replicas, replicas, listeners}; }
  /// Each listener has a trajectory of its own.
  [[nodiscard]] static Shape apart(Index listeners, Index replicas = 1) { return {replicas, replicas * listeners, 1}; }
  /// The same listeners, each with a trajectory of its own.
  [[nodiscard]] Shape apart() const { return {replicas_, listeners(), 1}; }
  /// The same with more listeners of each trajectory.
  [[nodiscard]] Shape with_more_listeners(Index more) const {
    return {replicas_, trajectories_, listeners_of_each_ + more};
  }

  [[nodiscard]] Index trajectories() const noexcept { return trajectories_; }
  [[nodiscard]] Index listeners() const noexcept { return trajectories_ * listeners_of_each_; }
  [[nodiscard]] Index listeners_of_each() const noexcept { return listeners_of_each_; }
  [[nodiscard]] Index trajectory_of(Index listener) const noexcept {
    return trajectories_ == 1 ? 0 : listener / listeners_of_each_;  // a division takes long
  }
  [[nodiscard]] Index replica_of(Index trajectory) const noexcept { return trajectory / (trajectories_ / replicas_); }
  [[nodiscard]] bool is_first_of_replica(Index trajectory) const noexcept {
    return trajectory % (trajectories_ / replicas_) == 0;
  }

 private:
  Shape(Index replicas, Index trajectories, Index listeners_of_each)
      : replicas_(replicas), trajectories_(trajectories), listeners_of_each_(listeners_of_each) {}

  Index replicas_;
  Index trajectories_;
  Index listeners_of_each_;
};

}  // namespace bayres::sim
