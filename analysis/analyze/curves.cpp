#include "curves.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "bayres/core/text.hpp"

namespace bayres::analysis {

void Place::add_array(const std::string& name, std::vector<std::string> dimensions, const std::string& units,
                      const std::string& long_name, std::vector<Real> values, const std::string& table,
                      const std::string& learner) {
  Array array{group + "/" + name, std::move(dimensions), units, long_name, std::move(values), table, {}};
  array.labels.emplace_back("condition", condition.label);
  if (!learner.empty()) array.labels.emplace_back("learner", learner);
  summary.arrays.push_back(std::move(array));
}

void Place::add_networks(const std::string& name, std::vector<std::string> dimensions, const std::string& units,
                         const std::string& long_name, std::vector<Real> values, const std::string& table,
                         const std::string& learner) {
  dimensions.insert(dimensions.begin(), group + "/network");
  add_array(name, std::move(dimensions), units, long_name, std::move(values), table, learner);
}

void Place::add(const std::string& name, const std::vector<std::string>& dimensions, const std::string& units,
                const std::string& long_name, const std::vector<Real>& values, const std::string& table,
                const std::string& learner) {
  const auto width = static_cast<Index>(values.size() / condition.networks.size());
  add_networks(name, dimensions, units, long_name, values, table, learner);
  auto over = dimensions;
  over.insert(over.begin(), "/quantile");
  add_array(name + "_quantiles", std::move(over), units, "quantiles over networks: " + long_name,
            quantiles_over(values, width, options.quantiles), table + "_quantiles", learner);
}

Real time_to_criterion(std::span<const Real> times, std::span<const Real> errors, Real criterion, Real start) {
  std::size_t first = errors.size();
  while (first > 0 && errors[first - 1] <= criterion) --first;
  return first == errors.size() ? std::numeric_limits<Real>::infinity() : times[first] - start;
}

namespace {

/// Window `w` of `windows` equal parts of recorded steps.
core::Range window_of(core::Range train, Index w, Index windows) {
  return {train.first + train.size() * w / windows, train.first + train.size() * (w + 1) / windows};
}

/// Places in `target` (row, output) of the rows without a missing value, which are those that a run scores.
std::vector<std::size_t> known_values(const std::vector<Real>& target, std::size_t width) {
  std::vector<std::size_t> places;
  for (std::size_t row = 0; row < target.size(); row += width) {
    bool known = true;
    for (std::size_t m = 0; m < width; ++m) known = known && !std::isnan(target[row + m]);
    for (std::size_t m = 0; known && m < width; ++m) places.push_back(row + m);
  }
  return places;
}

/// Sums over the windows of one network, each filled by the rank that reads it and 0 elsewhere until they are shared.
struct WindowSums {
  std::vector<Real> count;                 ///< (window)
  std::vector<Real> mean;                  ///< of the target: (window, output)
  std::vector<Real> deviations;            ///< sum of squared deviations of the target from that: (window, output)
  std::vector<std::vector<Real>> squares;  ///< of delta, for each learner: (window, output)

  WindowSums(std::size_t windows, std::size_t outputs, std::size_t learners)
      : count(windows), mean(windows * outputs), deviations(mean.size()), squares(learners, mean) {}
  void share(const comm::Communicator& comm) {
    comm.sum(count);
    comm.sum(mean);
    comm.sum(deviations);
    for (auto& learner : squares) comm.sum(learner);
  }
};

/// Reads the windows of one network, in pieces.
class WindowReader {
 public:
  WindowReader(const Place& place, const Network& network, const io::Hdf5File& file)
      : condition_(place.condition), network_(network), target_(file.open_object("/target")) {
    for (const auto& learner : condition_.learners) {
      outputs_.push_back(file.open_object("/learners/" + learner.name + "/output"));
    }
    rows_ = target_.shape().front();
    windows_ = std::min(place.options.windows, condition_.train.size());
    const Index row_bytes = 2 * condition_.outputs * Index{sizeof(Real)};
    piece_ = std::clamp<Index>(place.options.array_bytes() / (2 * row_bytes), 1, Index{1} << 16);
  }

  /// Collective.
  WindowSums read(const comm::Communicator& comm) {
    WindowSums sums(static_cast<std::size_t>(windows_), static_cast<std::size_t>(condition_.outputs), outputs_.size());
    const Index longest = (condition_.train.size() + windows_ - 1) / std::max<Index>(windows_, 1);
    for (Index first = 0; first < windows_; first += comm.size()) {
      const Index w = first + comm.rank();
      const auto rows = w < windows_ ? window_of(condition_.train, w, windows_) : core::Range{};
      for (Index done = 0; done < longest; done += piece_) {
        const Index from = std::min(rows.first + done, rows.last);
        add_piece({from, std::min(from + piece_, rows.last)}, w, sums);
      }
    }
    sums.share(comm);
    return sums;
  }

