#include "bayres/job/job.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <utility>

#include "bayres/configuration/components.hpp"
#include "bayres/configuration/problems.hpp"
#include "bayres/configuration/resolved.hpp"
#include "bayres/core/text.hpp"
#include "bayres/data/columns.hpp"
#include "bayres/datasets/network_file.hpp"
#include "bayres/evaluation/free_run_file.hpp"
#include "bayres/io/commit.hpp"
#include "bayres/job/invariants.hpp"
#include "bayres/job/version.hpp"
#include "bayres/prediction/memory.hpp"
#include "bayres/reports/report.hpp"
#include "bayres/results/start.hpp"
#include "bayres/results/warm_start.hpp"
#include "bayres/spectra/radius.hpp"
#include "bayres/tasks/missing.hpp"
#include "progress.hpp"

namespace bayres::app {

using core::ExitCode;
using core::Index;

namespace {

/// The texts of rank 0, on every rank. Collective.
void broadcast(std::vector<std::string>& texts, const comm::Communicator& comm) {
  std::string all;
  for (const auto& text : texts) all += text + '\0';
  comm.broadcast(all);
  texts.clear();
  for (std::size_t start = 0; start < all.size();) {
    const auto end = all.find('\0', start);
    texts.push_back(all.substr(start, end - start));
    start = end + 1;
  }
}

io::ColumnRequest request_of(const tasks::Recording& file) {
  io::ColumnRequest request{{}, {file.header, file.separator, file.decimal}, {}, file.missing != "error"};
  request.by_sequence = file.sequence == io::sequence_column;
  for (auto& [key, name] : file.columns()) {
    if (!request.by_sequence || name != io::sequence_column) request.names.push_back(std::move(name));
  }
  return request;
}

/// Where segments begin in the columns of a file, with the first sample and the end.
std::vector<Index> borders_of(const tasks::Recording& file, const io::Columns& columns) {
  tasks::Table marks;
  marks.rows = columns.rows;
  for (std::size_t c = 0; c < columns.names.size(); ++c) {
    if (columns.names[c] != file.segments && columns.names[c] != file.sequence) continue;
    marks.names.push_back(columns.names[c]);
    marks.columns.push_back(columns.values[c]);
  }
  std::vector<Index> borders{0};
  for (const Index begin : file.beginnings(marks)) {
    if (begin > 0) borders.push_back(begin);
  }
  borders.push_back(columns.rows);
  return borders;
}

/// Fills in the missing values of a column, each segment by itself; throws if that cannot be.
void fill_segments(std::vector<core::Real>& values, const std::vector<Index>& borders, const std::string& how,
                   bool is_input, const std::string& where) {
  for (std::size_t s = 0; s + 1 < borders.size(); ++s) {
    if (borders.size() > 2 && how == "skip" && !is_input) continue;  // a segment may be without any target
    const auto own = std::span(values).subspan(core::as_size(borders[s]), core::as_size(borders[s + 1] - borders[s]));
    const auto problem = tasks::fill_missing(own, how, is_input);
    if (problem.empty()) continue;
    const auto of = borders.size() > 2 ? "in the segment from sample " + std::to_string(borders[s]) + " on, " : "";
    throw core::io_error(where + ": " + of + problem);
  }
}

/// Reads the columns of a file and fills in missing values.
io::Columns read_table(const tasks::Recording& file, bool driven_by_target, bool may_lack_targets) {
  auto request = request_of(file);
  if (may_lack_targets) request.may_lack = file.target;
  auto columns = io::read_columns(file.path, request);
  const auto borders = borders_of(file, columns);
  for (std::size_t c = 0; c < columns.names.size() && request.keep_missing; ++c) {
    const auto& name = columns.names[c];
    const bool is_input = driven_by_target || std::ranges::count(file.input, name) > 0;
    const bool is_target = std::ranges::count(file.target, name) > 0;
    if (!is_input && !is_target) continue;  // of what marks steps, a missing value is an error
    // There is nothing between two classes.
    const bool held = file.gives_classes() && is_target && file.missing == "interpolate";
    fill_segments(columns.values[c], borders, held ? "hold" : file.missing, is_input, file.path + ": column " + name);
  }
  return columns;
}

/// Reads the table of a file task on rank 0 and sends it to every rank; nothing for other tasks. Collective.
std::shared_ptr<const tasks::Table> load_table(const sim::Configuration& configuration, const comm::Communicator& comm,
                                               bool may_lack_targets) {
  const auto* file = configuration.task_parameters->recording();
  if (file == nullptr) return nullptr;
  io::Columns columns;
  comm.together([&] {
    if (comm.is_root()) columns = read_table(*file, configuration.task.drive == "target", may_lack_targets);
  });
  for (auto* texts : {&columns.names, &columns.units, &columns.available}) broadcast(*texts, comm);
  columns.values.resize(columns.names.size());
  for (auto& column : columns.values) comm.broadcast(column);
  return std::make_shared<tasks::Table>(
      tasks::Table{std::move(columns.names), std::move(columns.units), std::move(columns.values),
                   std::move(columns.available), comm.max(columns.rows), comm.max(Index{columns.is_text ? 1 : 0}) > 0});
}

/// The contents of the network's file, if one is named. It is verified before it is read. Collective.
std::optional<sim::NetworkContents> identify_network(const sim::Configuration& configuration, const Origin& origin,
                                                     const comm::Communicator& comm, io::InputFiles& inputs) {
  const std::string& path = configuration.reservoir.network;
  if (path.empty()) return std::nullopt;
  identify_input("network", configuration, origin, comm, inputs);
  sim::NetworkContents contents;
  comm.together([&] {
    sim::require_not_diverged(path, configuration.reservoir.network_learner);
    contents = sim::network_contents(path, configuration.reservoir.network_learner);
  });
  sim::count_weights(contents, path, comm);
  return contents;
}

/// The scales by which the run that an origin is of scaled the channels of its file; none if they are to be learned.
std::vector<tasks::Scale> known_scales(const sim::Configuration& c, const Origin& origin) {
  const auto* known = origin.inputs ? io::find(*origin.inputs, "task") : nullptr;
  std::vector<tasks::Scale> scales;
  if (c.task.normalise == "none" || known == nullptr) return scales;
  for (std::size_t k = 0; k < known->mean.size(); ++k) scales.push_back({known->mean[k], known->sd[k]});
  return scales;
}

/// Those of the run that another one starts from.
std::vector<tasks::Scale> scales_of_start(const sim::Configuration& c) {
  if (c.run.start_from.empty() || c.task.normalise == "none") return {};
  Origin start;
  start.inputs = sim::read_checkpoint_header(c.run.start_from).inputs;
  return known_scales(c, start);
}

/// Fills target columns that another recording lacks with missing values: nothing is scored then.
std::shared_ptr<const tasks::Table> with_missing_targets(const sim::Configuration& c,
                                                         const std::shared_ptr<const tasks::Table>& table) {
  const auto& file = *c.task_parameters->recording();
  const bool needed = c.task.drive == "target" || c.protocol.feedback != "none" || c.evaluate.closed_loop == "true";
  const auto is_there = [&](const auto& name) { return std::ranges::count(table->names, name) > 0; };
  const auto is_heard = [&](const auto& name) { return std::ranges::count(file.input, name) > 0; };
  if (needed || std::ranges::any_of(file.target, is_there) || std::ranges::any_of(file.target, is_heard)) return table;
  auto filled = *table;
  for (const auto& name : file.target) {
    filled.names.push_back(name);
    filled.units.emplace_back();
    filled.columns.emplace_back(static_cast<std::size_t>(table->rows), core::automatic);
  }
  return std::make_shared<const tasks::Table>(std::move(filled));
}

/// Throws if columns are missing.
void require_columns(const sim::Configuration& c, const tasks::Table& table) {
  const auto& file = *c.task_parameters->recording();
  std::vector<std::string> problems;
  for (const auto& [key, name] : file.columns()) {
    auto problem = tasks::column_problem(table, name, key, file.path);
    if (!problem.empty()) problems.push_back(std::move(problem));
  }
  require_none(problems);
}

/// Adds names, units and scales of the channels to the description of the task's file.
void describe_columns(const sim::Configuration& c, const std::shared_ptr<const tasks::Table>& table,
                      io::InputFiles& files) {
  auto& known = *std::ranges::find(files, "task", &io::InputFile::name);
  known.columns = c.task_parameters->recording()->channels(c.task.drive == "target");
  for (const auto& name : known.columns) {
    const auto place = std::ranges::find(table->names, name) - table->names.begin();
    known.units.push_back(place < std::ssize(table->units) ? table->units[core::as_size(place)] : std::string());
  }
  known.mean.resize(known.columns.size(), 0);
  known.sd.resize(known.columns.size(), 1);
  for (std::size_t k = 0; k < c.scales.size(); ++k) {
    known.mean[k] = c.scales[k].mean;
    known.sd[k] = c.scales[k].sd;
  }
}

}  // namespace

io::FileRoles inputs_of(const sim::Configuration& configuration) {
  io::FileRoles roles;
  const auto* file = configuration.task_parameters->recording();
  if (file != nullptr) roles.reads("the data (task.path)", file->path);
  roles.reads("the network (reservoir.network)", configuration.reservoir.network);
  roles.reads("the checkpoint to start from (run.start_from)", configuration.run.start_from);
  for (const auto& learner : configuration.learners) {
    roles.reads("the weights (learner." + learner.name + ".weights)", learner.start.weights);
  }
  return roles;
}

Loaded load(const Entries& file, const Entries& overrides, const sim::Components& components,
            const comm::Communicator& comm, const Origin& origin) {
  auto read = read_configuration(file, overrides, components);
  io::InputFiles inputs;
  std::optional<sim::NetworkContents> network;
  if (takes_size_from_network(read)) {
    network = identify_network(read.configuration, origin, comm, inputs);
    read = read_configuration(file, overrides, components, network->size);
  }
  std::shared_ptr<const tasks::Table> table;
  // With problems, task.path may be wrong too: the file is not read, but other problems are still reported.
  if (read.problems.empty()) {
    identify_input("task", read.configuration, origin, comm, inputs);
    table = load_table(read.configuration, comm, origin.other_recording);
    read.configuration.scales = known_scales(read.configuration, origin);
    if (origin.path.empty()) {
      identify_input("start", read.configuration, origin, comm, inputs);
      comm.together([&] { read.configuration.scales = scales_of_start(read.configuration); });
    } else if (const auto* start = origin.inputs ? io::find(*origin.inputs, "start") : nullptr) {
      inputs.push_back(*start);
    }
    if (origin.other_recording) table = with_missing_targets(read.configuration, table);
    io::require_unchanged(inputs, "task", comm);
  }
  resolve(read, origin.other_recording ? nullptr : table);  // another recording does not change the durations of a run
  require_none(read.problems);
  if (table != nullptr && origin.other_recording) require_columns(read.configuration, *table);
  if (table != nullptr) describe_columns(read.configuration, table, inputs);
  if (!network) network = identify_network(read.configuration, origin, comm, inputs);
  if (network) comm.together([&] { sim::require_size(*network, read.configuration.reservoir); });
  read.configuration.J_alone = network && network->J_alone;
  if (network) read.configuration.recurrent_inputs = core::as_real(network->synapses) / core::as_real(network->size);
  // Keys without effect are accepted in the stored configuration of a checkpoint or result, but not on the command
  // line.
  auto idle = idle_problems(read.entries, !origin.path.empty(), read.configuration, Purpose::run);
  std::ranges::move(text_problems(read.entries, !origin.path.empty(), table), std::back_inserter(idle));
  require_none(idle);
  for (const auto& l : read.configuration.learners) {
    identify_input(sim::input_name(l), read.configuration, origin, comm, inputs);
  }
  return {std::move(read.configuration), table, std::move(inputs), std::move(network)};
}

sim::Configuration settled(sim::Configuration configuration, const std::optional<sim::NetworkContents>& network) {
  auto& reservoir = configuration.reservoir;
  if (network) {
    sim::settle(*network, configuration.precision(), reservoir);
  } else {
    reservoir.connectivity = configuration.connections->density(reservoir);
  }
  return configuration;
}

sim::Configuration with_gain(sim::Configuration c, const comm::Communicator& comm) {
  if (!c.reservoir.has_radius() || !c.reservoir.network.empty()) return c;
  const core::Philox random(static_cast<std::uint64_t>(c.run.seed));
  c.reservoir.gain = sim::gain_for_radius(*c.connections, c.reservoir, c.precision(), random, comm);
  return c;
}

std::string history_line(const std::string& where, const std::string& command_line, const comm::Communicator& comm) {
  return comm.from_root(core::utc_now) + " " + where + " on " + std::to_string(comm.size()) +
         (comm.size() == 1 ? " rank: " : " ranks: ") + command_line;
}

Origin origin_of(const Job& resumed) {
  const auto& options = resumed.options;
  return {options.config, resumed.resumed->inputs, options.accept_changed_input, options.quiet};
}

bool is_own_result(const Job& job) { return job.resumed && io::same_file(job.result, job.resumed->result); }

void require_writable_result(const Job& job) {
  const bool replaces = job.options.force || is_own_result(job);
  std::error_code ignored;
  const auto is_there = [&](const std::string& path) { return std::filesystem::exists(path, ignored); };
  if (!replaces && !job.resumed && is_there(job.result) && is_there(job.checkpoint)) {
    throw core::io_error(job.result +
                         ": exists already, and so does its checkpoint: go on with --continue, choose another " +
                         "name with -o, or replace it with --force");
  }
  io::require_writable(job.result, replaces);
}

void require_writable_checkpoint(const Job& job) {
  io::require_writable(job.checkpoint, true);
  std::error_code ignored;
  if (job.options.force || !std::filesystem::exists(job.checkpoint, ignored)) return;
  try {
    (void)sim::read_checkpoint_header(job.checkpoint);
  } catch (const core::Error&) {
    throw core::io_error(job.checkpoint +
                         ": exists already, and is no checkpoint of bayres: choose another name with " +
                         "--checkpoint, or replace it with --force");
  }
}

void discard_unfinished(const Job& job) {
  io::discard(job.result);
  io::discard(job.checkpoint);
}

sim::Provenance provenance_of(const Job& job) {
  return {version(),  git_hash(),  job.command_line, resolved_ini(job.configuration),
          job.run_id, job.history, job.inputs};
}

model::Network make_network(const sim::Configuration& given, const std::optional<sim::NetworkContents>& contents,
                            const comm::Communicator& comm, Index inputs, Index outputs) {
  const auto configuration = settled(given, contents);
  const auto groups = configuration.groups();
  const sim::Seat seat(groups, comm.rank(), comm.size());
  const auto own = core::Partition(configuration.reservoir.size, seat.ranks).neurons_of(seat.rank);
  const auto& reservoir = configuration.reservoir;
  const core::Philox random(static_cast<std::uint64_t>(configuration.run.seed));
  const auto precision = configuration.precision();
  const auto drawn = [&](const core::Philox& of_group) {
    return model::draw_network(reservoir, of_group, own, groups.heard(inputs), groups.heard(outputs), precision,
                               given.connections->draw(given.reservoir, precision, of_group, own));
  };
  const bool separate = groups.separate();
  auto network = reservoir.network.empty() ? drawn(random.group(separate ? seat.groups.first : 0))
                                           : sim::read_network(reservoir, precision, random, own, groups.heard(inputs),
                                                               groups.heard(outputs));
  for (Index g = seat.groups.first + 1; separate && g < seat.groups.last; ++g) {
    network.others.push_back(drawn(random.group(g)).plastic());
  }
  const Index replica = configuration.run.replica;
  // All groups begin alike.
  if (replica > 0 || separate) network.initial = model::draw_initial(reservoir, random.replica(replica), own);
  if (separate) network.taus = model::draw_time_constants(reservoir.tau_range(), random, own);
  return network;
}

namespace {

/// Collective; rank 0 prints.
void print_report(const sim::Simulation& simulation, const Job& job, const sim::Performance& performance,
                  double elapsed_seconds, bool stopped) {
  auto text = report(simulation, job.result, performance, elapsed_seconds);
  text += unsealed(job.inputs);
  if (stopped) text += "Stopped early. Go on with: bayres resume " + job.checkpoint + "\n";
  if (simulation.comm().is_root() && !job.options.quiet) std::fputs(text.c_str(), stdout);
}

/// The time loop and what is written at its end. A rank that fails here ends the job, because the others wait in a
/// collective.
ExitCode simulate(sim::Simulation& simulation, const Job& job, const std::optional<Membership>& membership) {
  const auto provenance = provenance_of(job);
  const auto start = Clock::now();
  const auto work = [&] {
    sim::Recorder recorder(simulation, job.result, provenance, job.resumed ? job.resumed->parts : sim::RecordedParts{});
    const auto& run = job.configuration.run;
    Checkpointer checkpointer(
        {job.checkpoint, job.result, run.checkpoint_every, sim::seconds_of(run.max_walltime), job.start,
         membership ? membership->stop_elsewhere : nullptr, run.keep_checkpoints > 1, job.resumed.has_value()},
        simulation, recorder, provenance);
    Progress progress(simulation, job.options.quiet, membership ? membership->label : std::string());
    std::vector<sim::Observer*> observers{&recorder, &checkpointer, &progress};
    InvariantCheck check(simulation);
    if (job.options.check) observers.push_back(&check);
    const auto outcome = simulation.run(observers);
    progress.finish();
    const std::chrono::duration<double> elapsed = Clock::now() - start;
    const bool stopped = outcome == sim::Outcome::stopped;
    const auto performance = sim::performance_of(simulation);
    checkpointer.finish(recorder.finish(simulation, stopped ? "interrupted" : "complete", performance, elapsed.count(),
                                        [&](sim::ResultFile& result) { sim::write_free_runs(result, simulation); }));
    if (membership && membership->notes != nullptr) *membership->notes = notes_on(simulation);
    if (!membership) print_report(simulation, job, performance, elapsed.count(), stopped);
    if (stopped) return ExitCode::stopped;
    return outcome == sim::Outcome::all_diverged ? ExitCode::all_diverged : ExitCode::done;
  };
  return simulation.comm().or_end_job(work, [&] {
    discard_unfinished(job);
    if (membership) membership->clean_up();
  });
}

/// The network of the last job, if that was another replica of it: only the initial state differs. Otherwise frees its
/// memory.
std::optional<model::Network> of_another_replica(const sim::Configuration& c, KeptNetwork& kept) {
  const Index replica = c.run.replica;
  auto network = std::exchange(kept.network, std::nullopt);
  if (!network || kept.seed != c.run.seed || replica == 0) return std::nullopt;
  const auto random = core::Philox(static_cast<std::uint64_t>(c.run.seed)).replica(replica);
  network->initial = model::draw_initial(c.reservoir, random, network->own);
  return network;
}

/// Locks on the result and on the checkpoint, taken after checking that both can be written. On one rank.
class OutputLocks {
 public:
  explicit OutputLocks(const Job& job) {
    require_writable_result(job);
    io::require_own_parts(job.result);
    require_writable_checkpoint(job);
    result_.emplace(job.result);
    checkpoint_.emplace(job.checkpoint);
  }

