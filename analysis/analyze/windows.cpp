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

/// Reads recorded steps of all learners of one network.
class StepReader {
 public:
  StepReader(const Condition& condition, const Network& network, const io::Hdf5File& file)
      : network_(network), outputs_(condition.outputs), target_(file.open_object("/target")) {
    for (const auto& learner : condition.learners) {
      learners_.push_back(file.open_object("/learners/" + learner.name + "/output"));
    }
  }

  /// Recorded steps that the file has.
  [[nodiscard]] Index rows() const { return target_.shape().front(); }

  /// Adds steps to `scores` (learner, output), whose rows are `stride` apart. Collective.
  void add(core::Range rows, std::span<sim::Score> scores, std::size_t stride) const {
    const core::Slab slab{{rows.first, 0}, {rows.size(), outputs_}};
    std::vector<Real> target(static_cast<std::size_t>(slab.size()));
    std::vector<Real> output(target.size());
    target_.read(slab, target);
    for (std::size_t l = 0; l < learners_.size(); ++l) {
      learners_[l].read(placed(slab, network_.place), output);
      if (rows.size() > 0) add_steps(target, output, scores.subspan(l * stride, static_cast<std::size_t>(outputs_)));
    }
  }

 private:
  const Network& network_;
  Index outputs_;
  io::Hdf5Object target_;
  std::vector<io::Hdf5Object> learners_;
};

}  // namespace

WindowScores::WindowScores(const Place& place, const Network& network, const io::Hdf5File& file,
                           const comm::Communicator& comm)
    : windows_(windows_of(place)), outputs_(place.condition.outputs) {
  const auto train = place.condition.train;
  const StepReader steps(place.condition, network, file);
  const auto stride = static_cast<std::size_t>(windows_ * outputs_);
  scores_.resize(place.condition.learners.size() * stride);
  const Index row_bytes = 2 * outputs_ * Index{sizeof(Real)};
  const Index piece = std::clamp<Index>(place.options.array_bytes() / (2 * row_bytes), 1, Index{1} << 16);
  const Index longest = (train.size() + windows_ - 1) / std::max<Index>(windows_, 1);
  while (known_windows_ < windows_ && window_of(train, known_windows_, windows_).last <= steps.rows()) ++known_windows_;
  for (Index first = 0; first < windows_; first += comm.size()) {
    const Index w = first + comm.rank();
    auto rows = w < windows_ ? window_of(train, w, windows_) : core::Range{};
    rows = {std::min(rows.first, steps.rows()), std::min(rows.last, steps.rows())};
    const auto scores = std::span(scores_).subspan(static_cast<std::size_t>(std::min(w, windows_ - 1) * outputs_));
    for (Index done = 0; done < longest; done += piece) {
      const Index from = std::min(rows.first + done, rows.last);
      steps.add({from, std::min(from + piece, rows.last)}, scores, stride);
    }
  }
  share(comm);
}

/// Windows are 0 where other ranks have read them.
void WindowScores::share(const comm::Communicator& comm) {
  std::vector<Real> numbers;
  for (auto& score : scores_) score.visit_state([&](Real& number) { numbers.push_back(number); });
  comm.sum(numbers);
  auto next = numbers.begin();
  for (auto& score : scores_) score.visit_state([&](Real& number) { number = *next++; });
}

const sim::Score& WindowScores::score(std::size_t learner, Index window, Index output) const {
  return scores_[learner * static_cast<std::size_t>(windows_ * outputs_) +
                 static_cast<std::size_t>(window * outputs_ + output)];
}

std::vector<Real> WindowScores::errors(std::size_t learner) const {
  std::vector<Real> errors(static_cast<std::size_t>(windows_));
  for (Index m = 0; m < outputs_; ++m) {
    sim::Score whole;
    for (Index w = 0; w < windows_; ++w) whole.join(score(learner, w, m));
    for (Index w = 0; w < windows_; ++w) {
      errors[static_cast<std::size_t>(w)] += std::sqrt(score(learner, w, m).mse() / whole.target_variance());
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
