#include "bayres/simulation/setting.hpp"

#include <algorithm>

#include "bayres/comm/all_to_all.hpp"
#include "bayres/comm/node_team.hpp"
#include "bayres/core/memory.hpp"
#include "bayres/kernels/instruction_set.hpp"
#include "bayres/model/fastest_products.hpp"
#include "bayres/neurons/clamp.hpp"
#include "bayres/neurons/intrinsic.hpp"
#include "bayres/neurons/rate_leak.hpp"
#include "bayres/simulation/balance.hpp"

namespace bayres::sim {
namespace {

/// Whether every rank hears only its own neurons, with the rule of a learner.
bool hears_own_neurons(const LearnerParameters& learner, const core::Partition& partition,
                       const rules::Features& features, Index outputs) {
  for (int rank = 0; rank < partition.ranks(); ++rank) {
    const auto synapses = features.synapses(partition.neurons_of(rank), outputs);
    if (learner.rule->hears(synapses) != synapses.own) return false;
  }
  return true;
}

std::unique_ptr<const model::AnyNeurons> made_neurons(const Configuration& c, const model::NeuronContext& context) {
  const bool rates_leak = c.reservoir.leak_on == "rate";
  if (c.intrinsic.is_on()) {
    return std::make_unique<const model::AdaptingNeurons>(*c.neurons, context, rates_leak, c.used_intrinsic());
  }
  if (rates_leak) return std::make_unique<const model::LeakyRates>(*c.neurons, context);
  return c.neurons->make(context);
}

/// The neurons of this rank.
void set_neurons(const Configuration& c, Setting& setting) {
  const auto& network = setting.network;
  const Real noise = model::StateNoise::unit(network.parameters.noise, c.protocol.state_noise);
  const model::NeuronContext context{.dt = c.reservoir.dt,
                                     .tau = c.reservoir.unit_of_time(),
                                     .noise = noise,
                                     .precision = network.precision,
                                     .own = network.own,
                                     .random = setting.random,
                                     .taus = network.taus};
  auto neurons = made_neurons(c, context);
  const auto held = model::held_rates(c.reservoir.clamp, network.own, network.precision);
  if (!held.empty()) neurons = std::make_unique<const model::ClampedNeurons>(std::move(neurons), network.own, held);
  setting.spiking = neurons->filter_variables() > 0;
  setting.neurons = std::move(neurons);
}

/// J r by all ranks together, or null. Collective.
std::unique_ptr<const model::TeamProduct> product_of(const Configuration& c, const Setting& setting) {
  const auto& comm = *setting.comm;
  const auto& J = *setting.network.recurrent.connections();
  const auto way = model::product_way(c.reservoir, comm.size(), comm.shares_memory());
  if (way == model::ProductWay::alone || J.team_bytes() == 0 || setting.groups.any()) return nullptr;
  if (way == model::ProductWay::split) return J.product_of(std::make_unique<comm::AllToAll>(comm));
  auto team = comm::NodeTeam::make(comm, J.team_bytes());
  return team ? J.product_of(std::move(team)) : nullptr;
}

/// What ranks of this machine have done: rows on average since they were dealt out, seconds in the present window.
/// Collective on them.
std::vector<model::RankPace> paces_of(const Setting& setting, const comm::Pace& pace) {
  const auto ranks = core::as_size(Index{setting.node->size()});
  const auto own = core::as_size(Index{setting.node->rank()});
  const Index rows = setting.network.own.size();
  Real done = core::as_real(rows);
  if (const auto* dealt = setting.dealt.get(); dealt != nullptr && dealt->products() > 0) {
    done += core::as_real(dealt->taken_over() - dealt->left_to_others()) / core::as_real(dealt->products());
  }
  std::vector<Real> numbers(3 * ranks);
  numbers[3 * own] = core::as_real(rows);
  numbers[3 * own + 1] = done;
  numbers[3 * own + 2] = pace.own() - setting.balance.before.own();
  setting.node->sum(numbers);
  std::vector<model::RankPace> paces;
  for (std::size_t k = 0; k < ranks; ++k) {
    paces.push_back({static_cast<Index>(numbers[3 * k]), numbers[3 * k + 1], numbers[3 * k + 2]});
  }
  return paces;
}

/// Whether this machine has the memory to hold these rows twice, and as much again. Collective on its ranks.
bool has_room_for(std::span<const model::TwiceHeld> twice, const Setting& setting) {
  const auto& J = setting.network.recurrent;
  const Index of_row = setting.node->max(J.bytes() / std::max(Index{1}, J.rows()));
  Index rows = 0;
  for (const auto& held : twice) rows += held.rows.size();
  return setting.node->max(Index{rows * of_row > core::available_bytes() / 2 ? 1 : 0}) == 0;
}

/// What readouts hear, and the neurons whose rates or spikes must come to this rank: for rules, and for J r unless
/// ranks make it together. Groups that share readouts pool their rates.
void set_features(const Configuration& c, Setting& setting) {
  const auto& network = setting.network;
  setting.features = c.features(setting.inputs);
  if (setting.product == nullptr) setting.hears = network.recurrent.sources();
  // All of those that spike: they are counted, and recorded, on every rank.
  if (c.reservoir.spiking) setting.hears = {0, c.reservoir.size};
  if (setting.groups.shared) return;
  for (const auto& learner : c.learners) {
    const auto synapses = setting.features.synapses(network.own, setting.outputs_of_group());
    setting.hears = setting.hears.joined(setting.features.neurons_in(learner.rule->hears(synapses)));
  }
  setting.all_rates = std::ranges::any_of(c.learners, [&](const LearnerParameters& learner) {
    return !hears_own_neurons(learner, setting.partition, setting.features, setting.outputs_of_group());
  });
}

}  // namespace

std::unique_ptr<Setting> setting_of(const Configuration& c, const comm::Communicator& comm, model::Network network,
                                    Channels channels, Index replica) {
  auto setting = std::make_unique<Setting>(Setting{.network = std::move(network)});
  setting->world = setting->comm = &comm;
  setting->groups = c.groups();
  setting->seat = {setting->groups, comm.rank(), comm.size()};
  if (setting->groups.any()) {
    setting->team = std::make_shared<const comm::Communicator>(comm.split(setting->seat.team));
    setting->comm = setting->team.get();
  }
  setting->partition = {c.reservoir.size, setting->comm->size()};
  setting->random = core::Philox(static_cast<std::uint64_t>(c.run.seed));
  setting->variables = std::ssize(c.state_variables());
  setting->inputs = setting->groups.any() ? channels.inputs : setting->network.inputs;
  setting->outputs = channels.outputs;
  setting->replica = replica;
  setting->exchange = c.exchange;
  setting->together = c.steps_together();
  setting->training_noise = c.protocol.state_noise;
  set_neurons(c, *setting);
  setting->product = product_of(c, *setting);
  set_features(c, *setting);
  setting->fastest_products = c.fastest_products;
  setting->balance = balance_of(c, *setting);
  return setting;
}

bool stays_in_cache(Real bytes) noexcept { return bytes <= Real{core::second_cache}; }

void use_fastest_products(const Setting& setting, Index trajectories) {
  const auto& J = *setting.network.recurrent.connections();
  if (J.by_rows() == nullptr || setting.product != nullptr || setting.spiking) return;
  // Groups with a J of their own are multiplied one by one.
  const Index copies = setting.network.others.empty() ? trajectories * setting.own_groups() : 1;
  if (copies == 1 && stays_in_cache(core::as_real(setting.network.recurrent.bytes()))) {
    for (const auto set : core::kernels::sets_for_products()) {
      if (core::kernels::name_of(set) == setting.fastest_products) return core::kernels::use_for_products(set);
    }
  }
  const Index some = std::min(copies, Index{8});  // whose rates take little memory
  model::use_fastest_products(*J.by_rows(), setting.partition.neurons(), some, J.rate_order(some),
                              setting.network.precision);
}

void take_back_rows(Setting& setting) {
  if (!setting.dealt) return;
  setting.balance.taken_over += setting.dealt->taken_over();
  setting.balance.products += setting.dealt->products();
  setting.dealt = nullptr;
}

void deal_rows(Setting& setting, const comm::Pace& pace, Index copies) {
  if (!setting.node) {
    setting.node = std::make_shared<const comm::Communicator>(
        setting.comm->split(static_cast<int>(setting.comm->lowest_rank_on_node())));
  }
  const auto twice = model::rows_to_hold_twice(paces_of(setting, pace), setting.balance.spare);
  setting.balance.before = pace;
  setting.balance.window *= 2;  // so that rows do not move on and on where that does not help
  if (twice.empty() || !has_room_for(twice, setting)) return;
  take_back_rows(setting);
  auto team = comm::NodeTeam::make(*setting.node, model::DealtRows::bytes(twice, copies));
  if (!team) return;
  comm::AllToAll carriers(*setting.node);
  setting.dealt =
      std::make_unique<model::DealtRows>(*setting.network.recurrent.connections()->by_rows(),
                                         setting.partition.neurons(), twice, copies, std::move(team), carriers);
}

bool sums_variance(const LearnerParameters& learner, const Setting& setting) {
  return learner.rule->shares_uncertainty() && !setting.groups.any() &&
         hears_own_neurons(learner, setting.partition, setting.features, setting.outputs);
}

comm::NeuronGather gather_of(const Setting& setting) {
  const bool shared = setting.groups.shared;
  return {shared ? *setting.world : *setting.comm, shared ? setting.slices() : setting.partition,
          setting.features.added()};
}

}  // namespace bayres::sim
