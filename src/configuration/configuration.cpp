#include "bayres/configuration/configuration.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <set>

#include "bayres/configuration/combinations.hpp"
#include "bayres/core/error.hpp"
#include "bayres/core/text.hpp"
#include "bayres/neurons/clamp.hpp"
#include "bayres/results/observables.hpp"
#include "bayres/sections/learner_sections.hpp"
#include "bayres/sections/section_reader.hpp"
#include "bayres/sections/sections.hpp"
#include "bayres/simulation/simulation.hpp"

namespace bayres::app {
namespace {

using core::Index;
using core::Real;

/// File entries with overrides applied; overrides of other keys come last.
std::vector<Entry> merged(const Entries& file, const Entries& overrides) {
  std::vector<Entry> all = file.entries;
  for (const auto& entry : overrides.entries) {
    const auto same = [&](const Entry& other) { return other.name() == entry.name(); };
    const auto found = std::ranges::find_if(all, same);
    if (found == all.end()) {
      all.push_back(entry);
    } else {
      *found = entry;
    }
  }
  return all;
}

/// The keys of the component that a section names.
void read_component(SectionReader& reader, const Section& section, const sim::Components& components,
                    sim::Configuration& configuration, std::vector<std::string>& problems) {
  const auto& chooser = *section.chooser;
  if (chooser.choose(configuration, components)) {
    auto settings = chooser.get(configuration);
    reader.read(settings);
    return chooser.set(configuration, settings);
  }
  const std::string key(chooser.key);
  reader.ignore_rest();
  problems.push_back(unknown_word(reader.where(key), section.name + "." + key, chooser.word(configuration),
                                  chooser.names(components)));
}

/// Reads record.NAME and record.NAME.every of all quantities that can be recorded.
void read_recorded(SectionReader& reader, sim::Configuration& c, std::vector<std::string>& problems) {
  const auto read = [&](const std::string& key, const core::Bounds& bounds, auto& into) {
    const Entry* entry = reader.take(key);
    if (entry == nullptr) return;
    core::SettingValue value = into;
    if (const auto problem = core::read_value(entry->value, {.bounds = bounds, .initial = value}, value)) {
      problems.push_back(entry->where + ": record." + key + " = " + *problem);
    }
    into = std::get<std::remove_reference_t<decltype(into)>>(value);
  };
  for (const auto& name : sim::recordable(c)) {
    sim::Recorded one{name};
    read(name, core::between(0, 2147483647), one.neurons);
    read(name + ".every", core::at_least(1), one.every);
    if (!one.neurons.empty() || one.every > 0) c.record.quantities.push_back(std::move(one));
  }
}

void report_unknown_sections(const std::vector<Entry>& entries, std::vector<std::string>& problems) {
  std::vector<std::string> known;
  for (const auto& section : sections()) known.push_back(section.name);
  std::set<std::string> reported;
  for (const auto& entry : entries) {
    const bool learner = entry.section.starts_with("learner.") && entry.section.size() > 8;
    if (learner || std::ranges::find(known, entry.section) != known.end()) continue;
    if (!reported.insert(entry.section).second) continue;
    problems.push_back(unknown_word(entry.where, "section", "[" + entry.section + "]", known));
  }
}

}  // namespace

ReadConfiguration read_configuration(const Entries& file, const Entries& overrides, const sim::Components& components,
                                     Index network_size) {
  ReadConfiguration read;
  auto& problems = read.problems;
  problems = file.problems;
  problems.insert(problems.end(), overrides.problems.begin(), overrides.problems.end());
  read.entries = merged(file, overrides);
  const auto& entries = read.entries;
  for (const auto& entry : entries) {
    if (entry.automatic) read.configuration.automatic.insert(entry.name());
  }
  if (file.entries.empty() && file.problems.empty()) {
    problems.push_back(file.path + ": is empty: it needs at least [protocol] train = ... and a [learner.NAME]");
  }
  report_unknown_sections(entries, problems);
  auto& c = read.configuration;
  c.measures = components.measures;
  for (const auto& section : sections()) {
    if (section.name == learner_section) {
      c.learners = read_learners(entries, components, c, problems);
      continue;
    }
    auto settings = section.get(c);
    SectionReader reader(section.name, entries, problems);
    reader.read(settings);
    section.set(c, settings);
    if (section.chooser) read_component(reader, section, components, c, problems);
    if (section.name == "record") read_recorded(reader, c, problems);
    reader.report_unknown();
    if (section.name == "reservoir" && network_size > 0) c.reservoir.size = network_size;
  }
  if (const auto tau = core::to_number(c.reservoir.tau)) c.reservoir.tau = core::to_text(*tau);
  c.reservoir.spiking = c.neurons->send_spikes();
  c.reservoir.balanced = c.neurons->balances_rows(c.reservoir.has_signs());
  c.reservoir.transformed = c.reservoir.network.empty() && !c.connections->is_stored() && c.neurons->is_driven();
  if (!c.task_parameters || !c.task_parameters->has_answers())
    c.measures.remove(std::mem_fn(&sim::MeasureChoice::of_trials));
  const bool classifies = c.task_parameters && c.task_parameters->gives_classes();
  c.measures.remove(std::mem_fn(classifies ? &sim::MeasureChoice::of_trials : &sim::MeasureChoice::of_classes));
  if (!c.outputs_spike()) c.measures.remove(std::mem_fn(&sim::MeasureChoice::of_spikes));
  if (!c.neurons->is_driven()) {  // no J is stored
    constexpr double hardly_any = 1e-9;
    c.reservoir.gain = 0;
    c.reservoir.connectivity = hardly_any;
  }
  return read;
}

bool takes_size_from_network(const ReadConfiguration& read) {
  const auto is_size = [](const Entry& entry) { return entry.name() == "reservoir.size"; };
  return !read.configuration.reservoir.network.empty() && std::ranges::none_of(read.entries, is_size);
}

tasks::Context task_context(const sim::Configuration& c, std::shared_ptr<const tasks::Table> table) {
  const sim::Schedule schedule(c.protocol, c.reservoir.dt);
  Index end = schedule.end();
  if (c.frozen_run_ahead() && !schedule.evaluations().empty()) {
    end = std::max(end, schedule.evaluations().back() + schedule.evaluation_span());
  }
  return {.dt = c.reservoir.dt,
          .tau = c.reservoir.unit_of_time(),
          .steps = end,
          .train_end = schedule.train_end(),
          .table = std::move(table),
          .driven = c.task.drive == "target",
          .washout_end = schedule.washout_end(),
          .neurons = c.reservoir.size,
          .random = c.random(),
          .folds = c.protocol.folds,
          .poisson = c.independent_trains()};
}

namespace {

/// Whether the length of the run depends on a file that has not been read, or that lacks the columns.
bool lacks_durations(const sim::Configuration& c, const std::shared_ptr<const tasks::Table>& table) {
  return c.task_parameters->recording() != nullptr && core::is_automatic(c.protocol.train) &&
         (table == nullptr || table->names.empty());
}

/// Durations that are `auto`: for files they follow from task.split, for others they are 0.
void resolve_durations(sim::Configuration& c, const std::shared_ptr<const tasks::Table>& table) {
  auto& p = c.protocol;
  const auto* file = c.task_parameters->recording();
  if (file != nullptr && table != nullptr) {
    const Real dt = c.reservoir.dt;
    const auto whole = [dt](Real duration) { return std::floor(duration / dt + 1e-9) * dt; };
    const tasks::Context context{.dt = dt, .tau = c.reservoir.unit_of_time(), .table = table, .folds = p.folds};
    const Real available = file->duration(context);
    c.settle("protocol.train", p.train, std::max(0.0, whole(file->split_time(context)) - p.washout));
    c.settle("protocol.test", p.test, std::max(0.0, whole(available - p.washout - p.train)));
  }
  if (file != nullptr) {
    auto settled = *file;
    c.settle("task.sample_interval", settled.sample_interval, c.reservoir.dt);
    if (table != nullptr && file->gives_classes() && file->classes.empty()) settled.classes = file->classes_of(*table);
    c.task_parameters->settings = core::Settings(settled);
  }
  c.settle("protocol.train", p.train, 0);
  c.settle("protocol.test", p.test, 0);
  c.settle("protocol.evaluate_span", p.evaluate_span, p.test);
}

/// Adds a problem if there are too many steps to be done, or too many snapshots to be held.
void check_lengths(const sim::Configuration& c, const sim::Schedule& schedule, std::vector<std::string>& problems) {
  constexpr Index most_steps = 1'000'000'000'000;
  constexpr Index most_snapshots = 10'000'000;
  if (std::max(schedule.end(), schedule.evaluation_span()) > most_steps) {
    problems.push_back(
        "protocol.train, protocol.washout, protocol.test or protocol.evaluate_span with reservoir.dt = " +
        core::to_text(c.reservoir.dt) + " make more than 1e12 steps: shorten them");
  }
  const Index every = c.record.weights_every;
  if (every > 0 && (schedule.train_end() - schedule.washout_end()) / every > most_snapshots) {
    problems.push_back("record.weights_every = " + std::to_string(every) + " makes more than " +
                       std::to_string(most_snapshots) + " snapshots of the weights: make fewer");
  }
}

void check_protocol(const sim::Configuration& c, bool has_durations, std::vector<std::string>& problems) {
  const auto& p = c.protocol;
  const sim::Schedule schedule(p, c.reservoir.dt);
  if (has_durations && schedule.end() < 1) {
    problems.emplace_back("the run has no steps: give protocol.train (and washout, test) in time units");
  }
  check_lengths(c, schedule, problems);
  if (std::isnan(sim::seconds_of(c.run.max_walltime))) {
    problems.push_back(
        "run.max_walltime = \"" + c.run.max_walltime +
        "\" is not a wall time: write H:M:S (11:30:00), M:S, D-H:M:S (1-12:00:00), D-H, minutes (90), or a "
        "number with its unit (12h, 90m, 300s, 2d)");
  }
  for (const Real time : p.evaluate_at) {
    if (time >= p.washout && time <= p.washout + p.train) continue;
    problems.push_back("protocol.evaluate_at: " + core::to_text(time) + " is not within training, which lasts from " +
                       core::to_text(p.washout) + " to " + core::to_text(p.washout + p.train));
  }
}

void check_ensemble(const sim::Configuration& c, std::vector<std::string>& problems) {
  constexpr double most_networks = 1e5;
  auto seeds = c.ensemble.seeds;
  std::ranges::sort(seeds);
  const auto twice = std::ranges::adjacent_find(seeds);
  if (twice != seeds.end()) {
    problems.push_back("ensemble.seeds: " + std::to_string(*twice) + " comes twice: give each seed once");
  }
  if (static_cast<double>(seeds.size()) * static_cast<double>(c.ensemble.replicas) > most_networks) {
    problems.emplace_back("ensemble.replicas: seeds times replicas are more than 1e5 networks: use fewer");
  }
}

/// Period and Lyapunov exponent that are `auto` are those of the task.
void resolve_free_run(sim::Configuration& c) {
  const tasks::Context context{.dt = c.reservoir.dt, .tau = c.reservoir.unit_of_time()};
  c.settle("free_run.period", c.free_run.period, c.task_parameters->target_period(context));
  c.settle("free_run.lyapunov_exponent", c.free_run.lyapunov_exponent, c.task_parameters->lyapunov_exponent(context));
}

void check_intrinsic(const sim::Configuration& c, std::vector<std::string>& problems) {
  const auto used = c.used_intrinsic();
  if (!c.intrinsic.is_on()) return;
  if (used.duration > c.protocol.washout) {
    problems.push_back(
        "intrinsic_plasticity.duration = " + core::to_text(used.duration) +
        " is longer than the washout: allowed is 0 to protocol.washout = " + core::to_text(c.protocol.washout));
  }
  const bool exponential = c.neurons->rates_become() == model::RateDistribution::exponential;
  if (exponential && used.mean <= 0) {
    problems.push_back("intrinsic_plasticity.mean = " + core::to_text(used.mean) +
                       " is no mean of rates that are exponential: allowed is 0 < mean < 1");
    return;
  }
  // With a larger one a bias would jump from one side of its goal to the other.
  const core::Real most = exponential ? 1 / (2 + 1 / used.mean) : 1 / (2 + 1 / (used.sd * used.sd));
  if (used.rate > most) {
    problems.push_back("intrinsic_plasticity.rate = " + core::to_text(used.rate) +
                       " is too large a step for this mean and sd: allowed is 0 to " + core::to_text(most));
  }
}

void check_free_run(const sim::Configuration& c, bool has_durations, std::vector<std::string>& problems) {
  auto given = c.free_run;
  const auto run = has_durations ? sim::free_run_of(c) : std::nullopt;
  // That of the task may be longer than the test: then nothing is said of periods.
  if (!run || c.automatic.contains("free_run.period")) given.period = 0;
  std::ranges::move(sim::problems_of({given, c.reservoir.dt, run ? run->steps : 0}, "protocol.test"),
                    std::back_inserter(problems));
}

void check_references(const sim::Configuration& c, std::vector<std::string>& problems) {
  std::ranges::move(model::clamp_problems(c.reservoir.clamp, c.reservoir.size), std::back_inserter(problems));
  auto all = sim::recorded_of(c);
  all.push_back({"recurrent", c.record.recurrent});
  const auto spikes = c.spikes_recorded();
  if (spikes) all.push_back({"spikes", *spikes});
  if (!spikes) {
    problems.push_back("record.spikes = " + c.record.spikes +
                       " is neither true nor false nor a list of neurons such as 0..9, 17");
  }
  for (const auto& recorded : all) {
    const auto beyond = std::ranges::find_if(recorded.neurons, [&](Index n) { return n >= c.reservoir.size; });
    if (beyond != recorded.neurons.end()) {
      problems.push_back("record." + recorded.name + ": there is no neuron " + std::to_string(*beyond) +
                         ": allowed is 0 to " + std::to_string(c.reservoir.size - 1));
    } else if (recorded.neurons.empty() && recorded.every > 0) {
      problems.push_back("record." + recorded.name + ".every has no effect without record." + recorded.name +
                         ": remove it, or say of which neurons");
    }
  }
}

/// Writes before each problem, from number `first` on, the place of the first key that it names.
void add_places(const std::vector<Entry>& entries, std::vector<std::string>& problems, std::size_t first) {
  for (std::size_t i = first; i < problems.size(); ++i) {
    const Entry* named = nullptr;
    std::size_t position = std::string::npos;
    for (const auto& entry : entries) {
      const auto at = problems[i].find(entry.name());
      if (at < position) {
        position = at;
        named = &entry;
      }
    }
    if (named != nullptr) problems[i] = named->where + ": " + problems[i];
  }
}

/// Learns the scales of the task's channels, unless they are known from an earlier run; returns what prevents it.
std::string learn_scales(sim::Configuration& c, const std::shared_ptr<const tasks::Table>& table) {
  if (c.task.normalise == "none" || !c.scales.empty()) return {};
  const auto context = task_context(c, table);
  const auto* file = c.task_parameters->recording();
  auto names = file == nullptr ? std::vector<std::string>() : file->channels(context.driven);
  for (auto& name : names) name = "column \"" + name + "\" of " + file->path;
  try {
    c.scales = tasks::learned_scales(c.task_parameters->make(context), context.train_end, names,
                                     !c.task_parameters->gives_classes());
  } catch (const core::Error& error) {
    return error.what();
  }
  return {};
}

/// How many weights of W_in and W_fb a neuron is expected to learn.
Real projected_inputs(const sim::Configuration& c, const std::shared_ptr<const tasks::Table>& table) {
  const auto task = c.task_parameters->make(task_context(c, table));
  const Index fed_back = c.protocol.feedback == "none" ? 0 : sim::output_count(task);
  return core::as_real(sim::input_count(task, c.task) + fed_back);
}

}  // namespace

void resolve(ReadConfiguration& read, const std::shared_ptr<const tasks::Table>& table) {
  auto& c = read.configuration;
  auto& problems = read.problems;
  if (read.entries.empty()) return;  // reported already
  const std::size_t located = problems.size();
  const bool has_durations = !lacks_durations(c, table);
  resolve_durations(c, table);
  resolve_free_run(c);
  std::ranges::sort(c.protocol.evaluate_at);
  const auto in_order = [](std::vector<Index>& neurons) {
    std::ranges::sort(neurons);
    neurons.erase(std::unique(neurons.begin(), neurons.end()), neurons.end());
  };
  in_order(c.record.rates);
  in_order(c.record.recurrent);
  for (auto& recorded : c.record.quantities) in_order(recorded.neurons);
  if (c.reservoir.storage == "auto" && c.lacks_weights_to_learn()) {  // those that are absent stay so
    c.reservoir.storage = "sparse";
    c.automatic.insert("reservoir.storage");
  }
  check_protocol(c, has_durations, problems);
  check_references(c, problems);
  if (auto problem = c.readout.problem(); !problem.empty()) problems.push_back(std::move(problem));
  if (auto problem = c.neurons->problem(c.reservoir.dt); !problem.empty()) problems.push_back("neuron." + problem);
  if (auto problem = c.connections->problem(c.reservoir); !problem.empty()) problems.push_back("reservoir." + problem);
  if (auto problem = c.reservoir.problem_of_tau(); !problem.empty()) problems.push_back(std::move(problem));
  check_free_run(c, has_durations, problems);
  check_intrinsic(c, problems);
  check_ensemble(c, problems);
  const bool lacks_table = c.task_parameters->recording() != nullptr && table == nullptr;
  std::ranges::move(contradictions(c, Purpose::run), std::back_inserter(problems));
  auto of_task = lacks_table ? std::string() : c.task_parameters->problem(task_context(c, table));
  if (of_task.empty() && !lacks_table && problems.empty()) of_task = learn_scales(c, table);
  if (of_task.empty() && !lacks_table) of_task = c.input_problem(task_context(c, table));
  if (!of_task.empty()) problems.push_back(of_task);
  if (problems.empty() && !lacks_table && c.learns_projections()) c.projected_inputs = projected_inputs(c, table);
  add_places(read.entries, problems, located);
}

}  // namespace bayres::app
