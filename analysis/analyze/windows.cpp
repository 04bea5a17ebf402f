#include "windows.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "bayres/measures/score.hpp"
#include "statistics/sample.hpp"

namespace bayres::analysis {
namespace {

Index windows_of(const Place& place) { return std::min(place.options.windows, place.condition.train.size()); }

/// Window `w` of `windows` equal parts of recorded steps.
core::Range window_of(core::Range train, Index w, Index windows) {
  return {train.first + train.size() * w / windows, train.first + train.size() * (w + 1) / windows};
}

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

std::vector<std::vector<Real>> window_errors(const Place& place, const Network& network, const io::Hdf5File& file,
                                             const comm::Communicator& comm) {
  const auto train = place.condition.train;
  const Index windows = windows_of(place);
  const Outputs outputs(place.condition, network, file);
  std::vector<std::vector<Real>> all(outputs.learners.size(), std::vector<Real>(static_cast<std::size_t>(windows)));
  if (windows == 0) return all;
  const Index recorded = outputs.target.shape().front();
  const auto width = static_cast<std::size_t>(outputs.width);
  const auto stride = outputs.learners.size() * width;
  std::vector<sim::Score> scores(static_cast<std::size_t>(windows) * stride);  // (window, learner, output)
  const Index row_bytes = 2 * outputs.width * Index{sizeof(Real)};
  const Index piece = std::clamp<Index>(place.options.array_bytes() / (2 * row_bytes), 1, Index{1} << 16);
  const Index longest = (train.size() + windows - 1) / windows;
  for_each_dealt(windows, comm, [&](Index w, bool any) {
    const auto rows = window_of(train, w, windows);
    const Index end = any ? std::min(rows.last, recorded) : 0;
    for (Index done = 0; done < longest; done += piece) {
      const Index from = std::min(rows.first + done, end);
      outputs.add(from, std::min(piece, end - from), std::span(scores).subspan(static_cast<std::size_t>(w) * stride));
    }
  });
  share(scores, comm);
  for (std::size_t l = 0; l < all.size(); ++l) {
    for (std::size_t m = 0; m < width; ++m) add_errors(std::span(scores).subspan(l * width + m), stride, all[l]);
    for (std::size_t w = 0; w < all[l].size(); ++w) {
      const bool is_whole = window_of(train, static_cast<Index>(w), windows).last <= recorded;
      all[l][w] = is_whole ? all[l][w] / static_cast<Real>(width) : std::numeric_limits<Real>::quiet_NaN();
    }
  }
  return all;
}

std::vector<Real> window_times(const Place& place, const comm::Communicator& comm) {
  const auto train = place.condition.train;
  const Index windows = windows_of(place);
  std::vector<Real> times;
  for (const auto& network : place.condition.networks) {
    const auto file = io::Hdf5File::open(network.path, comm);
    if (file.open_object("/time").shape().front() < train.last) continue;
    for (Index w = 0; w < windows; ++w) {
      append(times, read_everywhere(file, "/time", {{window_of(train, w, windows).last - 1}, {1}}));
    }
    break;
  }
  return times;
}

}  // namespace bayres::analysis
