#include "bayres/reports/report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "bayres/core/quantile.hpp"
#include "bayres/core/text.hpp"
#include "bayres/io/hdf5.hpp"

namespace bayres::app {
namespace {

/// All numbers of a data set, or none if there is none.
std::vector<double> numbers_in(const io::Hdf5File& file, const std::string& path) {
  if (!file.has(path)) return {};
  const auto set = file.open_object(path);
  const auto shape = set.shape();
  const io::Slab all{std::vector<core::Index>(shape.size()), shape};
  std::vector<double> values(core::as_size(all.size()));
  if (!values.empty()) set.read(all, std::span<double>(values));
  return values;
}

/// Right answers in all networks; "" if the task has none.
std::string answers_of_ensemble(const io::Hdf5File& file, const std::vector<sim::LearnerParameters>& learners) {
  const std::string first = "/learners/" + learners.front().name;
  const std::string measure = file.open_object(first).has_attribute("test_accuracy") ? "accuracy" : "right";
  if (!file.open_object(first).has_attribute("test_" + measure)) return {};
  const std::size_t width = name_width(learners);
  std::string text = fmt::format("\n  {:<{}}  {:<32}  {}\n", measure == "right" ? "fraction right" : measure, width,
                                 "training, while learning", "test");
  for (const auto& parameters : learners) {
    const auto learner = file.open_object("/learners/" + parameters.name);
    text += fmt::format("  {:<{}}  {:<32}  {}\n", parameters.name, width,
                        quartiles_text(learner.numbers("train_" + measure)),
                        quartiles_text(learner.numbers("test_" + measure)));
  }
  return text;
}

/// How outputs send the spikes that they are to send, in all networks; "" if none does.
std::string spikes_of_ensemble(const io::Hdf5File& file, const std::vector<sim::LearnerParameters>& learners) {
  const std::size_t width = name_width(learners);
  std::string text;
  for (const auto& learner : learners) {
    if (!learner.sends_spikes()) continue;
    const auto group = file.open_object("/learners/" + learner.name);
    text += fmt::format(
        "  {:<{}}  {:<32}  {:<32}  {}\n", learner.name, width, quartiles_text(group.numbers("test_log_likelihood")),
        quartiles_text(group.numbers("test_coincidence")), quartiles_text(group.numbers("test_van_rossum")));
  }
  if (text.empty()) return text;
  return fmt::format("\n  {:<{}}  {:<32}  {:<32}  {}\n", "test spikes", width, "nats/spike", "coincidence",
                     "van Rossum") +
         text;
}

/// What became of the free runs of all networks; "" if there were none.
std::string free_runs_of_ensemble(const io::Hdf5File& file, const std::vector<sim::LearnerParameters>& learners) {
  std::string text;
  for (const auto& [name, rule, recurrent, start, output, fold] : learners) {
    const std::string group = "/learners/" + name + "/free_run/";
    const auto line = free_runs_text([&](const std::string& score) { return numbers_in(file, group + score); });
    if (!line.empty()) text += fmt::format("  {:<{}}  {}\n", name, name_width(learners), line);
  }
  return text.empty() ? text : "\n  Free runs\n" + text;
}

/// How the batch rules of all networks fit what they learned from, and what they chose; "" if there were none.
std::string fits_of_ensemble(const io::Hdf5File& file, const std::vector<sim::LearnerParameters>& learners) {
  const std::size_t width = std::max<std::size_t>(name_width(learners), 11);
  std::string text;
  for (const auto& [name, rule, recurrent, start, output, fold] : learners) {
    const auto learner = file.open_object("/learners/" + name);
    if (!learner.has_attribute("fit_nrmse")) continue;
    text += fmt::format("  {:<{}}  {:<32}", name, width, quartiles_text(learner.numbers("fit_nrmse")));
    std::map<double, int> chosen;
    for (const double lambda : learner.numbers("fit_lambda")) {
      if (std::isfinite(lambda)) ++chosen[lambda];
    }
    std::vector<std::string> words;
    for (const auto& [lambda, count] : chosen) words.push_back(fmt::format("{:.4g} ({})", lambda, count));
    text += "  " + core::joined(words, ", ") + "\n";
  }
  if (text.empty()) return text;
  return fmt::format("\n  {:<{}}  {:<32}  {}\n", "solution of", width, "fit NRMSE", "lambda (networks)") + text;
}

}  // namespace

std::string free_runs_text(const std::function<std::vector<double>(const std::string&)>& values) {
  const auto times = values("valid_time");
  if (times.empty()) return {};
  std::string text;
  const auto held = values("held");
  if (!held.empty()) {
    const auto errors = values("aligned_nrmse");
    const std::size_t windows = errors.size() / held.size();
    std::vector<double> largest;
    for (std::size_t k = 0; k < held.size(); ++k) {
      largest.push_back(core::ranked(std::span(errors).subspan(k * windows, windows)).back());
    }
    text = fmt::format("held: {} of {}, aligned NRMSE up to {}", std::ranges::count(held, 1.0), held.size(),
                       quartiles_text(largest));
    const auto drift = values("phase_drift");
    text += drift.empty() ? "; " : fmt::format(", phase drift {} rad per period; ", quartiles_text(drift));
  }
  text += "valid time " + quartiles_text(times);
  const auto lyapunov_times = values("valid_lyapunov_times");
  return lyapunov_times.empty() ? text : text + fmt::format(", {} Lyapunov times", quartiles_text(lyapunov_times));
}

EnsembleSummary summary_of_ensemble(const std::string& path, const std::vector<sim::LearnerParameters>& learners) {
  const auto file = io::Hdf5File::open(path);
  const auto networks = file.open_object("/seed").shape().at(0);
  EnsembleSummary summary;
  summary.all_diverged = true;
  const std::size_t width = name_width(learners);
  summary.text = fmt::format("\n  Median and quartiles over {} networks\n\n  {:<{}}  {:<32}  {:<32}  {}\n", networks,
                             "learner", width, "train MAE", "test NRMSE", "diverged");
  for (const auto& parameters : learners) {
    const auto learner = file.open_object("/learners/" + parameters.name);
    const auto error = [&](const char* score) {  // says little of spikes
      return parameters.sends_spikes() ? "-" : quartiles_text(learner.numbers(score));
    };
    const auto steps = learner.numbers("diverged_at_step");
    const auto diverged = std::ranges::count_if(steps, [](double step) { return step >= 0; });
    summary.all_diverged = summary.all_diverged && diverged == networks;
    summary.text += fmt::format("  {:<{}}  {:<32}  {:<32}  {}\n", parameters.name, width, error("train_mae"),
                                error("test_nrmse"), diverged);
  }
  summary.text += answers_of_ensemble(file, learners) + spikes_of_ensemble(file, learners) +
                  free_runs_of_ensemble(file, learners) + fits_of_ensemble(file, learners) +
                  fmt::format("\nResult: {}\n", path);
  return summary;
}

}  // namespace bayres::app