 private:
  /// Recorded steps of window `w`; what the file does not have makes the window's errors NaN.
  void add_piece(core::Range wanted, Index w, WindowSums& sums) {
    const core::Range rows{std::min(wanted.first, rows_), std::min(wanted.last, rows_)};
    const core::Slab slab{{rows.first, 0}, {rows.size(), condition_.outputs}};
    std::vector<Real> target(static_cast<std::size_t>(slab.size()));
    std::vector<Real> output(target.size());
    target_.read(slab, target);
    const auto width = static_cast<std::size_t>(condition_.outputs);
    const auto known = known_values(target, width);
    const std::size_t at = static_cast<std::size_t>(w) * width;
    for (std::size_t l = 0; l < outputs_.size(); ++l) {
      outputs_[l].read(placed(slab, network_.place), output);
      for (const std::size_t i : known) {
        const Real delta = target[i] - output[i];
        sums.squares[l][at + i % width] += delta * delta;
      }
      if (rows.size() < wanted.size()) sums.squares[l][at] = std::numeric_limits<Real>::quiet_NaN();
    }
    for (const std::size_t i : known) {
      auto& count = sums.count[static_cast<std::size_t>(w)];
      if (i % width == 0) ++count;
      const std::size_t k = at + i % width;
      const Real deviation = target[i] - sums.mean[k];  // Welford's recursion
      sums.mean[k] += deviation / count;
      sums.deviations[k] += deviation * (target[i] - sums.mean[k]);
    }
  }

