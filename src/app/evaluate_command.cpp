#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "bayres/app/commands.hpp"
#include "bayres/app/placement.hpp"
#include "bayres/configuration/problems.hpp"
#include "bayres/configuration/resolved.hpp"
#include "bayres/core/quoting.hpp"
#include "bayres/evaluation/ensemble.hpp"
#include "bayres/evaluation/evaluation_file.hpp"
#include "bayres/io/commit.hpp"
#include "bayres/io/seal.hpp"
#include "bayres/job/job.hpp"
#include "bayres/job/version.hpp"
#include "bayres/prediction/memory.hpp"
#include "bayres/reports/report.hpp"

namespace bayres::app {
namespace {

using core::ExitCode;
using core::Index;
using core::Real;

/// What is evaluated: a checkpoint, or a result of one network or of several.
struct Source {
  std::string path;
  std::optional<sim::CheckpointHeader> checkpoint;
  std::string configuration;  ///< resolved INI
  std::string run_id;
  std::string history;
  std::optional<io::InputFiles> inputs;  ///< input files of the run; nothing: unknown
};

/// Reads a file whose bytes have been verified.
Source read_source(const std::string& path) {
  const auto file = io::Hdf5File::open(path);
  const auto root = file.root();
  if (root.has_attribute("format")) {
    const auto header = sim::read_checkpoint_header(path);
    if (header.ensemble) {
      throw core::usage_error(path + ": is the plan of an ensemble, whose networks stand in files of their own: " +
                              "evaluate its result once it is complete");
    }
    return {path, header, header.configuration, header.run_id, header.history, header.inputs};
  }
  if (!root.has_attribute("config") || !root.has_attribute("run_id") || root.has_attribute("evaluated")) {
    throw core::io_error(path + ": is neither a checkpoint nor a result of bayres");
  }
  const auto history = root.has_attribute("history") ? root.text("history") : std::string();
  return {path, std::nullopt, root.text("config"), root.text("run_id"), history, io::read_inputs(file)};
}

/// Whether a key of the task says how to read a recording, not what is done with it.
bool is_of_recording(const Entry& entry) {
  const auto is = [&](const char* key) { return entry.key == key; };
  const bool of_training = is("horizon") || is("split") || is("normalise") || is("training_noise");
  return entry.section == "task" && !of_training && !is("name") && !is("drive");
}

/// Throws unless overrides are of section [evaluate] or [free_run], paths of the run's files, or keys of the recording
/// to evaluate.
void require_evaluate_keys(const Entries& overrides, const sim::Configuration& run) {
  const bool reads_file = run.task_parameters->recording() != nullptr;
  const bool names_file = std::ranges::any_of(overrides.entries, [](auto& e) { return e.name() == "task.path"; });
  for (const auto& entry : overrides.entries) {
    if (entry.section == "evaluate" || entry.section == "free_run") continue;
    const std::string begin = "command line: " + entry.name() + " = " + entry.value;
    if (entry.name() == "reservoir.network") {
      if (!run.reservoir.network.empty()) continue;
      throw core::usage_error(begin + ": the network of the run was drawn, not read from a file");
    }
    if (is_of_recording(entry) && !reads_file) {
      throw core::usage_error(begin + ": the task of the run is " + run.task.name + ", which reads no file");
    }
    if (is_of_recording(entry) && names_file) continue;
    throw core::usage_error(
        begin + " is a key of the run, which is over: evaluate takes keys of section evaluate or free_run, " +
        "such as --evaluate.noise=0.01" +
        (is_of_recording(entry) ? ", and this one along with --task.path=FILE, another recording"
         : reads_file           ? ", and --task.path=FILE, another recording"
                                : ""));
  }
}

/// Whether the overrides name a recording other than that of the run: another file, or another part of it. A changed
/// file at the path of the run's file is no other recording: it is refused later. Collective.
bool names_other_recording(const Entries& overrides, const Origin& origin, const comm::Communicator& comm) {
  bool more = false;
  std::string path;
  for (const auto& entry : overrides.entries) {
    if (entry.name() == "task.path") path = entry.value;
    more = more || (entry.section == "task" && entry.key != "path");
  }
  if (path.empty()) return more;
  const auto file = io::identify("task", path, comm);
  const auto* known = origin.inputs ? io::find(*origin.inputs, "task") : nullptr;
  const bool in_its_place = known != nullptr && io::same_file(file.absolute, known->absolute);
  const bool changed = !is_known(file, origin);
  if (comm.max(Index{in_its_place && changed ? 1 : 0}) > 0) return more && origin.accepts_changes;
  return more || changed;
}

/// The stored configuration for another recording, which is read from its beginning unless overrides set task.start.
Entries from_the_beginning(Entries stored) {
  for (auto& entry : stored.entries) {
    if (entry.name() == "task.start") entry.value = "0";
  }
  return stored;
}

/// Throws unless the scales of the run are known, and overrides name as many columns as the weights were learned with.
void require_same_channels(const sim::Configuration& run, const Origin& origin, const Entries& overrides) {
  const auto& file = *run.task_parameters->recording();
  const auto* known = origin.inputs ? io::find(*origin.inputs, "task") : nullptr;
  if (run.task.normalise != "none" && (known == nullptr || known->mean.empty())) {
    throw core::io_error(origin.path + ": does not say by which mean and sd its data were scaled (task.normalise = " +
                         run.task.normalise + "), since an earlier version wrote it: run it again");
  }
  for (const auto& entry : overrides.entries) {
    if (entry.name() != "task.input" && entry.name() != "task.target") continue;
    const auto wanted = entry.key == "input" ? file.input.size() : file.target.size();
    const auto given = core::list_items(entry.value).size();
    if (given == wanted) continue;
    throw core::usage_error("command line: " + entry.name() + " = " + entry.value + " names " + std::to_string(given) +
                            " columns, but the weights were learned with " + std::to_string(wanted));
  }
}

/// One evaluation of one network or of all networks of an ensemble.
struct Assignment {
  Source source;
  sim::Configuration configuration;
  io::InputFiles files;
  std::optional<sim::NetworkContents> network;
  std::string history;
  sim::EvaluationPlan plan;
  tasks::AnyTask task;      ///< for the time that is evaluated
  tasks::AnyTask run_task;  ///< for the run that is evaluated
  Index inputs;
  Index outputs;
  bool other_recording;             ///< the states of the run do not continue into it
  bool lacks_target = false;        ///< every z* is missing: nothing is scored
  std::string target_columns = {};  ///< of a file
};

/// Weights and states of a checkpoint, which may have been written by another number of ranks; its configuration is
/// told what was measured in the washout. Collective.
sim::Frozen restored(Assignment& a, const sim::Configuration& drawn, const comm::Communicator& comm) {
  std::optional<model::Network> network;
  comm.together([&] { network = make_network(drawn, a.network, comm, a.inputs, a.outputs); });
  std::vector<core::AlignedVector<Real>> weights;
  std::vector<sim::LearnerState> states;
  io::require_unchanged(a.files, "network", comm);
  sim::Simulation simulation(a.configuration, comm, a.run_task, std::move(*network));
  sim::restore(a.source.path, *a.source.checkpoint, simulation);
  simulation.apply_J();
  a.configuration.rates_measured = simulation.configuration().rates_measured;
  for (std::size_t l = 0; l < simulation.learners().size(); ++l) {
    const auto copy = [](auto from) { return std::vector<Real>(from.begin(), from.end()); };
    const auto learned = simulation.weights(l);
    weights.emplace_back(learned.begin(), learned.end());
    if (!simulation.learners()[l].active()) std::ranges::fill(weights.back(), core::automatic);
    const auto state = simulation.state(l);
    states.push_back({{state.begin(), state.end()}, copy(simulation.feedback(l)), simulation.pending_spikes(l)});
  }
  const bool starts_anew = a.other_recording || a.plan.has_starts;
  if (starts_anew) states.clear();
  auto outputs = starts_anew ? rules::SpikingOutputs() : simulation.outputs().first(std::ssize(weights));
  core::AlignedVector<Real> intrinsic;
  if (a.configuration.intrinsic.is_on()) {
    const auto state = simulation.state(0);
    intrinsic.assign(state.begin() + simulation.network().own.size(), state.end());
  }
  auto plastic = simulation.release_plastic();
  return {std::move(simulation).release_network(),
          std::move(weights),
          std::move(states),
          std::move(plastic),
          std::move(outputs),
          std::move(intrinsic)};
}

/// Weights in a result, and the network in which they were learned, whose gain is known. Collective.
sim::Frozen read(const Assignment& a, const sim::Configuration& configuration, Index network,
                 const comm::Communicator& comm) {
  std::optional<sim::Frozen> frozen;
  comm.together([&] {
    auto made = make_network(configuration, a.network, comm, a.inputs, a.outputs);
    const auto own = configuration.features(a.inputs).of(made.own);
    const auto groups = configuration.groups();
    const Index each = groups.of_each(a.outputs);
    const auto mine = sim::Seat(groups, comm.rank(), comm.size()).groups;
    const auto readouts = groups.separate() ? core::Range{mine.first * each, mine.last * each} : core::Range{0, each};
    auto weights = sim::read_final_weights(a.source.path, configuration, network, own, readouts);
    auto plastic = sim::read_all_learned(a.source.path, configuration, network, made);
    auto intrinsic = sim::read_intrinsic(a.source.path, configuration, network, made.own);
    frozen = sim::Frozen{std::move(made), std::move(weights), {}, std::move(plastic), {}, std::move(intrinsic)};
  });
  io::require_unchanged(a.files, "network", comm);
  return std::move(*frozen);
}

/// Into how many parts the ranks of `group` divide the replicas of a network. Throws unless all ranks have the memory.
/// A checkpoint is restored by each part, so its replicas are divided only if the user says so. Collective.
int parts_within_memory(const Assignment& a, const sim::Configuration& configuration, Index networks,
                        const comm::Communicator& comm, const comm::Communicator& group) {
  const auto c = settled(configuration, a.network);
  const sim::Workload workload{c, a.inputs, a.outputs};
  const bool stays_whole = a.source.checkpoint && c.evaluate.divide == "auto";
  const int parts = stays_whole ? 1 : sim::evaluation_parts(workload, group.size());
  const auto share = sim::share_of(c, group.split(sim::group_of(group, parts)));
  const Index restored = a.source.checkpoint ? sim::run_bytes(workload, share) : 0;
  sim::require_memory({std::max(restored, sim::evaluation_peak(workload, share, networks, parts))}, c, comm,
                      parts > 1 ? ", or --evaluate.divide=neurons, so that ranks share J" : "");
  return parts;
}

/// All networks of an ensemble, each by one group of ranks. Collective.
sim::EvaluationResult evaluate_ensemble(const Assignment& a, const comm::Communicator& comm) {
  const auto members = sim::members_of(a.configuration, a.source.path);
  const auto count = static_cast<Index>(members.size());
  const int groups = sim::group_count(comm.size(), count, a.configuration.ensemble.ranks_per_network);
  const int number = sim::group_of(comm, groups);
  const auto group = comm.split(number);
  const int parts = parts_within_memory(a, members.front().configuration, count, comm, group);
  sim::EvaluationResult result;
  for (Index k = 0; k < count; ++k) {
    const auto& member = members[static_cast<std::size_t>(k)];
    result.networks.push_back(member.label);
    if (k % groups != number) {
      result.scores.emplace_back(a.configuration.learners.size(),
                                 sim::ConditionScores(a.plan, a.outputs, a.configuration.measures));
      continue;
    }
    const auto drawn = with_gain(member.configuration, group);
    result.scores.push_back(sim::evaluate_in_parts(member.configuration, group, a.task, parts,
                                                   [&](const auto& ranks) { return read(a, drawn, k, ranks); }));
  }
  return result;
}

/// Whether states start anew instead of from a checkpoint.
bool starts_anew(const Assignment& a) {
  return !a.source.checkpoint || a.other_recording || a.configuration.evaluate.initial_states > 0 || a.plan.has_starts;
}

/// Whether there are targets, but all errors of all learners are NaN.
bool all_diverged(const Assignment& a, const sim::EvaluationResult& result) {
  if (a.lacks_target) return false;
  for (const auto& network : result.scores) {
    for (const auto& learner : network) {
      if (!std::ranges::all_of(learner.measures.at("mae"), [](Real error) { return std::isnan(error); })) return false;
    }
  }
  return true;
}

std::string start_text(const Assignment& a) {
  if (!starts_anew(a)) return "the states of the checkpoint";
  return a.configuration.evaluate.initial_states > 0 ? "new initial states" : "x(0) of the network";
}

/// Notes for the reader of the scores.
std::string notes(const Assignment& a, const sim::EvaluationResult& result) {
  std::string text;
  const auto hint = sim::washout_hint(a.configuration, a.plan);
  if (starts_anew(a) && a.plan.washout == 0) {
    text += "  Note: starts from " + start_text(a) + " without a washout, so that the transient is scored too";
    text += (hint.empty() ? "" : ": " + hint) + ".\n";
  }
  if (all_diverged(a, result)) text += "  Note: every learner has diverged: there is nothing to score.\n";
  if (a.lacks_target)
    text += "  Note: there is no column " + a.target_columns + ": outputs are stored, nothing is scored.\n";
  return text.empty() ? text : "\n" + text;
}

/// What became of the free runs of all networks and replicas; "" if outputs were not fed back.
std::string free_runs_table(const Assignment& a, const sim::EvaluationResult& result) {
  if (!a.plan.closed) return {};
  std::string text = "\n  Free runs\n";
  for (std::size_t l = 0; l < a.configuration.learners.size(); ++l) {
    const auto values = [&](const std::string& score) {
      std::vector<double> all;
      for (const auto& network : result.scores) {
        const auto found = network[l].free_run.find(score);
        if (found != network[l].free_run.end()) all.insert(all.end(), found->second.begin(), found->second.end());
      }
      return all;
    };
    text += fmt::format("  {:<{}}  {}\n", a.configuration.learners[l].name, name_width(a.configuration.learners),
                        free_runs_text(values));
  }
  return text;
}

/// Quartiles over networks and replicas of each learner's NRMSE, the mean over its outputs.
std::string report_on(const Assignment& a, const sim::EvaluationResult& result, const std::string& path) {
  const std::size_t width = name_width(a.configuration.learners);
  const auto answers = sim::answer_measures(a.configuration.measures);
  const bool has_spikes = a.configuration.outputs_spike();
  std::string text = fmt::format("\n  Median and quartiles over {} networks x {} {}\n\n  {:<{}}  {:<32}{}{}{}\n",
                                 result.scores.size(), a.plan.replicas, a.plan.has_starts ? "starts" : "replicas",
                                 "learner", width, "NRMSE", has_spikes ? fmt::format("  {:<32}", "nats/spike") : "",
                                 answers ? fmt::format("  {:<32}", answers->fraction) : "",
                                 a.plan.pulse >= 0 ? "  recovery time" : "");
  for (std::size_t l = 0; l < a.configuration.learners.size(); ++l) {
    const auto quartiles = [&](const char* measure) {
      std::vector<double> all;
      for (const auto& network : result.scores) {
        for (Index replica = 0; replica < a.plan.replicas; ++replica) {
          double sum = 0;
          for (const double value : core::row_of(network[l].measures.at(measure), replica, a.outputs)) sum += value;
          all.push_back(sum / static_cast<double>(a.outputs));
        }
      }
      return quartiles_text(all);
    };
    std::vector<double> recovery;
    for (const auto& network : result.scores) {
      const auto& scores = network[l];
      recovery.insert(recovery.end(), scores.recovery_time.begin(), scores.recovery_time.end());
    }
    const auto& learner = a.configuration.learners[l];
    text += fmt::format("  {:<{}}  {:<32}", learner.name, width, learner.sends_spikes() ? "-" : quartiles("nrmse"));
    if (has_spikes) text += fmt::format("  {:<32}", learner.sends_spikes() ? quartiles("log_likelihood") : "-");
    if (answers) text += fmt::format("  {:<32}", quartiles(answers->fraction));
    if (!recovery.empty()) text += "  " + quartiles_text(recovery);
    text += "\n";
  }
  return text + free_runs_table(a, result) + notes(a, result) + fmt::format("\nScores: {}\n", path);
}

/// `table`: of the task's file, or nullptr.
sim::EvaluatedTime time_of(const Source& source, const sim::Configuration& c, bool other_recording,
                           const std::shared_ptr<const tasks::Table>& table) {
  sim::EvaluatedTime time{.other_recording = other_recording};
  if (source.checkpoint && !other_recording) time.steps_done = source.checkpoint->steps_done;
  if (table == nullptr) return time;
  const auto& file = *c.task_parameters->recording();
  const Real duration = file.duration({.dt = c.reservoir.dt,
                                       .tau = c.reservoir.unit_of_time(),
                                       .table = table,
                                       .folds = c.protocol.folds,
                                       .trained = !other_recording});
  time.available = std::max<Index>(0, static_cast<Index>(std::floor(duration / c.reservoir.dt + 1e-9)));
  return time;
}

/// Whether all values of all target columns are missing.
bool lacks_target(const sim::Configuration& c, const tasks::Table& table) {
  const auto& file = *c.task_parameters->recording();
  return std::ranges::all_of(file.target, [&](const auto& name) {
    const auto place = std::ranges::find(table.names, name) - table.names.begin();
    return std::ranges::all_of(table.columns[static_cast<std::size_t>(place)], [](Real z) { return std::isnan(z); });
  });
}

/// Checks the conditions of a loaded configuration.
Assignment assigned(const Source& source, Loaded loaded, const Entries& overrides, bool other_recording) {
  auto& c = loaded.configuration;
  if (c.protocol.folds > 0 && !other_recording) {
    throw core::usage_error(source.path +
                            ": its learners have learned from all of its file but their folds, on which the "
                            "run has tested them: name other data with --task.path=FILE");
  }
  auto run_task = c.make_task(task_context(c, loaded.table));
  const Index inputs = sim::input_count(run_task, c.task);
  require_none(sim::resolve_evaluation(c, time_of(source, c, other_recording, loaded.table)));
  require_none(contradictions(c, Purpose::evaluation));
  require_none(idle_problems(overrides.entries, true, c, Purpose::evaluation));
  if (!source.checkpoint) sim::require_learned_J(source.path, c);
  const sim::EvaluationPlan plan(c, inputs);
  auto context = sim::evaluation_context(c, plan, loaded.table);
  if (other_recording) {  // nothing was trained on it
    context.train_end = 0;
    context.trained = false;
  }
  const auto problem = c.task_parameters->problem(context);
  if (!problem.empty()) require_none({problem});
  auto task = c.make_task(context);
  const Index outputs = sim::output_count(task);
  Assignment a{source, c,       loaded.inputs,  loaded.network, {}, plan, std::move(task), std::move(run_task),
               inputs, outputs, other_recording};
  if (loaded.table == nullptr) return a;
  a.target_columns = core::write_value(c.task_parameters->recording()->target);
  a.lacks_target = lacks_target(c, *loaded.table);
  return a;
}

/// Reads what is evaluated, and checks the conditions. Collective.
Assignment prepare(const RunOptions& options, const std::string& command_line, const sim::Components& components,
                   const comm::Communicator& comm) {
  Source source;
  const auto seal = io::check_seal(options.config, comm);
  comm.together([&] {
    source = read_source(options.config);
    if (seal != io::Seal::intact) io::refuse_without_seal(options.config);
  });
  const auto stored = parse_stored(source.configuration, options.config);
  const auto overrides = parse_overrides(options.overrides);
  const auto run = read_configuration(stored, {}, components).configuration;
  require_evaluate_keys(overrides, run);
  Origin origin{options.config, source.inputs, options.accept_changed_input, options.quiet};
  origin.other_recording = names_other_recording(overrides, origin, comm);
  if (origin.other_recording) require_same_channels(run, origin, overrides);
  const auto loaded =
      load(origin.other_recording ? from_the_beginning(stored) : stored, overrides, components, comm, origin);
  std::optional<Assignment> made;
  comm.together([&] { made = assigned(source, loaded, overrides, origin.other_recording); });
  made->history =
      source.history + "\n" + history_line("evaluated", command_line, comm) + changed_inputs(loaded.inputs, origin);
  return std::move(*made);
}

/// The path of the scores, which `lock` reserves for this command. Collective.
std::string settle_output(const RunOptions& options, const Assignment& a, std::optional<io::OutputLock>& lock,
                          const comm::Communicator& comm) {
  std::string path = options.output.empty() ? options.config + ".evaluation.h5" : options.output;
  comm.together([&] {
    if (!comm.is_root()) return;
    auto roles = inputs_of(a.configuration);
    roles.reads("the file that is evaluated", options.config);
    roles.writes("the scores (-o)", path);
    roles.check();
    path = io::through_links(path);
    io::require_writable(path, options.force);
    lock.emplace(path);
  });
  comm.broadcast(path);
  return path;
}

/// Collective.
sim::EvaluationResult evaluated(Assignment& a, const comm::Communicator& comm) {
  sim::EvaluationResult result;
  if (sim::is_ensemble(a.configuration)) {
    result = evaluate_ensemble(a, comm);
  } else {
    const int parts = parts_within_memory(a, a.configuration, 1, comm, comm);
    const auto drawn = with_gain(a.configuration, comm);
    result.scores.push_back(sim::evaluate_in_parts(a.configuration, comm, a.task, parts, [&](const auto& ranks) {
      return a.source.checkpoint ? restored(a, drawn, ranks) : read(a, drawn, -1, ranks);
    }));
  }
  for (auto& network : result.scores) {
    for (auto& learner : network) {  // each number is given by one rank
      learner.for_each_array([&](std::vector<Real>& values) { comm.sum(values); });
    }
  }
  if (!a.source.checkpoint) result.kappas = sim::read_kappas(a.source.path, a.configuration);
  if (a.plan.trajectories && comm.is_root()) {
    result.targets = sim::evaluated_targets(a.configuration, a.plan, a.task, a.inputs);
  }
  return result;
}

}  // namespace

ExitCode evaluate_command(const std::vector<std::string>& arguments, const std::string& command_line,
                          const sim::Components& components, const comm::Communicator& comm) {
  const auto options = parse_run_options(arguments, "evaluate");
  auto a = prepare(options, command_line, components, comm);
  warn_of_placement(options.quiet, comm);
  std::optional<io::OutputLock> lock;
  const auto path = settle_output(options, a, lock, comm);
  // Networks of an ensemble and parts of the replicas are evaluated independently: an error in one of them ends the
  // job.
  const auto work = [&] {
    const auto result = evaluated(a, comm);
    sim::write_evaluation(path, a.configuration, a.plan, a.outputs, result, options.config,
                          {version(), git_hash(), command_line, resolved_ini(a.configuration, Purpose::evaluation),
                           a.source.run_id, a.history, a.files},
                          comm);
    if (comm.is_root() && !options.quiet) std::fputs((report_on(a, result, path) + unsealed(a.files)).c_str(), stdout);
    return all_diverged(a, result) ? ExitCode::all_diverged : ExitCode::done;
  };
  return comm.or_end_job(work, [&] { io::discard(path); });
}

}  // namespace bayres::app
