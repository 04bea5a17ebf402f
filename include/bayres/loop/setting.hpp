#pragma once
/// \file
/// What does not change while a loop runs.

#include <algorithm>
#include <memory>
#include <utility>
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

/// When ranks that wait take over rows of J from those that are late (model/dealt_rows.hpp): the same on all ranks.
struct Balance {
  bool possible = false;
  bool at_once = false;    ///< before ranks have waited
  Real window = 0.25;      ///< seconds over which waiting is measured
  Real spare = 0.25;       ///< share of the rows of a rank that is not late, for steps in which it is
  comm::Pace before = {};  ///< the present window
  Index taken_over = 0;    ///< rows, and products of rows that were dealt out before the present ones
  Index products = 0;

  /// Whether rows should go over now: at once, or since ranks have waited more than 15 % of a window.
  [[nodiscard]] bool is_due(const comm::Pace& pace) noexcept {
    constexpr Real least_waiting = 0.15;
    if (!possible) return false;
    if (std::exchange(at_once, false)) return true;
    const Real slowest = pace.slowest() - before.slowest();
    if (slowest < window) return false;
    if (pace.mean() - before.mean() < (1 - least_waiting) * slowest) return true;
    constexpr Real long_window = 10;
    window = std::max(window, std::min(1.25 * window, long_window));
    before = pace;
    return false;
  }
};

/// What does not change while a loop runs, on this rank, but for who multiplies rows of J. Owned by the Simulation;
/// loops point to it.
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
  std::string fastest_products = {};                            ///< as of the configuration
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
  /// Where groups share readouts: the partition of the neurons of each group into slices, over all ranks.
  [[nodiscard]] core::Partition slices() const noexcept { return {partition.neurons(), world->size()}; }
  /// Rows of a listener's weights on this rank.
  [[nodiscard]] Index readouts() const noexcept { return outputs_of_group() * (groups.separate() ? own_groups() : 1); }
};

/// How ranks make J r. Where rows go over on some machines, they are made so.
[[nodiscard]] inline model::ProductWay way_of(const Setting& setting) noexcept {
  if (setting.dealt != nullptr) return model::ProductWay::dealt;
  return setting.product != nullptr ? setting.product->way() : model::ProductWay::alone;
}

}  // namespace bayres::sim
