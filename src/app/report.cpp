#include "report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace bayres::app {
namespace {

using sim::Part;
using sim::Score;

std::string rule_name(const sim::LearnerParameters& learner) {
  std::string name;
  rules::Registry::for_each([&]<class Rule>() {
    if (std::holds_alternative<typename Rule::Parameters>(learner.rule)) name = Rule::info.name;
  });
  return name;
}

/// A measure in four digits; "-" if there is none.
std::string measure_text(double value) { return std::isnan(value) ? "-" : fmt::format("{:.4g}", value); }

std::string learner_table(const sim::Simulation& simulation) {
  std::size_t width = 8;
  for (const auto& learner : simulation.learners()) width = std::max(width, learner.name().size());
  std::string text = fmt::format("\n  {:<{}}  {:<21}  {:>10}  {:>10}  {}\n", "learner", width, "rule", "train MAE",
                                 "test NRMSE", "diverged");
  for (const auto& learner : simulation.learners()) {
    const std::string diverged = learner.active() ? "no" : fmt::format("at step {}", learner.diverged_at_step());
    text += fmt::format("  {:<{}}  {:<21}  {:>10}  {:>10}  {}\n", learner.name(), width,
                        rule_name(learner.parameters()), measure_text(mean_of(learner.train, &Score::mae)),
                        measure_text(mean_of(learner.test, &Score::nrmse)), diverged);
  }
  return text;
}

}  // namespace

std::string report(const sim::Simulation& simulation, const std::string& path, double elapsed_seconds) {
  const auto& comm = simulation.comm();
  std::vector<double> seconds;
  double total = 0;
  for (std::size_t p = 0; p < sim::part_names.size(); ++p) {
    seconds.push_back(comm.max(simulation.stopwatch().seconds(static_cast<Part>(p))));
    total += seconds.back();
  }
  if (simulation.steps_here() == 0)
    return learner_table(simulation) + fmt::format("\nNo steps were left.\n\nResult: {}\n", path);
  const auto steps = static_cast<double>(simulation.steps_here());
  const auto synapses = static_cast<double>(comm.sum(simulation.network().recurrent.synapses()));
  std::string text = learner_table(simulation);
  text += fmt::format("\n  {:<10}  {:>9}  {:>9}  {:>6}\n", "part", "seconds", "us/step", "share");
  for (std::size_t p = 0; p < seconds.size(); ++p) {
    text += fmt::format("  {:<10}  {:>9.3f}  {:>9.2f}  {:>5.1f}%\n", sim::part_names[p], seconds[p],
                        1e6 * seconds[p] / steps, 100 * seconds[p] / total);
  }
  text +=
      fmt::format("\n  {} neurons, {:.4g} recurrent synapses ({}), {} ranks; {:.0f} steps in {:.2f} s\n",
                  simulation.configuration().reservoir.size, synapses,
                  simulation.network().recurrent.sparse() ? "sparse" : "dense", comm.size(), steps, elapsed_seconds);
  text += fmt::format("  {:.0f} steps/s, {:.3g} synaptic operations/s; slowest rank of each part\n", steps / total,
                      synapses * steps / total);
  return text + fmt::format("\nResult: {}\n", path);
}

}  // namespace bayres::app