  const Condition& condition_;
  const Network& network_;
  io::Hdf5Object target_;
  std::vector<io::Hdf5Object> outputs_;
  Index rows_ = 0;  // in the file
  Index windows_ = 0;
  Index piece_ = 0;
};

/// Variance of each output's target over all windows, joined in their order (Chan, Golub & LeVeque 1983).
std::vector<Real> target_variances(const WindowSums& sums, std::size_t outputs) {
  std::vector<Real> variances(outputs);
  for (std::size_t m = 0; m < outputs; ++m) {
    Real count = 0;
    Real mean = 0;
    Real deviations = 0;
    for (std::size_t w = 0; w < sums.count.size(); ++w) {
      const Real more = sums.count[w];
      if (more == 0) continue;
      const Real apart = sums.mean[w * outputs + m] - mean;
      deviations += sums.deviations[w * outputs + m] + apart * apart * count * more / (count + more);
      mean += apart * more / (count + more);
      count += more;
    }
    variances[m] = deviations / count;
  }
  return variances;
}

/// NRMSE of a learner in each window, the mean over outputs.
std::vector<Real> window_errors(const WindowSums& sums, const std::vector<Real>& squares, std::size_t outputs) {
  const auto variances = target_variances(sums, outputs);
  std::vector<Real> errors(sums.count.size());
  for (std::size_t w = 0; w < errors.size(); ++w) {
    for (std::size_t m = 0; m < outputs; ++m) {
      errors[w] += std::sqrt(squares[w * outputs + m] / sums.count[w] / variances[m]);
    }
    errors[w] /= static_cast<Real>(outputs);
  }
  return errors;
}

/// Means over outputs, (evaluation), of one network's score of frozen weights. Collective.
std::vector<Real> evaluation_scores(const io::Hdf5File& file, const Network& network, const Condition& condition,
                                    const std::string& learner, const std::string& measure) {
  const auto evaluations = static_cast<Index>(condition.evaluation_times.size());
  const auto all = read_everywhere(file, "/learners/" + learner + "/evaluation/" + measure,
                                   placed({{0, 0}, {evaluations, condition.outputs}}, network.place));
  const auto width = static_cast<std::size_t>(condition.outputs);
  std::vector<Real> means(condition.evaluation_times.size());
  for (std::size_t i = 0; i < all.size(); ++i) means[i / width] += all[i];
  for (auto& mean : means) mean /= static_cast<Real>(width);
  return means;
}

/// What is found about one learner: for each network, one after the other.
struct LearnerCurves {
  std::map<std::string, std::vector<Real>> scores;       ///< (network)
  std::map<std::string, std::vector<Real>> evaluations;  ///< (network, evaluation)
  std::vector<Real> windows;                             ///< (network, window)
};

/// Collective.
std::vector<LearnerCurves> read_curves(const Place& place, const comm::Communicator& comm) {
  const auto& condition = place.condition;
  std::vector<LearnerCurves> all(condition.learners.size());
  for_each_network(condition, comm, [&](std::size_t, const Network& network, const io::Hdf5File& file) {
    const auto sums = WindowReader(place, network, file).read(comm);
    for (std::size_t l = 0; l < all.size(); ++l) {
      const auto& name = condition.learners[l].name;
      const auto group = file.open_object("/learners/" + name);
      for (const char* score : {"test_nrmse", "train_mae"}) {
        all[l].scores[score].push_back(
            group.numbers(score).at(static_cast<std::size_t>(std::max<Index>(network.place, 0))));
      }
      for (const char* measure : {"nrmse", "mae", "r2"}) {
        append(all[l].evaluations[measure], evaluation_scores(file, network, condition, name, measure));
      }
      append(all[l].windows, window_errors(sums, sums.squares[l], static_cast<std::size_t>(condition.outputs)));
    }
  });
  return all;
}

/// Times to each criterion of curves (network, time): (network, criterion).
std::vector<Real> times_to_criteria(const Place& place, const std::vector<Real>& times, std::span<const Real> curves) {
  std::vector<Real> found;
  for (std::size_t k = 0; k < place.condition.networks.size(); ++k) {
    const auto curve = curves.subspan(k * times.size(), times.size());
    for (const Real criterion : place.options.criteria) {
      found.push_back(time_to_criterion(times, curve, criterion, place.condition.training_start));
    }
  }
  return found;
}

/// Simulated times at the ends of windows, from the first network that has recorded all of training. Collective.
std::vector<Real> window_times(const Place& place, const comm::Communicator& comm) {
  const auto& condition = place.condition;
  std::vector<Real> times;
  for (const auto& network : condition.networks) {
    const auto file = io::Hdf5File::open(network.path, comm);
    const auto time = file.open_object("/time");
    if (time.shape().front() < condition.train.last) continue;
    const Index windows = std::min(place.options.windows, condition.train.size());
    for (Index w = 0; w < windows; ++w) {
      const Index last = window_of(condition.train, w, windows).last - 1;
      append(times, read_everywhere(file, "/time", {{last}, {1}}));
    }
    break;
  }
  return times;
}

void add_learner(Place& place, const LearnerCurves& curves, const std::string& name,
                 const std::vector<Real>& window_times, Item& item) {
  const auto& condition = place.condition;
  const std::string group = "learners/" + name + "/";
  const std::string evaluation = place.group + "/evaluation_time";
  const std::string window = place.group + "/window_time";
  for (const auto& [score, values] : curves.scores) {
    place.add(group + score, {}, "1", score + " of the result, the mean over outputs", values, "scores", name);
    item.measures[score] = values;
  }
  for (const auto& [measure, values] : curves.evaluations) {
    place.add(group + "evaluation/" + measure, {evaluation}, "1",
              measure + " of weights frozen at this time, on held-out time, the mean over outputs", values,
              "learning_curve", name);
  }
  place.add(
      group + "online/nrmse", {window}, "1",
      "error while learning in the window that ends at this time: sqrt(mean delta^2 / var z* of all of training), "
      "the mean over outputs",
      curves.windows, "online_curve", name);
  const auto frozen = times_to_criteria(place, condition.evaluation_times, curves.evaluations.at("nrmse"));
  const auto online = times_to_criteria(place, window_times, curves.windows);
  place.add(group + "time_to_criterion", {"/criterion"}, "unit of tau",
            "time of training after which the nrmse of frozen weights is at most the criterion and stays so; "
            "infinite: never",
            frozen, "time_to_criterion", name);
  place.add(group + "online_time_to_criterion", {"/criterion"}, "unit of tau",
            "the same for the error while learning, at ends of windows", online, "time_to_criterion", name);
  const std::size_t count = place.options.criteria.size();
  for (std::size_t c = 0; c < count && !condition.evaluation_times.empty(); ++c) {
    auto& times = item.measures["time_to_" + core::to_text(place.options.criteria[c])];
    for (std::size_t k = c; k < frozen.size(); k += count) times.push_back(frozen[k]);
  }
}

}  // namespace

std::vector<Item> add_curves(Place& place, const comm::Communicator& comm) {
  const auto& condition = place.condition;
  const auto times = window_times(place, comm);
  const auto curves = read_curves(place, comm);
  place.summary.scales.push_back({place.group + "/evaluation_time", condition.evaluation_times, "unit of tau",
                                  "simulated time at which the weights were frozen"});
  place.summary.scales.push_back(
      {place.group + "/window_time", times, "unit of tau", "simulated time at the end of a window of training"});
  std::vector<Item> items;
  for (std::size_t l = 0; l < curves.size(); ++l) {
    const auto& name = condition.learners[l].name;
    items.push_back({condition.label == "all" ? name : name + " (" + condition.label + ")", condition.networks, {}});
    add_learner(place, curves[l], name, times, items.back());
  }
  return items;
}

}  // namespace bayres::analysis
