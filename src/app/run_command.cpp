#include <filesystem>

#include "bayres/app/commands.hpp"
#include "bayres/app/configuration.hpp"
#include "bayres/app/version.hpp"
#include "bayres/io/csv.hpp"
#include "bayres/io/output_lock.hpp"
#include "bayres/sim/memory.hpp"
#include "bayres/sim/network_file.hpp"
#include "bayres/sim/recorder.hpp"
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
  if (!options.output.empty()) return options.output;
  if (!configuration.output.file.empty()) return configuration.output.file;
  return std::filesystem::path(options.config).stem().string() + ".h5";
}

tasks::AnyTask make_task(const sim::Configuration& configuration, const tasks::Context& context) {
  std::optional<tasks::AnyTask> task;
  tasks::Registry::for_each([&]<class Task>() {
    if (const auto* parameters = std::get_if<typename Task::Parameters>(&configuration.task_parameters)) {
      task.emplace(std::in_place_type<Task>, *parameters, context);
    }
  });
  return std::move(*task);
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

/// Reads and checks the configuration and what it names. Collective.
std::pair<sim::Configuration, std::shared_ptr<const tasks::Table>> load(const RunOptions& options,
                                                                        const comm::Communicator& comm) {
  std::string text;
  comm.together([&] {
    if (comm.is_root()) text = io::read_text(options.config);
  });
  comm.broadcast(text);
  auto read = read_configuration(parse_ini(text, options.config), parse_overrides(options.overrides));
  require_none(read.problems);
  const auto table = load_table(read.configuration, comm);
  resolve(read, table);
  require_none(read.problems);
  return {std::move(read.configuration), table};
}

/// The time loop and what is written at its end. A rank that fails here ends the job: the others wait in a collective.
ExitCode simulate(sim::Simulation& simulation, const std::string& path, const sim::Provenance& provenance, bool quiet) {
  const auto start = std::chrono::steady_clock::now();
  try {
    sim::Recorder recorder(simulation, path, provenance);
    Progress progress(simulation, quiet);
    const auto outcome = simulation.run({&recorder, &progress});
    progress.finish();
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
    recorder.finish(simulation, "complete", elapsed.count());
    const auto text = report(simulation, path, elapsed.count());
    if (simulation.comm().is_root() && !quiet) std::fputs(text.c_str(), stdout);
    return outcome == sim::Outcome::all_diverged ? ExitCode::all_diverged : ExitCode::done;
  } catch (const core::Error& error) {
    std::remove(io::temporary_name(path).c_str());
    simulation.comm().abort(error.code(), error.what());
  } catch (const std::exception& error) {
    std::remove(io::temporary_name(path).c_str());
    simulation.comm().abort(ExitCode::failure, error.what());
  }
}

}  // namespace

ExitCode run_command(const std::vector<std::string>& arguments, const std::string& command_line,
                     const comm::Communicator& comm) {
  const auto options = parse_run_options(arguments);
  const auto [configuration, table] = load(options, comm);
  const auto path = output_path(options, configuration);
  std::optional<io::OutputLock> lock;
  comm.together([&] {
    if (!comm.is_root()) return;
    io::require_writable(path, options.force);
    lock.emplace(path);
  });
  std::optional<sim::Simulation> simulation;
  try {
    std::optional<tasks::AnyTask> task;
    std::optional<model::Network> network;
    sim::require_memory(configuration, comm);
    comm.together([&] {
      task = make_task(configuration, task_context(configuration, table));
      network =
          make_network(configuration, comm, sim::input_count(*task, configuration.task), sim::output_count(*task));
    });
    simulation.emplace(configuration, comm, std::move(*task), std::move(*network));
  } catch (const core::Error&) {
    if (lock) lock->discard();
    throw;
  }
  return simulate(*simulation, path, {version(), git_hash(), command_line, resolved_ini(configuration)}, options.quiet);
}

}  // namespace bayres::app
