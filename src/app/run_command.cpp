#include <unistd.h>

#include <filesystem>

#include "bayres/app/commands.hpp"
#include "bayres/app/configuration.hpp"
#include "bayres/app/version.hpp"
#include "bayres/io/commit.hpp"
#include "bayres/io/csv.hpp"
#include "bayres/io/output_lock.hpp"
#include "bayres/sim/checkpoint.hpp"
#include "bayres/sim/memory.hpp"
#include "bayres/sim/network_file.hpp"
#include "bayres/sim/recorder.hpp"
#include "checkpointer.hpp"
#include "progress.hpp"
#include "report.hpp"
#include "run_options.hpp"

namespace bayres::app {
namespace {

using core::ExitCode;
using core::Index;

/// Reads the table of a file task on rank 0 and gives it to every rank; nothing for other tasks. Collective.
std::shared_ptr<const tasks::Table> load_table(const sim::Configuration& configuration,
                                               const comm::Communicator& comm) {
  const auto* file = std::get_if<tasks::File::Parameters>(&configuration.task_parameters);
  if (file == nullptr) return nullptr;
  io::Columns columns;
  comm.together([&] {
    if (!comm.is_root()) return;
    if (file->path.empty()) throw core::usage_error("task.path is empty: name a CSV or HDF5 file");
    if (!io::is_hdf5(file->path)) {
      columns = io::read_csv(file->path);
      return;
    }
    auto names = file->input;
    names.insert(names.end(), file->target.begin(), file->target.end());
    columns = io::read_hdf5_columns(file->path, names);
  });
  std::string names;
  for (const auto& name : columns.names) names += (names.empty() ? "" : "\n") + name;
  comm.broadcast(names);
  auto table = std::make_shared<tasks::Table>();
  for (std::size_t start = 0; start <= names.size();) {
    const auto end = std::min(names.find('\n', start), names.size());
    table->names.push_back(names.substr(start, end - start));
    start = end + 1;
  }
  columns.values.resize(table->names.size());
  for (auto& column : columns.values) comm.broadcast(column);
  table->columns = std::move(columns.values);
  return table;
}

/// All problems in one error, in the order in which they were found.
void require_none(const std::vector<std::string>& problems) {
  if (problems.empty()) return;
  std::string text = problems.size() == 1 ? "the configuration has a problem:"
                                          : std::to_string(problems.size()) + " problems in the configuration:";
  for (const auto& problem : problems) text += "\n  " + problem;
  throw core::usage_error(text);
}

std::string output_path(const RunOptions& options, const sim::Configuration& configuration) {
  std::string path = std::filesystem::path(options.config).stem().string() + ".h5";
  if (!configuration.output.file.empty()) path = configuration.output.file;
  if (!options.output.empty()) path = options.output;
  return path;
}

/// This rank's part of the network: drawn, or read from a file.
model::Network make_network(const sim::Configuration& configuration, const comm::Communicator& comm, Index inputs,
                            Index outputs) {
  const core::Partition partition(configuration.reservoir.size, comm.size());
  const auto own = partition.neurons_of(comm.rank());
  if (!configuration.reservoir.network.empty()) return sim::read_network(configuration.reservoir, own, inputs, outputs);
  const core::Philox random(static_cast<std::uint64_t>(configuration.run.seed));
  return model::draw_network(configuration.reservoir, random, own, inputs, outputs);
}

/// Reads and checks a configuration and what it names. Collective.
std::pair<sim::Configuration, std::shared_ptr<const tasks::Table>> load(const Entries& file, const Entries& overrides,
                                                                        const comm::Communicator& comm) {
  auto read = read_configuration(file, overrides);
  // With problems the file of a task may not be the one that is meant; whatever else is wrong is still said.
  const auto table = read.problems.empty() ? load_table(read.configuration, comm) : nullptr;
  resolve(read, table);
  require_none(read.problems);
  return {std::move(read.configuration), table};
}

/// A run that is ready to go: its configuration, and where it starts from if it is not the beginning.
struct Job {
  RunOptions options;
  sim::Configuration configuration;
  std::shared_ptr<const tasks::Table> table;
  std::string result;
  std::string checkpoint;
  std::string run_id;
  std::optional<sim::CheckpointHeader> resumed;
};

/// The time loop and what is written at its end. A rank that fails here ends the job: the others wait in a collective.
ExitCode simulate(sim::Simulation& simulation, const Job& job, const std::string& command_line) {
  const auto start = std::chrono::steady_clock::now();
  const sim::Provenance provenance{version(), git_hash(), command_line, resolved_ini(job.configuration), job.run_id};
  try {
    sim::Recorder recorder(simulation, job.result, provenance, job.resumed ? job.resumed->parts : sim::RecordedParts{});
    const auto& run = job.configuration.run;
    Checkpointer checkpointer({job.checkpoint, job.result, run.checkpoint_every, seconds_of(run.max_walltime)},
                              simulation, recorder, provenance);
    Progress progress(simulation, job.options.quiet);
    const auto outcome = simulation.run({&recorder, &checkpointer, &progress});
    progress.finish();
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
    const bool stopped = outcome == sim::Outcome::stopped;
    checkpointer.finish(recorder.finish(simulation, stopped ? "interrupted" : "complete", elapsed.count()));
    auto text = report(simulation, job.result, elapsed.count());
    if (stopped) text += "Stopped early. Go on with: bayres resume " + job.checkpoint + "\n";
    if (simulation.comm().is_root() && !job.options.quiet) std::fputs(text.c_str(), stdout);
    if (stopped) return ExitCode::stopped;
    return outcome == sim::Outcome::all_diverged ? ExitCode::all_diverged : ExitCode::done;
  } catch (const core::Error& error) {
    io::discard(job.result);
    simulation.comm().abort(error.code(), error.what());
  } catch (const std::exception& error) {
    io::discard(job.result);
    simulation.comm().abort(ExitCode::failure, error.what());
  }
}

/// A resumed run goes on in its own result, which therefore may exist.
bool is_result_of(const std::optional<sim::CheckpointHeader>& resumed, const std::string& path) {
  return resumed && std::filesystem::absolute(path) == resumed->result;
}

/// A name for a new run that no other run has. Collective.
std::string new_run_id(const comm::Communicator& comm) {
  const auto now = std::chrono::system_clock::now().time_since_epoch().count();
  std::string id = comm::host_name() + "-" + std::to_string(getpid()) + "-" + std::to_string(now);
  comm.broadcast(id);
  return id;
}

/// Locks the result, builds the simulation, restores its state if it is resumed, and runs it. Collective.
ExitCode run_job(const Job& job, const std::string& command_line, const comm::Communicator& comm) {
  std::optional<io::OutputLock> lock;
  comm.together([&] {
    if (!comm.is_root()) return;
    io::require_writable(job.result, job.options.force || is_result_of(job.resumed, job.result));
    if (job.resumed) sim::require_parts(job.resumed->parts, job.run_id);
    io::require_writable(job.checkpoint, true);
    lock.emplace(job.result);
  });
  std::optional<tasks::AnyTask> task;
  std::optional<model::Network> network;
  comm.together(
      [&] { task = tasks::make_task(job.configuration.task_parameters, task_context(job.configuration, job.table)); });
  sim::require_memory(job.configuration, comm, sim::output_count(*task));
  comm.together([&] {
    network = make_network(job.configuration, comm, sim::input_count(*task, job.configuration.task),
                           sim::output_count(*task));
  });
  sim::Simulation simulation(job.configuration, comm, std::move(*task), std::move(*network));
  if (job.resumed) sim::restore(job.options.config, *job.resumed, simulation);
  catch_signals();
  return simulate(simulation, job, command_line);
}

/// The configuration with the options that stand for keys.
std::vector<std::string> all_overrides(const RunOptions& options) {
  auto overrides = options.overrides;
  if (!options.max_walltime.empty()) overrides.push_back("--run.max_walltime=" + options.max_walltime);
  return overrides;
}

std::string checkpoint_path(const RunOptions& options, const std::string& result) {
  return options.checkpoint.empty() ? result + ".checkpoint" : options.checkpoint;
}

}  // namespace

ExitCode run_command(const std::vector<std::string>& arguments, const std::string& command_line,
                     const comm::Communicator& comm) {
  Job job;
  job.options = parse_run_options(arguments, "run");
  std::string text;
  comm.together([&] {
    if (comm.is_root()) text = io::read_text(job.options.config);
  });
  comm.broadcast(text);
  std::tie(job.configuration, job.table) =
      load(parse_ini(text, job.options.config), parse_overrides(all_overrides(job.options)), comm);
  job.result = output_path(job.options, job.configuration);
  job.checkpoint = checkpoint_path(job.options, job.result);
  job.run_id = new_run_id(comm);
  return run_job(job, command_line, comm);
}

ExitCode resume_command(const std::vector<std::string>& arguments, const std::string& command_line,
                        const comm::Communicator& comm) {
  Job job;
  job.options = parse_run_options(arguments, "resume");
  comm.together([&] { job.resumed = sim::read_checkpoint_header(job.options.config); });
  const auto ini = parse_ini(job.resumed->configuration, job.options.config);
  const auto overrides = parse_overrides(all_overrides(job.options));
  // The checkpoint's configuration is resolved already, so that its task's file need not be read for it.
  const auto before = read_configuration(ini, {});
  require_none(before.problems);
  std::tie(job.configuration, job.table) = load(ini, overrides, comm);
  require_none(changes_of_the_past(before.configuration, job.configuration, job.resumed->steps_done));
  job.run_id = job.resumed->run_id;
  job.result = job.options.output.empty() ? job.resumed->result : job.options.output;
  job.checkpoint = job.options.checkpoint.empty() ? job.options.config : job.options.checkpoint;
  return run_job(job, command_line, comm);
}

}  // namespace bayres::app
