#include <algorithm>

#include "bayres/core/text.hpp"
#include "bayres/measures/measures.hpp"
#include "parts.hpp"
#include "statistics/sample.hpp"
#include "windows.hpp"

namespace bayres::analysis {

namespace {

/// Means over outputs, (evaluation), of one network's score of frozen weights. Collective.
std::vector<Real> evaluation_scores(const io::Hdf5File& file, const Network& network, const Condition& condition,
                                    const std::string& path) {
  const auto evaluations = static_cast<Index>(condition.evaluation_times.size());
  const auto all = read_everywhere(file, path, placed({{0, 0}, {evaluations, condition.outputs}}, network.place));
  const auto width = static_cast<std::size_t>(condition.outputs);
  std::vector<Real> means(condition.evaluation_times.size());
  for (std::size_t i = 0; i < all.size(); ++i) means[i / width] += all[i];
  for (auto& mean : means) mean /= static_cast<Real>(width);
  return means;
}

/// Results of one learner, network after network.
struct LearnerCurves {
  std::map<std::string, std::vector<Real>> scores;       ///< (network)
  std::map<std::string, std::vector<Real>> evaluations;  ///< (network, evaluation)
  std::vector<Real> windows;                             ///< (network, window)
};

/// Collective.
std::vector<LearnerCurves> read_curves(const Place& place, const Windows& windows, const comm::Communicator& comm) {
  const auto& condition = place.condition;
  std::vector<LearnerCurves> all(condition.learners.size());
  for_each_network(condition, comm, [&](const Network& network, const io::Hdf5File& file) {
    const auto errors = window_errors(place, windows, network, file, comm);
    for (std::size_t l = 0; l < all.size(); ++l) {
      const std::string group = "/learners/" + condition.learners[l].name;
      const auto attributes = file.open_object(group);
      for (const auto& score : condition.scores) {
        all[l].scores[score].push_back(
            attributes.numbers(score).at(static_cast<std::size_t>(std::max<Index>(network.place, 0))));
      }
      for (const auto& measure : condition.measures) {
        append(all[l].evaluations[measure],
               evaluation_scores(file, network, condition, group + "/evaluation/" + measure));
      }
      append(all[l].windows, errors[l]);
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

/// Whether a score is an error of what this learner's outputs are: values, or spikes that they send.
bool is_error(const std::string& score, const Learner& learner) {
  const auto measures = sim::built_in_measures();
  const auto* measure = measures.find(score.substr(score.find('_') + 1));
  if (measure == nullptr) return !learner.sends_spikes;
  return !(*measure)->larger_is_better() && (*measure)->of_spikes() == learner.sends_spikes;
}

/// `frozen` and `online`: times to each criterion (network, criterion), which outputs that send spikes do not have.
void add_learner(const Place& place, const Learner& learner, const LearnerCurves& curves,
                 const std::vector<Real>& frozen, const std::vector<Real>& online) {
  for (const auto& [score, values] : curves.scores) {
    place.add(score, {}, "1", score + " of the result, the mean over outputs", values, "scores");
  }
  for (const auto& [measure, values] : curves.evaluations) {
    place.add("evaluation/" + measure, {"evaluation_time"}, "1",
              measure + " of weights frozen at this time, on held-out time, the mean over outputs", values,
              "learning_curve");
  }
  if (learner.sends_spikes) return;
  place.add(
      "online/nrmse", {"window_time"}, "1",
      "error while learning in the window that ends at this time: sqrt(mean delta^2 / var z* of all of training), "
      "the mean over outputs",
      curves.windows, "online_curve");
  place.add("time_to_criterion", {"/criterion"}, place.condition.time_unit,
            "time of training after which the nrmse of frozen weights is at most the criterion and stays so; "
            "infinite: never",
            frozen, "time_to_criterion");
  place.add("online_time_to_criterion", {"/criterion"}, place.condition.time_unit,
            "the same for the error while learning, at ends of windows", online, "time_to_criterion");
}

/// What is compared of a learner: errors, and times to each criterion.
Item item_of(const Place& place, const Learner& learner, const LearnerCurves& curves, const std::vector<Real>& times) {
  const auto& label = place.condition.label;
  const auto& name = place.learner;
  Item item{label == "all" ? name : name + " (" + label + ")", name, place.group, place.condition.networks, {}};
  for (const auto& [score, values] : curves.scores) {
    if (is_error(score, learner)) item.measures[score] = values;
  }
  const std::size_t count = place.options.criteria.size();
  const bool has_times = !place.condition.evaluation_times.empty() && !learner.sends_spikes;
  for (std::size_t c = 0; c < count && has_times; ++c) {
    auto& measure = item.measures["time_to_" + core::to_text(place.options.criteria[c])];
    for (std::size_t k = c; k < times.size(); k += count) measure.push_back(times[k]);
  }
  return item;
}

}  // namespace

std::vector<Item> add_curves(const Place& place, const comm::Communicator& comm) {
  const auto& condition = place.condition;
  const auto windows = windows_of(place, comm);
  const auto curves = read_curves(place, windows, comm);
  place.add_scale({"evaluation_time", condition.evaluation_times, condition.time_unit,
                   "simulated time at which the weights were frozen"});
  place.add_scale(
      {"window_time", windows.times, condition.time_unit, "simulated time at the end of a window of training"});
  std::vector<Item> items;
  for (std::size_t l = 0; l < curves.size(); ++l) {
    const auto& learner = condition.learners[l];
    const auto place_of = place.of_learner(learner.name);
    const auto frozen = times_to_criteria(place, condition.evaluation_times, curves[l].evaluations.at("nrmse"));
    const auto online = times_to_criteria(place, windows.times, curves[l].windows);
    add_learner(place_of, learner, curves[l], frozen, online);
    items.push_back(item_of(place_of, learner, curves[l], frozen));
  }
  return items;
}

}  // namespace bayres::analysis
