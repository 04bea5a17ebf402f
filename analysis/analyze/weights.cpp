#include "weights.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "bayres/core/error.hpp"
#include "bayres/core/partition.hpp"
#include "bayres/kernels/block_sum.hpp"
#include "statistics/sample.hpp"

namespace bayres::analysis {
namespace {

/// Quantiles over synapses at which their learning rates are described; 0 and 1 are the least and the largest.
constexpr std::array<Real, 7> rate_quantiles{0, 0.05, 0.25, 0.5, 0.75, 0.95, 1};

/// Of the weights at a snapshot the distance from 0, from those before, and from the first.
struct Norm {
  const char* name;
  const char* long_name;
};
constexpr std::array<Norm, 3> norms{{{"norm", "Euclidean norm |w| of all weights"},
                                     {"step", "|w - w at the snapshot before|; 0 at the first snapshot"},
                                     {"distance", "|w - w at the first snapshot|"}}};

/// Each of these norms, (network, snapshot).
using Movement = std::array<std::vector<Real>, norms.size()>;

/// Adds sum (a - b)^2, block by block of 64 neurons in order.
void add_squares(const std::vector<Real>& a, const std::vector<Real>& b, Real& sum) {
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
  const Index any = s < static_cast<Index>(condition.snapshot_times.size()) ? 1 : 0;
  for (Index m = 0; m < condition.outputs; ++m) {
    for (Index first = 0; first < condition.neurons; first += piece) {
      const Index count = any * std::min(piece, condition.neurons - first);
      const auto read = [&](Index snapshot) {
        std::vector<Real> values(static_cast<std::size_t>(count));
        weights.read(placed({{any * snapshot, m, first}, {any, 1, count}}, network.place), values);
        return values;
      };
      const auto now = read(s);
      const auto before = read(std::max<Index>(s - 1, 0));
      const auto at_first = read(0);
      if (any == 0) continue;
      const auto k = static_cast<std::size_t>(s);
      add_squares(now, std::vector<Real>(now.size()), movement[0][k]);
      add_squares(now, before, movement[1][k]);
      add_squares(now, at_first, movement[2][k]);
    }
  }
}

/// Of one network. Collective.
Movement movement_of(const io::Hdf5File& file, const Network& network, const Condition& condition,
                     const std::string& learner, const comm::Communicator& comm) {
  const auto weights = file.open_object("/learners/" + learner + "/weights");
  const auto snapshots = condition.snapshot_times.size();
  Movement movement;
  for (auto& values : movement) values.resize(snapshots);
  for (Index first = 0; first < static_cast<Index>(snapshots); first += comm.size()) {
    add_snapshot(weights, network, condition, first + comm.rank(), movement);
  }
  for (auto& values : movement) {
    comm.sum(values);
    for (auto& value : values) value = std::sqrt(value);
  }
  return movement;
}

/// Means and quantiles over synapses, for each snapshot.
struct RateDistribution {
  std::vector<Real> mean;
  std::vector<Real> quantiles;  ///< (snapshot, quantile)
};

/// Of one network. Collective.
RateDistribution rates_of(const io::Hdf5File& file, const Network& network, const Condition& condition,
                          const std::string& learner, const comm::Communicator& comm) {
  const auto rates = file.open_object("/learners/" + learner + "/learning_rate");
  const auto snapshots = condition.snapshot_times.size();
  RateDistribution found{std::vector<Real>(snapshots), std::vector<Real>(snapshots * rate_quantiles.size())};
  for (Index first = 0; first < static_cast<Index>(snapshots); first += comm.size()) {
    const Index s = first + comm.rank();
    const Index any = s < static_cast<Index>(snapshots) ? 1 : 0;
    const core::Slab slab{{any * s, 0, 0}, {any, condition.outputs, condition.neurons}};
    std::vector<Real> values(static_cast<std::size_t>(slab.size()));
    rates.read(placed(slab, network.place), values);
    if (any == 0) continue;
    const auto k = static_cast<std::size_t>(s);
    found.mean[k] = core::blocked_dot(values, std::vector<Real>(values.size(), 1), core::Partition::block_size) /
                    static_cast<Real>(values.size());
    std::ranges::copy(quantiles_over(values, 1, rate_quantiles),
                      found.quantiles.begin() + s * static_cast<Index>(rate_quantiles.size()));
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
void add_learner(const Place& place, const Learner& learner, const comm::Communicator& comm) {
  Movement all;
  RateDistribution rates;
  for_each_network(place.condition, comm, [&](const Network& network, const io::Hdf5File& file) {
    const auto movement = movement_of(file, network, place.condition, learner.name, comm);
    for (std::size_t k = 0; k < all.size(); ++k) append(all[k], movement[k]);
    if (!learner.has_learning_rate) return;
    const auto more = rates_of(file, network, place.condition, learner.name, comm);
    append(rates.mean, more.mean);
    append(rates.quantiles, more.quantiles);
  });
  const std::string time = "snapshot_time";
  for (std::size_t k = 0; k < norms.size(); ++k) {
    place.add({std::string("weights/") + norms[k].name, {time}, "1", norms[k].long_name, all[k], "weights"});
  }
  if (!learner.has_learning_rate) return;
  place.add(
      {"learning_rate/mean", {time}, "1", "mean learning rate of the synapses", rates.mean, "learning_rate_mean"});
  place.add_networks({"learning_rate/rate",
                      {time, "/synapse_quantile"},
                      "1",
                      "quantiles over synapses of their learning rates",
                      rates.quantiles,
                      "learning_rate"});
}

}  // namespace

void add_weights(const Place& place, const comm::Communicator& comm) {
  place.add_scale(
      {"snapshot_time", place.condition.snapshot_times, "unit of tau", "simulated time of the snapshot of weights"});
  auto& scales = place.summary.scales;
  if (std::ranges::find(scales, "/synapse_quantile", &Scale::path) == scales.end()) {
    scales.push_back(
        {"/synapse_quantile", {rate_quantiles.begin(), rate_quantiles.end()}, "1", "quantile over synapses"});
  }
  for (const auto& learner : place.condition.learners) {
    if (learner.has_learning_rate) require_memory(place);
    add_learner(place.of_learner(learner.name), learner, comm);
  }
}

}  // namespace bayres::analysis
