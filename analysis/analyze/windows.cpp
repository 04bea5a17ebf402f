#include "windows.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "bayres/measures/score.hpp"
#include "statistics/sample.hpp"
#include "statistics/windows.hpp"

namespace bayres::analysis {
namespace {

/// Scores recorded steps, (row, output), as a run does: those that count, without a missing value.
void add_steps(std::span<const Real> target, std::span<const Real> output, std::span<const Real> weights,
               std::span<sim::Score> scores) {
  const std::size_t outputs = scores.size();
  for (std::size_t row = 0; row < weights.size(); ++row) {
    const auto z = target.subspan(row * outputs, outputs);
    if (weights[row] == 0 || core::lacks_any(z)) continue;
    for (std::size_t m = 0; m < outputs; ++m) scores[m].add(z[m], z[m] - output[row * outputs + m], weights[row]);
  }
}

/// The outputs of all learners of one network.
struct Outputs {
  Index width;
  Index place;
  io::Hdf5Object target;
  std::optional<io::Hdf5Object> weights = {};  ///< of steps, if they do not all count once
  std::vector<io::Hdf5Object> learners = {};

  Outputs(const Condition& condition, const Network& network, const io::Hdf5File& file)
      : width(condition.outputs), place(network.place), target(file.open_object("/target")) {
    if (file.has("/step_weight")) weights = file.open_object("/step_weight");
    for (const auto& learner : condition.learners) {
      learners.push_back(file.open_object("/learners/" + learner.name + "/output"));
    }
  }

  /// Scores recorded steps from `first` on: (learner, output). Collective.
  void add(Index first, Index count, std::span<sim::Score> scores) const {
    const core::Slab slab{{first, 0}, {count, width}};
    std::vector<Real> wanted(static_cast<std::size_t>(slab.size()));
    std::vector<Real> output(wanted.size());
    target.read(slab, wanted);
    std::vector<Real> weight(static_cast<std::size_t>(count), 1);
    if (weights) weights->read({{first}, {count}}, weight);
    for (std::size_t l = 0; l < learners.size(); ++l) {
      learners[l].read(placed(slab, place), output);
      const auto outputs = static_cast<std::size_t>(width);
      add_steps(wanted, output, weight, scores.subspan(l * outputs, outputs));
    }
  }
};

/// Adds up the scores of all ranks, each of which has scored other windows. Collective.
void share(std::vector<sim::Score>& scores, const comm::Communicator& comm) {
  std::vector<Real> numbers;
  for (auto& score : scores) score.visit_state([&](Real& number) { numbers.push_back(number); });
  comm.sum(numbers);
  auto next = numbers.begin();
  for (auto& score : scores) score.visit_state([&](Real& number) { number = *next++; });
}

/// NRMSE in each window, from scores `stride` apart.
void add_errors(std::span<const sim::Score> scores, std::size_t stride, std::vector<Real>& errors) {
  sim::Score whole;
  for (std::size_t i = 0; i < scores.size(); i += stride) whole.join(scores[i]);
  for (std::size_t w = 0; w < errors.size(); ++w) {
    errors[w] += std::sqrt(scores[w * stride].mse() / whole.target_variance());
  }
}

}  // namespace

std::vector<std::vector<Real>> window_errors(const Place& place, const Windows& windows, const Network& network,
                                             const io::Hdf5File& file, const comm::Communicator& comm) {
  const auto& edges = windows.edges;
  const Outputs outputs(place.condition, network, file);
  std::vector<std::vector<Real>> all(outputs.learners.size(), std::vector<Real>(windows.size()));
  const Index recorded = outputs.target.shape().front();
  const auto width = static_cast<std::size_t>(outputs.width), stride = outputs.learners.size() * width;
  std::vector<sim::Score> scores(windows.size() * stride);    // (window, learner, output)
  const Index row = 4 * outputs.width * Index{sizeof(Real)};  // of target and output, twice
  const Index piece = std::clamp<Index>(place.options.array_bytes() / row, 1, Index{1} << 16);
  Index longest = 0;
  for (std::size_t w = 0; w < windows.size(); ++w) longest = std::max(longest, edges[w + 1] - edges[w]);
  for_each_dealt(static_cast<Index>(windows.size()), comm, [&](Index number, bool any) {
    const auto w = static_cast<std::size_t>(number);
    const Index end = any ? std::min(edges[w + 1], recorded) : 0;
    for (Index done = 0; done < longest; done += piece) {
      const Index from = std::min(edges[w] + done, end);
      outputs.add(from, std::min(piece, end - from), std::span(scores).subspan(w * stride));
    }
  });
  share(scores, comm);
  for (std::size_t l = 0; l < all.size(); ++l) {
    for (std::size_t m = 0; m < width && !scores.empty(); ++m)
      add_errors(std::span(scores).subspan(l * width + m), stride, all[l]);
    for (std::size_t w = 0; w < all[l].size(); ++w) {
      const bool is_whole = edges[w + 1] <= recorded;
      all[l][w] = is_whole ? all[l][w] / static_cast<Real>(width) : std::numeric_limits<Real>::quiet_NaN();
    }
  }
  return all;
}

Windows windows_of(const Place& place, const comm::Communicator& comm) {
  constexpr Index most_looked_at = Index{1} << 16;
  const auto& condition = place.condition;
  const auto train = condition.train;
  Windows windows{{train.first}, {}};
  for (const auto& network : condition.networks) {
    const auto file = io::Hdf5File::open(network.path, comm);
    if (file.open_object("/time").shape().front() < train.last) continue;
    const Index looked_at = std::min(train.size(), most_looked_at);
    const auto target = read_everywhere(file, "/target", {{train.first, 0}, {looked_at, condition.outputs}});
    const auto period = period_of(target, static_cast<std::size_t>(condition.outputs));
    windows.edges = window_edges(train, place.options.windows, period);
    for (std::size_t w = 1; w < windows.edges.size(); ++w) {
      append(windows.times, read_everywhere(file, "/time", {{windows.edges[w] - 1}, {1}}));
    }
    break;
  }
  return windows;
}

}  // namespace bayres::analysis