 private:
  std::optional<io::OutputLock> result_;
  std::optional<io::OutputLock> checkpoint_;
};

/// Advances a task to a step. For a series that is integrated this can take long, so it is done while signals still end
/// the process.
void go_to(tasks::AnyTask& task, Index step, const sim::Configuration& configuration) {
  std::vector<core::Real> input(core::as_size(sim::input_count(task, configuration.task)));
  std::vector<core::Real> target(core::as_size(sim::output_count(task)));
  tasks::sample(task, sim::driven_by_target(task, configuration.task), step, input, target);
}

}  // namespace

namespace {

/// Whether a key says what a network is, that a run which starts from another shares with it.
bool is_of_network(const ResolvedKey& key) {
  constexpr std::array free{"noise", "initial_scale", "storage", "network"};
  const bool of_network = key.section == "reservoir" || key.section == "neuron" || key.section == "readout";
  return key.name() == "run.seed" || key.name() == "run.precision" ||
         (of_network && std::ranges::find(free, key.key) == free.end());
}

/// What of the task must be the same for weights to mean the same: "" or what differs.
std::string differences_of_task(const sim::Configuration& before, const sim::Configuration& after) {
  const auto text = [](const sim::Configuration& c, const char* name) {
    for (const auto& key : resolved_keys(c)) {
      if (key.name() == name) return key.used;
    }
    return std::string();
  };
  std::string found;
  for (const char* name : {"task.normalise", "task.classes", "protocol.folds"}) {
    if (text(before, name) == text(after, name)) continue;
    found += std::string("\n  ") + name + " = " + text(after, name) + ", there " + text(before, name);
  }
  const bool scaled = after.task.normalise != "none" && before.task.normalise == after.task.normalise;
  const auto* file = after.task_parameters->recording();
  const auto* old_file = before.task_parameters->recording();
  if (scaled && (file == nullptr || old_file == nullptr)) {
    return found + "\n  task.normalise of a task without a file would be learned anew: use none";
  }
  const auto channels = [](const tasks::Recording& f, const sim::Configuration& c) {
    return core::joined(f.channels(c.task.drive == "target"));
  };
  if (scaled && channels(*file, after) != channels(*old_file, before)) {
    found += "\n  columns " + channels(*file, after) + ", there " + channels(*old_file, before) +
             ", by which data are scaled";
  }
  return found;
}

/// Throws if a configuration is not of the network of the run that it starts from, or its numbers mean something else.
void require_same_network(const sim::Configuration& before, const sim::Configuration& after) {
  const auto old_keys = resolved_keys(before);
  std::string text;
  for (const auto& key : resolved_keys(after)) {
    const auto old = std::ranges::find(old_keys, key.name(), &ResolvedKey::name);
    if (!is_of_network(key) || (old != old_keys.end() && old->used == key.used)) continue;
    text += "\n  " + key.name() + " = " + key.used + ", there " + (old == old_keys.end() ? "nothing" : old->used);
  }
  if (before.intrinsic.is_on() != after.intrinsic.is_on()) {
    text += "\n  intrinsic_plasticity.rate = " + core::to_text(after.intrinsic.rate) + ", there " +
            core::to_text(before.intrinsic.rate) + " (with intrinsic_plasticity.duration = 0 gains and biases stay)";
  }
  text += differences_of_task(before, after);
  if (text.empty()) return;
  throw core::usage_error("run.start_from = " + after.run.start_from +
                          ": is of another network, or of other data: give both the same keys. What differs:" + text);
}

/// What the run that a job starts from has learned; nothing if there is none. `network` is used and given back.
/// Collective.
std::optional<sim::WarmStart> warm_start(const Job& job, const comm::Communicator& comm, model::Network& network) {
  const auto& path = job.configuration.run.start_from;
  if (path.empty() || job.resumed) return std::nullopt;
  const auto header = sim::read_checkpoint(path, comm);
  sim::Configuration before;
  comm.together([&] {
    if (header.ensemble) {
      throw core::usage_error("run.start_from = " + path + ": is of an ensemble: name the checkpoint of one network");
    }
    before = read_configuration(parse_stored(header.configuration, path), {}, built_in_components()).configuration;
    require_same_network(before, job.configuration);
    const auto* there = header.inputs ? io::find(*header.inputs, "network") : nullptr;
    const auto* here = io::find(job.inputs, "network");
    if ((there == nullptr) != (here == nullptr) || (here != nullptr && here->checksum != there->checksum)) {
      throw core::usage_error("run.start_from = " + path + ": is of another network: reservoir.network here is " +
                              (here == nullptr ? "empty" : here->path + ", " + io::description(*here)) + ", there " +
                              (there == nullptr ? "empty" : there->path + ", " + io::description(*there)));
    }
  });
  return sim::WarmStart(path, header, settled(std::move(before), job.network), comm, network);
}

/// Gives learners what that run has learned, and says of which nothing is known. Collective.
void apply(const sim::WarmStart& start, const Job& job, sim::Simulation& simulation, bool begins_anew) {
  for (const auto& note : start.apply(simulation, !begins_anew)) {
    if (simulation.comm().is_root() && !job.options.quiet) std::fprintf(stderr, "bayres: note: %s\n", note.c_str());
  }
}

}  // namespace

ExitCode run_network(const Job& job, const comm::Communicator& comm, const std::optional<Membership>& membership) {
  std::optional<OutputLocks> locks;
  comm.together([&] {
    if (comm.is_root()) locks.emplace(job);
  });
  if (job.resumed) sim::require_parts(job.resumed->parts, job.run_id, comm);
  tasks::AnyTask task;
  std::optional<model::Network> network;
  comm.together([&] { task = job.configuration.make_task(task_context(job.configuration, job.table)); });
  // For an ensemble, memory has been checked before its first network.
  const Index inputs = sim::input_count(task, job.configuration.task);
  const Index outputs = sim::output_count(task);
  if (!membership) {
    const auto c = settled(job.configuration, job.network);
    sim::require_memory(sim::needed_by({c, inputs, outputs}, sim::share_of(c, comm)), c, comm);
  }
  if (membership) network = of_another_replica(job.configuration, *membership->kept);
  if (!network) {
    const auto c = with_gain(job.configuration, comm);
    comm.together([&] { network = make_network(c, job.network, comm, inputs, outputs); });
    io::require_unchanged(job.inputs, "network", comm);
  }
  go_to(task, job.resumed ? job.resumed->steps_done : 0, job.configuration);
  const bool begins_anew = task->mark(0).begins_anew();
  auto start = warm_start(job, comm, *network);
  sim::Simulation simulation(job.configuration, comm, std::move(task), std::move(*network));
  if (start) apply(*start, job, simulation, begins_anew);
  start.reset();  // it may be as large as what learners hold
  if (!job.resumed) comm.together([&] { sim::start_from_files(simulation); });
  for (const auto& l : job.configuration.learners) io::require_unchanged(job.inputs, sim::input_name(l), comm);
  if (job.resumed) sim::restore(job.options.config, *job.resumed, simulation);
  catch_signals();
  const auto code = simulate(simulation, job, membership);
  if (membership) *membership->kept = {job.configuration.run.seed, std::move(simulation).release_network()};
  return code;
}

}  // namespace bayres::app
