#include "bayres/reports/report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "bayres/configuration/resolved.hpp"
#include "bayres/core/quantile.hpp"
#include "bayres/core/text.hpp"
#include "bayres/io/hdf5.hpp"

namespace bayres::app {
std::size_t name_width(const std::vector<sim::LearnerParameters>& learners) {
  std::size_t width = 8;
  for (const auto& learner : learners) width = std::max(width, learner.name.size());
  return width;
}

namespace {

using sim::Score;

/// A measure in four digits; "-" if there is none.
std::string measure_text(double value) { return std::isfinite(value) ? fmt::format("{:.4g}", value) : "-"; }

std::string learner_table(const sim::Simulation& simulation) {
  const std::size_t width = name_width(simulation.configuration().learners);
  std::string text = fmt::format("\n  {:<{}}  {:<21}  {:>10}  {:>10}  {}\n", "learner", width, "rule", "train MAE",
                                 "test NRMSE", "diverged");
  for (const auto& learner : simulation.learners()) {
    const std::string diverged = learner.active() ? "no" : fmt::format("at step {}", learner.diverged_at_step());
    const bool is_rate = !learner.parameters().sends_spikes();
    text +=
        fmt::format("  {:<{}}  {:<21}  {:>10}  {:>10}  {}\n", learner.name(), width, rule_name(learner.parameters()),
                    is_rate ? measure_text(mean_of(learner.train, &Score::mae)) : "-",
                    is_rate ? measure_text(mean_of(learner.test, &Score::nrmse)) : "-", diverged);
  }
  return text;
}

/// Right answers of each learner; "" if the task has none.
std::string answer_table(const sim::Simulation& simulation) {
  const auto& c = simulation.configuration();
  const auto names = sim::answer_measures(c.measures);
  if (!names) return {};
  const auto text_of = [&](const sim::Scores& scores) {
    const auto value = [&](const char* measure) { return mean_of(scores, **c.measures.find(measure)); };
    if (!std::isfinite(value(names->fraction))) return std::string("-");
    return fmt::format("{:.1f} % ({:.1f} - {:.1f}) of {:.0f}", 100 * value(names->fraction), 100 * value(names->low),
                       100 * value(names->high), value(names->count));
  };
  const std::size_t width = name_width(c.learners);
  std::string text = fmt::format("\n  {:<{}}  {:<32}  test (95 % confidence) of {}\n", names->fraction, width,
                                 "training, while learning", names->count);
  for (const auto& learner : simulation.learners()) {
    text += fmt::format("  {:<{}}  {:<32}  {}\n", learner.name(), width,
                        learner.is_batch() ? "-" : text_of(learner.train), text_of(learner.test));
  }
  return text;
}

/// What the learners of all folds have in the test, by their name without the fold; "" if there are no folds.
std::string fold_table(const sim::Simulation& simulation) {
  const auto& c = simulation.configuration();
  if (c.protocol.folds == 0) return {};
  const std::string measure = c.task_parameters->gives_classes() ? "accuracy" : "nrmse";
  std::map<std::string, std::vector<double>> tests;
  std::vector<std::string> order;
  for (const auto& learner : simulation.learners()) {
    const auto name = learner.name().substr(0, learner.name().rfind("_fold_"));
    if (!tests.contains(name)) order.push_back(name);
    tests[name].push_back(mean_of(learner.test, **c.measures.find(measure)));
  }
  const std::size_t width = name_width(c.learners);
  std::string text = fmt::format("\n  {:<{}}  mean, smallest and largest test {} of {} folds\n", "folds", width,
                                 measure, c.protocol.folds);
  for (const auto& name : order) {
    const auto& all = tests.at(name);
    const double mean = std::accumulate(all.begin(), all.end(), 0.0) / static_cast<double>(all.size());
    const auto [least, largest] = std::ranges::minmax(all);
    text += fmt::format("  {:<{}}  {:.4g} ({:.4g} - {:.4g})\n", name, width, mean, least, largest);
  }
  return text;
}

/// How outputs send the spikes that they are to send; "" if none does.
std::string spike_table(const sim::Simulation& simulation) {
  const auto& c = simulation.configuration();
  if (!c.outputs_spike()) return {};
  const auto text_of = [&](const sim::Scores& scores) {
    const auto value = [&](const char* measure) { return measure_text(mean_of(scores, **c.measures.find(measure))); };
    return fmt::format("{:>9}  {:>11}  {:>10}", value("log_likelihood"), value("coincidence"), value("van_rossum"));
  };
  const std::size_t width = name_width(c.learners);
  std::string text = fmt::format("\n  {:<{}}  {:<34}  {}\n  {:<{}}  {:>9}  {:>11}  {:>10}  {:>9}  {:>11}  {:>10}\n",
                                 "spikes", width, "training, while learning", "test", "", width, "nats/spike",
                                 "coincidence", "van Rossum", "nats/spike", "coincidence", "van Rossum");
  for (const auto& learner : simulation.learners()) {
    if (!learner.parameters().sends_spikes()) continue;
    text += fmt::format("  {:<{}}  {}  {}\n", learner.name(), width, text_of(learner.train), text_of(learner.test));
  }
  return text;
}

}  // namespace

namespace {

/// How long ranks wait for the slowest of each step.
std::string waiting_line(const sim::Performance& performance) {
  if (performance.waiting.size() == 1) return {};
  const auto most = std::ranges::max_element(performance.waiting);
  return fmt::format("  ranks wait for the slowest one {:.2g}% of the time, rank {} most: {:.2g}%\n",
                     100 * performance.mean_waiting(), most - performance.waiting.begin(),
                     100 * *most / performance.seconds_in_steps);
}

/// How J is stored, bytes of it read per step, the bandwidth, and its share of that of the machine, if measured.
std::string memory_line(const sim::Simulation& simulation, const sim::Performance& performance) {
  const double per_nanosecond = performance.bandwidth() / 1e9;
  std::string text = fmt::format("  J: {}; {:.4g} MB read per step, at {:.3g} GB/s",
                                 simulation.network().recurrent.description(), performance.bytes / 1e6, per_nanosecond);
  if (performance.read_bandwidth > 0) {
    text += fmt::format(", {:.0f}% of the {:.3g} GB/s that reading alone reaches",
                        100 * performance.bandwidth() / performance.read_bandwidth, performance.read_bandwidth / 1e9);
  }
  const auto way = performance.way;
  if (!performance.instruction_set.empty()) text += "; products in " + performance.instruction_set;
  if (way == model::ProductWay::dealt) {
    text +=
        fmt::format("\n  J r: ranks that wait take over rows of others, {:.2g}% of all", 100 * performance.taken_over);
  } else if (way != model::ProductWay::alone) {
    text += "\n  J r: by all ranks together, ";
    text += way == model::ProductWay::shared ? "in shared memory" : "by parts that they send each other";
  }
  return text + fmt::format("\n  exchange of rates and sums: {}\n", simulation.comm().exchange_path());
}

}  // namespace

namespace {

/// Advice for a target far from mean 0 and sd 1.
constexpr const char* normalising = "task.normalise = zscore gives it mean 0 and sd 1";

/// Whether readouts or neurons have a bias, so that a readout can hold a constant. A network from a file may have some.
bool has_bias(const sim::Configuration& c) {
  return c.readout.has("bias") || c.reservoir.bias_scale > 0 || (!c.reservoir.network.empty() && !c.J_alone);
}

/// The note on one output's target, or ""; `name`: that of the target; `whole`: not only of the beginning of a run.
std::string note_on_target(const sim::Configuration& c, const sim::TargetStatistics& target, std::size_t output,
                           const std::string& name, bool whole) {
  constexpr double far = 1e3;
  constexpr double offset = 10;
  constexpr double most_of_it = 1;  // the mean is more than half of the mean square
  const double mean = target.mean(output);
  const double sd = target.sd(output);
  if (target.count(output) == 0) return {};
  if (sd == 0) return fmt::format("{} is constant, {:.4g}: NRMSE and r2 have no meaning, MAE has.", name, mean);
  if (std::abs(mean) > offset * sd) {
    return fmt::format("The mean of {}, {:.4g}, is large against its sd, {:.4g}: {}.", name, mean, sd, normalising);
  }
  if (whole && std::abs(mean) > most_of_it * sd && !has_bias(c)) {
    return fmt::format(
        "The mean of {}, {:.4g}, is larger than its sd, {:.4g}, and there is no bias from which a readout could take "
        "it: readout.features = rates+bias and reservoir.bias_scale give one; {}.",
        name, mean, sd, normalising);
  }
  if (sd > far || sd < 1 / far) {
    return fmt::format(
        "The sd of {}, {:.4g}, is far from the size of a rate, 1, which rules and initial weights go by: {}.", name, sd,
        normalising);
  }
  return {};
}

/// What is odd about how much neurons spike, or "".
std::string note_on_spikes(const sim::Simulation& simulation) {
  if (!simulation.configuration().reservoir.spiking || simulation.steps_done() == 0) return {};
  constexpr double many = 0.2;  // spikes of a neuron in 1 ms: faster than nearly all neurons of the brain
  const double rate = sim::firing_rate(simulation);
  if (rate == 0) {
    return "  Note: no spikes: with a bias below the threshold and without a strong enough input no neuron reaches it: "
           "raise neuron.bias, reservoir.input_scale or reservoir.noise.\n";
  }
  if (simulation.configuration().rates_measured.largest_sum == 0 && simulation.schedule().washout_end() > 0) {
    return "  Note: no spikes in the washout, so that it says nothing of kappa: that for rates was taken, "
           "reservoir.size.\n";
  }
  if (rate < many) return {};
  return fmt::format(
      "  Note: neurons fire at {:.0f} spikes/s on average: J, input or bias is too strong, or weights are "
      "not balanced (neuron.balanced).\n",
      1000 * rate);
}

/// How many of the desired spikes an output cannot send, or "": of the first learner that has such.
std::string note_on_desired_spikes(const sim::Simulation& simulation) {
  for (std::size_t l = 0; l < simulation.learners().size(); ++l) {
    const auto listener = static_cast<core::Index>(l);
    const auto& outputs = simulation.outputs();
    if (!outputs.sends(listener) || outputs.missed(listener) == 0) continue;
    const auto& learner = simulation.learners()[l];
    return fmt::format(
        "  Note: {} desired spikes came within output.tau_ref = {:.4g} ms of the one before, in which {} cannot spike "
        "and learns nothing: choose a shorter output.tau_ref, or spikes further apart.\n",
        outputs.missed(listener), learner.parameters().spikes->tau_ref, learner.name());
  }
  return {};
}

std::string target_name(const sim::Configuration& c, std::size_t output) {
  const auto* file = c.task_parameters->recording();
  if (file != nullptr) return "target " + file->outputs()[output];
  return "target " + std::to_string(output);
}

}  // namespace

std::string notes_on(const sim::Simulation& simulation) {
  const auto& c = simulation.configuration();
  const auto& target = simulation.target_statistics();
  std::string text;
  for (std::size_t m = 0; m < target.outputs() && !c.task_parameters->gives_spikes(); ++m) {
    const auto name = target_name(c, m);
    const auto note = note_on_target(c, target, m, name, simulation.steps_done() >= simulation.schedule().end());
    if (!note.empty()) text += "  Note: " + note + "\n";
    const auto& test = simulation.learners().front().test[m];
    if (!note.empty() || test.count() == 0 || test.target_variance() > 0) continue;
    text +=
        fmt::format("  Note: {} is constant in the test phase: NRMSE and r2 have no meaning there, MAE has.\n", name);
  }
  text += note_on_spikes(simulation) + note_on_desired_spikes(simulation);
  for (const auto& learner : simulation.learners()) {
    if (learner.active()) continue;
    if (learner.is_batch() && learner.diverged_at_step() == simulation.schedule().train_end() - 1) {
      text += fmt::format(
          "  Note: {} has no weights: rates or targets were too large for sums of their squares, or no step was held "
          "out "
          "to choose lambda on.\n",
          learner.name());
      continue;
    }
    text += fmt::format(
        "  Note: {} diverged: |z| was more than protocol.divergence_limit = {:.4g} times the size of the target, "
        "{:.4g}. "
        "A smaller learning rate (for bayes a larger kappa) keeps a rule stable; of a target, {}.\n",
        learner.name(), c.protocol.divergence_limit, target.size(), normalising);
  }
  return text.empty() ? text : "\n" + text;
}

namespace {

/// What became of the free run of the test phase; "" if there was none.
std::string free_run_table(const sim::Simulation& simulation) {
  const auto* runs = simulation.free_runs();
  if (runs == nullptr) return {};
  const auto& c = simulation.configuration();
  const auto width = name_width(c.learners);
  const auto windows = runs->plan().windows();
  std::string text = fmt::format("\n  Free run of {:.4g}", core::as_real(runs->steps()) * c.reservoir.dt);
  text += windows > 0 ? fmt::format(", {} periods of the target\n", windows) : std::string("\n");
  for (sim::Index l = 0; l < runs->runs(); ++l) {
    text += fmt::format("  {:<{}}", c.learners[core::as_size(l)].name, width);
    if (windows > 0) {
      const auto errors = core::ranked(runs->aligned_nrmse(l));
      text +=
          fmt::format("  held: {} of {}, aligned NRMSE up to {}, phase drift {} rad per period;", runs->windows_held(l),
                      windows, measure_text(errors.back()), measure_text(runs->phase_drift(l)));
    }
    text += fmt::format("  valid time {}", measure_text(runs->valid_time(l)));
    const auto times = runs->valid_lyapunov_times(l);
    text += times > 0 ? fmt::format(", {} Lyapunov times\n", measure_text(times)) : std::string("\n");
  }
  return text;
}

std::string listed(std::vector<std::string> names) {
  constexpr std::size_t most = 8;
  const std::size_t left = names.size() > most ? names.size() - most : 0;
  names.resize(names.size() - left);
  return core::joined(names, ", ") + (left > 0 ? fmt::format(" and {} more", left) : "");
}

}  // namespace

std::string derived_values(const sim::Configuration& c) {
  std::vector<std::pair<std::string, std::vector<std::string>>> lines;
  for (const auto& key : resolved_keys(c)) {
    if (key.value != "auto" || key.used == "auto" || !key.idle.empty()) continue;
    const bool is_learners = key.section.starts_with("learner.");
    const auto line = fmt::format("{} = {}", is_learners ? key.key : key.name(), key.used);
    auto found = std::ranges::find(lines, line, [](const auto& one) { return one.first; });
    if (found == lines.end()) found = lines.emplace(found, line, std::vector<std::string>());
    if (is_learners) found->second.push_back(key.section.substr(8));
  }
  std::string text;
  for (const auto& [line, learners] : lines) {
    text += "  auto: " + line + (learners.empty() ? "" : " (" + listed(learners) + ")") + "\n";
  }
  return text.empty() ? text : "\n" + text;
}

namespace {

/// An NRMSE that is not known below `rounding`.
std::string fit_text(double nrmse, double rounding) {
  return (nrmse > rounding ? "" : std::isfinite(rounding) ? "< " : "") + measure_text(nrmse);
}

/// How batch rules fit what they learned from, and what they chose from.
std::string fits(const sim::Simulation& simulation) {
  const std::size_t width = std::max<std::size_t>(name_width(simulation.configuration().learners), 11);
  std::string text;
  std::string choices;
  for (const auto& learner : simulation.learners()) {
    const auto fit = learner.fit();
    if (!learner.active() || !std::isfinite(fit.nrmse)) continue;
    text += fmt::format("  {:<{}}  {:>10.4g}  {:>10}\n", learner.name(), width, fit.lambda,
                        fit_text(fit.nrmse, fit.rounding));
    if (fit.candidates.empty()) continue;
    choices += fmt::format("\n  {} chose its lambda on the steps held out:\n  {:>10}  {:>10}\n", learner.name(),
                           "lambda", "NRMSE");
    for (std::size_t k = 0; k < fit.validation.size(); ++k) {
      choices += fmt::format("  {:>10.4g}  {:>10}{}\n", fit.candidates[k], measure_text(fit.validation[k]),
                             fit.candidates[k] == fit.lambda ? "  chosen" : "");
    }
  }
  if (text.empty()) return text;
  return fmt::format("\n  {:<{}}  {:>10}  {:>10}\n", "solution of", width, "lambda", "fit NRMSE") + text + choices;
}

}  // namespace

std::string report(const sim::Simulation& simulation, const std::string& path, const sim::Performance& performance,
                   double elapsed_seconds) {
  std::string text = learner_table(simulation) + answer_table(simulation) + fold_table(simulation) +
                     spike_table(simulation) + free_run_table(simulation) + fits(simulation) +
                     derived_values(simulation.configuration()) + notes_on(simulation);
  if (simulation.steps_here() == 0) return text + fmt::format("\nNo steps were left.\n\nResult: {}\n", path);
  text += fmt::format("\n  {:<10}  {:>9}  {:>9}  {:>6}\n", "part", "seconds", "us/step", "share");
  for (std::size_t p = 0; p < sim::part_names.size(); ++p) {
    const double seconds = performance.seconds[p];
    text += fmt::format("  {:<10}  {:>9.3f}  {:>9.2f}  {:>5.1f}%\n", sim::part_names[p], seconds,
                        1e6 * seconds / performance.steps, 100 * seconds / performance.seconds_in_steps);
  }
  const auto groups = simulation.configuration().groups().count;
  const std::string of_groups = groups > 1 ? std::to_string(groups) + " groups of " : "";
  text += fmt::format("\n  {}{} neurons, {:.4g} recurrent synapses, {} ranks; {:.0f} steps in {:.2f} s\n", of_groups,
                      simulation.configuration().reservoir.size, performance.synapses, simulation.comm().size(),
                      performance.steps, elapsed_seconds);
  text +=
      fmt::format("  {:.0f} steps/s, {:.3g} synaptic operations/s{}\n", performance.steps_per_second(),
                  performance.synaptic_operations_per_second(),
                  simulation.comm().size() == 1 ? "" : "; each part by its slowest rank, for which the others wait");
  if (const auto& reservoir = simulation.network().parameters; reservoir.has_radius()) {
    text += fmt::format("  gain {:.10g}: spectral radius {:.6g}\n", reservoir.gain, reservoir.spectral_radius);
  }
  if (const double rate = sim::firing_rate(simulation); rate > 0) {
    text += fmt::format("  neurons fire at {:.4g} spikes/s on average\n", 1000 * rate);
  }
  text += waiting_line(performance) + memory_line(simulation, performance);
  return text + fmt::format("\nResult: {}\n", path);
}

std::string quartiles_text(const std::vector<double>& values) {
  const auto ascending = core::ranked(values);
  const auto text = [&](double q) { return measure_text(core::quantile(ascending, q)); };
  return fmt::format("{:>9} ({} - {})", text(0.5), text(0.25), text(0.75));
}

}  // namespace bayres::app
