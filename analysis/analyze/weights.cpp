#include <algorithm>
#include <array>
#include <cmath>

#include "bayres/core/error.hpp"
#include "bayres/core/partition.hpp"
#include "bayres/kernels/block_sum.hpp"
#include "parts.hpp"
#include "statistics/sample.hpp"

namespace bayres::analysis {
namespace {

/// Quantiles over synapses at which their learning rates are described; 0 and 1 are the least and the largest.
constexpr std::array<Real, 7> rate_quantiles{0, 0.05, 0.25, 0.5, 0.75, 0.95, 1};

/// What is found at each snapshot: norms of weights; mean and quantiles of learning rates.
using Norms = std::array<Real, 3>;
constexpr std::size_t rate_numbers = 1 + rate_quantiles.size();
using RateNumbers = std::array<Real, rate_numbers>;

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

/// At snapshot `s`; reads nothing unless there is `any`. Collective.
Norms norms_of(const io::Hdf5Object& weights, const Network& network, const Condition& condition, Index s, bool any) {
  constexpr Index piece = Index{1} << 17;  // as weights are chunked
  Norms squares{};
  for (Index m = 0; m < condition.outputs; ++m) {
    for (Index first = 0; first < condition.features; first += piece) {
      const Index count = any ? std::min(piece, condition.features - first) : 0;
      const auto read = [&](Index snapshot) {
        std::vector<Real> values(static_cast<std::size_t>(count));
        weights.read(placed({{snapshot, m, first}, {any ? Index{1} : 0, 1, count}}, network.place), values);
        return values;
      };
      const auto now = read(s);
      const auto before = read(std::max<Index>(s - 1, 0));
      const auto at_first = read(0);
      add_squares(now, std::vector<Real>(now.size()), squares[0]);
      add_squares(now, before, squares[1]);
      add_squares(now, at_first, squares[2]);
    }
  }
  for (auto& square : squares) square = std::sqrt(square);
  return squares;
}

/// At snapshot `s`; reads nothing unless there is `any`. Collective.
RateNumbers rates_of(const io::Hdf5Object& rates, const Network& network, const Condition& condition, Index s,
                     bool any) {
  const core::Slab slab{{s, 0, 0}, {any ? Index{1} : 0, condition.outputs, condition.features}};
  std::vector<Real> values(static_cast<std::size_t>(slab.size()));
  rates.read(placed(slab, network.place), values);
  RateNumbers found{};
  if (!any) return found;
  found[0] = core::blocked_dot(values, std::vector<Real>(values.size(), 1), core::Partition::block_size) /
             static_cast<Real>(values.size());
  std::ranges::copy(quantiles_over(values, 1, rate_quantiles), found.begin() + 1);
  return found;
}

/// Quantiles of recurrent weights at snapshot `s`, and of how far they have moved; NaN if the learner has diverged.
/// Reads nothing unless there is `any`. Collective.
std::vector<Real> weights_of_J(const io::Hdf5Object& data, const Network& network, const Condition& condition, Index s,
                               bool any) {
  const Index rows = data.shape()[data.shape().size() - 2];
  const auto read = [&](Index snapshot) {
    const core::Slab slab{{snapshot, 0, 0}, {any ? Index{1} : 0, rows, condition.neurons}};
    std::vector<Real> values(static_cast<std::size_t>(slab.size()));
    data.read(placed(slab, network.place), values);
    return values;
  };
  const auto before = read(0);
  return movement_of(before, read(s), rate_quantiles);
}

/// Results of `find(data set, network, condition, snapshot, whether there is one)`: (network, snapshot, number). The
/// ranks share the snapshots. Collective.
template <class Find>
std::vector<Real> at_snapshots(const Place& place, const char* name, const comm::Communicator& comm, Find find) {
  std::vector<Real> all;
  const auto snapshots = static_cast<Index>(place.condition.snapshot_times.size());
  for_each_network(place.condition, comm, [&](const Network& network, const io::Hdf5File& file) {
    const auto data = file.open_object("/learners/" + place.learner + "/" + name);
    std::vector<Real> found;
    for_each_dealt(snapshots, comm, [&](Index s, bool any) {
      const auto numbers = find(data, network, place.condition, s, any);
      found.resize(static_cast<std::size_t>(snapshots) * numbers.size());
      if (any) std::ranges::copy(numbers, found.begin() + s * static_cast<Index>(numbers.size()));
    });
    comm.sum(found);
    append(all, found);
  });
  return all;
}

void require_memory(const Place& place) {
  const Index needed = 2 * place.condition.outputs * place.condition.features * Index{sizeof(Real)};
  if (needed <= place.options.array_bytes()) return;
  throw core::usage_error(
      "the learning rates of one snapshot need " + std::to_string(needed / 1000000) +
      " MB more than the program itself: raise --memory to " +
      std::to_string((needed + place.options.memory_bytes() - place.options.array_bytes()) / 1000000 + 1));
}

/// Collective.
void add_movement(const Place& place, const comm::Communicator& comm) {
  const auto all = at_snapshots(place, "weights", comm, norms_of);
  const auto add = [&](const char* name, std::size_t norm, const char* long_name) {
    place.add(std::string("weights/") + name, {"snapshot_time"}, "1", long_name,
              columns(all, Norms{}.size(), norm, norm + 1), "weights");
  };
  add("norm", 0, "Euclidean norm |w| of all weights");
  add("step", 1, "|w - w at the snapshot before|; 0 at the first snapshot");
  add("distance", 2, "|w - w at the first snapshot|");
}

/// Collective.
void add_learning_rates(const Place& place, const comm::Communicator& comm) {
  const auto all = at_snapshots(place, "learning_rate", comm, rates_of);
  place.add("learning_rate/mean", {"snapshot_time"}, "1", "mean learning rate of the synapses",
            columns(all, rate_numbers, 0, 1), "learning_rate_mean");
  place.add_networks("learning_rate/rate", {"snapshot_time", "/synapse_quantile"}, "1",
                     "quantiles over synapses of their learning rates", columns(all, rate_numbers, 1, rate_numbers),
                     "learning_rate");
}

void add_quantiles_of_synapses(const Place& place) {
  auto& scales = place.summary.scales;
  if (std::ranges::find(scales, "/synapse_quantile", &Scale::path) != scales.end()) return;
  scales.push_back(
      {"/synapse_quantile", {rate_quantiles.begin(), rate_quantiles.end()}, "1", "quantile over synapses"});
}

}  // namespace

void add_weights_of_J(const Place& place, const comm::Communicator& comm) {
  const auto& path = place.condition.networks.front().path;
  if (!io::Hdf5File::open(path).has("/learners/" + place.learner + "/recurrent_weights")) return;
  add_quantiles_of_synapses(place);
  constexpr std::size_t number = rate_quantiles.size();
  const auto all = at_snapshots(place, "recurrent_weights", comm, weights_of_J);
  const auto add = [&](const std::string& name, std::size_t first, const char* long_name) {
    place.add_networks("recurrent/" + name, {"recurrent_time", "/synapse_quantile"}, "1", long_name,
                       columns(all, 2 * number, first, first + number), "recurrent_" + name);
  };
  add("weight", 0, "quantiles over the recurrent weights that were recorded");
  add("weight_change", number, "quantiles over the same synapses of J_ij - J_ij(0)");
}

void add_weights(const Place& place, const comm::Communicator& comm) {
  place.add_scale({"snapshot_time", place.condition.snapshot_times, place.condition.time_unit,
                   "simulated time of the snapshot of weights"});
  add_quantiles_of_synapses(place);
  for (const auto& learner : place.condition.learners) {
    if (learner.has_learning_rate) require_memory(place);
    add_movement(place.of_learner(learner.name), comm);
    if (learner.has_learning_rate) add_learning_rates(place.of_learner(learner.name), comm);
  }
}

}  // namespace bayres::analysis
