#include "weights.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "bayres/core/error.hpp"
#include "bayres/core/partition.hpp"
#include "bayres/kernels/block_sum.hpp"

namespace bayres::analysis {
namespace {

/// Quantiles over synapses at which their learning rates are described; 0 and 1 are the least and the largest.
constexpr std::array<Real, 7> rate_quantiles{0, 0.05, 0.25, 0.5, 0.75, 0.95, 1};

/// Norms of one network and learner, for each snapshot.
struct Movement {
  std::vector<Real> norm;
  std::vector<Real> step;
  std::vector<Real> distance;
  explicit Movement(std::size_t snapshots) : norm(snapshots), step(snapshots), distance(snapshots) {}
};

/// Adds sum (a - b)^2, block by block of 64 neurons in order.
void add_squares(std::span<const Real> a, std::span<const Real> b, Real& sum) {
  constexpr auto block = static_cast<std::size_t>(core::Partition::block_size);
  std::array<Real, block> apart{};
  for (std::size_t i = 0; i < a.size(); i += block) {
    const std::size_t n = std::min(block, a.size() - i);
    for (std::size_t k = 0; k < n; ++k) apart[k] = a[i + k] - b[i + k];
    const auto some = std::span<const Real>(apart).first(n);
    sum += core::block_dot(some, some);
  }
}

/// Snapshot `s` on this rank; a rank without one reads nothing. Collective.
void add_snapshot(const io::Hdf5Object& weights, const Network& network, const Condition& condition, Index s,
                  Movement& movement) {
  constexpr Index piece = Index{1} << 17;  // as weights are chunked
  const bool any = s < static_cast<Index>(condition.snapshot_times.size());
  const auto k = static_cast<std::size_t>(any ? s : 0);
  for (Index m = 0; m < condition.outputs; ++m) {
    for (Index first = 0; first < condition.neurons; first += piece) {
      const Index count = any ? std::min(piece, condition.neurons - first) : 0;
      std::array<std::vector<Real>, 3> values;  // of this snapshot, the one before, the first
      const std::array snapshots{s, std::max<Index>(s - 1, 0), Index{0}};
      for (std::size_t v = 0; v < values.size(); ++v) {
        values[v].resize(static_cast<std::size_t>(count));
        const core::Slab slab{{any ? snapshots[v] : 0, m, first}, {any ? Index{1} : Index{0}, 1, count}};
        weights.read(placed(slab, network.place), values[v]);
      }
      add_squares(values[0], std::vector<Real>(values[0].size()), movement.norm[k]);
      add_squares(values[0], values[1], movement.step[k]);
      add_squares(values[0], values[2], movement.distance[k]);
    }
  }
}

/// Collective.
Movement movement_of(const io::Hdf5File& file, const Network& network, const Condition& condition,
                     const std::string& learner, const comm::Communicator& comm) {
  const auto weights = file.open_object("/learners/" + learner + "/weights");
  const auto snapshots = static_cast<Index>(condition.snapshot_times.size());
  Movement movement(condition.snapshot_times.size());
  for (Index first = 0; first < snapshots; first += comm.size()) {
    add_snapshot(weights, network, condition, first + comm.rank(), movement);
  }
  for (auto* values : {&movement.norm, &movement.step, &movement.distance}) {
    comm.sum(*values);
    for (auto& value : *values) value = std::sqrt(value);
  }
  return movement;
}

/// Means and quantiles over synapses, for each snapshot.
struct RateDistribution {
  std::vector<Real> mean;
  std::vector<Real> quantiles;  ///< (snapshot, quantile)
};

/// Collective.
RateDistribution rates_of(const io::Hdf5File& file, const Network& network, const Condition& condition,
                          const std::string& learner, const comm::Communicator& comm) {
  const auto rates = file.open_object("/learners/" + learner + "/learning_rate");
  const auto snapshots = static_cast<Index>(condition.snapshot_times.size());
  RateDistribution found{std::vector<Real>(condition.snapshot_times.size()),
                         std::vector<Real>(condition.snapshot_times.size() * rate_quantiles.size())};
  for (Index first = 0; first < snapshots; first += comm.size()) {
    const Index s = first + comm.rank();
    const Index any = s < snapshots ? 1 : 0;
    const core::Slab slab{{any * s, 0, 0}, {any, condition.outputs, condition.neurons}};
    std::vector<Real> values(static_cast<std::size_t>(slab.size()));
    rates.read(placed(slab, network.place), values);
    if (any == 0) continue;
    const auto k = static_cast<std::size_t>(s);
    const std::vector<Real> ones(static_cast<std::size_t>(core::Partition::block_size), 1);
    for (std::size_t i = 0; i < values.size(); i += ones.size()) {
      const std::size_t n = std::min(ones.size(), values.size() - i);
      found.mean[k] += core::block_dot(std::span<const Real>(values).subspan(i, n), std::span(ones).first(n));
    }
    found.mean[k] /= static_cast<Real>(values.size());
    const auto ascending = core::ranked(values);
    for (std::size_t q = 0; q < rate_quantiles.size(); ++q) {
      found.quantiles[k * rate_quantiles.size() + q] = core::quantile(ascending, rate_quantiles[q]);
    }
  }
  comm.sum(found.mean);
  comm.sum(found.quantiles);
  return found;
}

void require_memory(const Place& place) {
  const Index needed = 2 * place.condition.outputs * place.condition.neurons * Index{sizeof(Real)};
  if (needed <= place.options.array_bytes()) return;
  throw core::usage_error(
      "the learning rates of one snapshot need " + std::to_string(needed / 1000000) +
      " MB more than the program itself: raise --memory to " +
      std::to_string((needed + place.options.memory_bytes() - place.options.array_bytes()) / 1000000 + 1));
}

/// Collective.
void add_learner(Place& place, const Learner& learner, const comm::Communicator& comm) {
  Movement all(0);
  RateDistribution rates;
  for_each_network(place.condition, comm, [&](std::size_t, const Network& network, const io::Hdf5File& file) {
    const auto movement = movement_of(file, network, place.condition, learner.name, comm);
    append(all.norm, movement.norm);
    append(all.step, movement.step);
    append(all.distance, movement.distance);
    if (!learner.has_learning_rate) return;
    const auto more = rates_of(file, network, place.condition, learner.name, comm);
    append(rates.mean, more.mean);
    append(rates.quantiles, more.quantiles);
  });
  const std::string group = "learners/" + learner.name + "/";
  const std::string time = place.group + "/snapshot_time";
  const auto add = [&](const char* name, const char* long_name, const std::vector<Real>& values) {
    place.add(group + "weights/" + name, {time}, "1", long_name, values, "weights", learner.name);
  };
  add("norm", "Euclidean norm |w| of all weights", all.norm);
  add("step", "|w - w at the snapshot before|; 0 at the first snapshot", all.step);
  add("distance", "|w - w at the first snapshot|", all.distance);
  if (!learner.has_learning_rate) return;
  place.add(group + "learning_rate/mean", {time}, "1", "mean learning rate of the synapses", rates.mean,
            "learning_rate_mean", learner.name);
  place.add_networks(group + "learning_rate/rate", {time, "/synapse_quantile"}, "1",
                     "quantiles over synapses of their learning rates", rates.quantiles, "learning_rate", learner.name);
}

}  // namespace

void add_weights(Place& place, const comm::Communicator& comm) {
  auto& scales = place.summary.scales;
  scales.push_back({place.group + "/snapshot_time", place.condition.snapshot_times, "unit of tau",
                    "simulated time of the snapshot of weights"});
  if (std::ranges::find(scales, "/synapse_quantile", &Scale::path) == scales.end()) {
    scales.push_back(
        {"/synapse_quantile", {rate_quantiles.begin(), rate_quantiles.end()}, "1", "quantile over synapses"});
  }
  for (const auto& learner : place.condition.learners) {
    if (learner.has_learning_rate) require_memory(place);
    add_learner(place, learner, comm);
  }
}

}  // namespace bayres::analysis
