#include "windows.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "statistics/sample.hpp"

namespace bayres::analysis {
namespace {

Index windows_of(const Place& place) { return std::min(place.options.windows, place.condition.train.size()); }

/// Window `w` of `windows` equal parts of recorded steps.
core::Range window_of(core::Range train, Index w, Index windows) {
  return {train.first + train.size() * w / windows, train.first + train.size() * (w + 1) / windows};
}

/// Scores recorded steps, (row, output), as a run does: those without a missing value.
void add_steps(std::span<const Real> target, std::span<const Real> output, std::span<sim::Score> scores) {
  for (std::size_t row = 0; row < target.size(); row += scores.size()) {
    if (!sim::is_known(target.subspan(row, scores.size()))) continue;
    for (std::size_t m = 0; m < scores.size(); ++m) scores[m].add(target[row + m], target[row + m] - output[row + m]);
  }
}

}  // namespace

WindowScores::WindowScores(const Place& place, const Network& network, const io::Hdf5File& file,
                           const comm::Communicator& comm)
    : windows_(windows_of(place)), outputs_(place.condition.outputs) {
  const auto train = place.condition.train;
  const auto target = file.open_object("/target");
  std::vector<io::Hdf5Object> learners;
  for (const auto& learner : place.condition.learners) {
    learners.push_back(file.open_object("/learners/" + learner.name + "/output"));
  }
  scores_.resize(learners.size() * static_cast<std::size_t>(windows_ * outputs_));
  const Index recorded = target.shape().front();
  while (known_windows_ < windows_ && window_of(train, known_windows_, windows_).last <= recorded) ++known_windows_;
  const Index row_bytes = 2 * outputs_ * Index{sizeof(Real)};
  const Index piece = std::clamp<Index>(place.options.array_bytes() / (2 * row_bytes), 1, Index{1} << 16);
  const Index longest = (train.size() + windows_ - 1) / std::max<Index>(windows_, 1);
  for_each_dealt(windows_, comm, [&](Index w, bool any) {
    const auto rows = window_of(train, w, windows_);
    const Index end = any ? std::min(rows.last, recorded) : 0;
    for (Index done = 0; done < longest; done += piece) {
      const Index from = std::min(rows.first + done, end);
      read({{from, 0}, {std::min(piece, end - from), outputs_}}, w, network, target, learners);
    }
  });
  share(comm);
}

/// Adds recorded steps of a window. Collective.
void WindowScores::read(const core::Slab& slab, Index window, const Network& network, const io::Hdf5Object& target,
                        const std::vector<io::Hdf5Object>& learners) {
  std::vector<Real> wanted(static_cast<std::size_t>(slab.size()));
  std::vector<Real> output(wanted.size());
  target.read(slab, wanted);
  for (std::size_t l = 0; l < learners.size(); ++l) {
    learners[l].read(placed(slab, network.place), output);
    add_steps(wanted, output, std::span(scores_).subspan(place_of(l, window, 0), static_cast<std::size_t>(outputs_)));
  }
}

/// Windows are 0 where other ranks have read them.
void WindowScores::share(const comm::Communicator& comm) {
  std::vector<Real> numbers;
  for (auto& score : scores_) score.visit_state([&](Real& number) { numbers.push_back(number); });
  comm.sum(numbers);
  auto next = numbers.begin();
  for (auto& score : scores_) score.visit_state([&](Real& number) { number = *next++; });
}

std::size_t WindowScores::place_of(std::size_t learner, Index window, Index output) const {
  return learner * static_cast<std::size_t>(windows_ * outputs_) + static_cast<std::size_t>(window * outputs_ + output);
}

std::vector<Real> WindowScores::errors(std::size_t learner) const {
  std::vector<Real> errors(static_cast<std::size_t>(windows_));
  for (Index m = 0; m < outputs_; ++m) {
    sim::Score whole;
    for (Index w = 0; w < windows_; ++w) whole.join(scores_[place_of(learner, w, m)]);
    for (Index w = 0; w < windows_; ++w) {
      const auto& score = scores_[place_of(learner, w, m)];
      errors[static_cast<std::size_t>(w)] += std::sqrt(score.mse() / whole.target_variance());
    }
  }
  for (auto& error : errors) error /= static_cast<Real>(outputs_);
  std::fill(errors.begin() + known_windows_, errors.end(), std::numeric_limits<Real>::quiet_NaN());
  return errors;
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
