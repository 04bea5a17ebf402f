#pragma once
/// \file
/// What does not change while a loop runs.

#include <algorithm>
#include <memory>
#include <vector>

#include "bayres/comm/step_exchange.hpp"
#include "bayres/model/network.hpp"
#include "bayres/neurons/neurons.hpp"
#include "bayres/parameters/groups.hpp"
#include "bayres/readout/features.hpp"
#include "bayres/tasks/task.hpp"

namespace bayres::sim {

using core::Index;
using core::Real;

/// Whether ranks that wait take over rows of J from those that are late (model/dealt_rows.hpp).
struct Balance {
  static constexpr Real first_window = 0.25;
  static constexpr Real longest_window = 10;
  bool possible = false;
  bool always = false;         ///< from the first step on; else where ranks wait for long
  Real window = first_window;  ///< seconds over which it is found out; longer each time
  Real spare = 0.25;           ///< share of the rows of a rank that is not late, for steps in which it is
  Real slowest = 0;            ///< seconds before the present window, as in comm::Pace
  Real mean = 0;
  Real own = 0;

  /// Whether rows should go over now: ranks have waited more than 15 % of the window. The same on all ranks.
  [[nodiscard]] bool is_due(const comm::Pace& pace) noexcept {
    constexpr Real least_waiting = 0.15;
    if (!possible) return false;
    if (always) return window == first_window;
    if (pace.slowest() - slowest < window) return false;
    const bool waits = pace.mean() - mean < (1 - least_waiting) * (pace.slowest() - slowest);
    if (!waits) begin_window(pace);
    return waits;
  }
  void begin_window(const comm::Pace& pace) noexcept {
    slowest = pace.slowest();
    mean = pace.mean();
    own = pace.own();
    window = std::min(1.25 * window, longest_window);
  }
};

/// What does not change while a loop runs, on this rank. Owned by the Simulation; loops point to it.
struct Setting {
  const comm::Communicator* comm = nullptr;  ///< the ranks that share the neurons
  core::Partition partition{1, 1};
  core::Philox random{0};
  model::Network network;
  Index variables = 1;                                         ///< of the state of a neuron
  std::unique_ptr<const model::AnyNeurons> neurons = nullptr;  ///< on this rank
  Index outputs = 1;                                           ///< of the task, M
  Index replica = 0;                                           ///< of the noise
  comm::ChosenExchange exchange = {};
  core::Range hears = {};         ///< the neurons whose rates connections and rules of this rank need
  bool all_rates = false;         ///< whether rules of any rank need the rates of neurons on others
  bool spiking = false;           ///< whether neurons send spikes
  rules::Features features = {};  ///< of the readouts
  std::vector<tasks::Conversion> input_from_output = {};  ///< if outputs take the place of the input: u from each y
  Index together = 1;                                     ///< as many steps as may share a collective
  Real training_noise = 0;                                ///< sd of noise on states in training steps alone
  std::unique_ptr<const model::TeamProduct> product = nullptr;  ///< J r, if ranks make it together; else null
  std::shared_ptr<const comm::Communicator> node = nullptr;     ///< those of this machine, where they share rows of J
  std::unique_ptr<model::DealtRows> dealt = nullptr;            ///< J r with these; else null
  Balance balance = {};
  Index apart = 0;   ///< steps between the starts of replicas, all in one stream of noise; 0: each in its own
  Index inputs = 0;  ///< of the task
  const comm::Communicator* world = nullptr;  ///< all ranks; those that share neurons may have some of the groups alone
  std::shared_ptr<const comm::Communicator> team = nullptr;  ///< these, where they are not all
  Groups groups = {};
  Seat seat = {};

  [[nodiscard]] comm::Sends sends() const noexcept {
    if (spiking) return comm::Sends::spikes;
    return product == nullptr || all_rates ? comm::Sends::rates : comm::Sends::nothing;
  }
  /// Noise of a replica, or of one of its groups.
  /// \{
  [[nodiscard]] core::Philox random_of(Index number) const noexcept {
    return random.replica(replica + (apart > 0 ? 0 : number));
  }
  [[nodiscard]] core::Philox random_of(Index number, Index group) const noexcept {
    return random_of(number).group(group);
  }
  /// \}
  /// Groups of this rank, and the outputs of each.
  [[nodiscard]] Index own_groups() const noexcept { return seat.groups.size(); }
  [[nodiscard]] Index outputs_of_group() const noexcept { return groups.of_each(outputs); }
  /// Rows of a listener's weights on this rank.
  [[nodiscard]] Index readouts() const noexcept { return outputs_of_group() * (groups.separate() ? own_groups() : 1); }
};

/// How ranks make J r. Where rows go over on some machines, they are made so.
[[nodiscard]] inline model::ProductWay way_of(const Setting& setting) noexcept {
  if (setting.dealt != nullptr) return model::ProductWay::dealt;
  return setting.product != nullptr ? setting.product->way() : model::ProductWay::alone;
}

}  // namespace bayres::sim
