#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <limits>

#include "bayres/app/commands.hpp"
#include "bayres/app/memory_capacity.hpp"
#include "bayres/app/placement.hpp"
#include "bayres/configuration/problems.hpp"
#include "bayres/configuration/resolved.hpp"
#include "bayres/core/text.hpp"
#include "bayres/evaluation/ensemble.hpp"
#include "bayres/io/bytes.hpp"
#include "bayres/io/commit.hpp"
#include "bayres/io/seal.hpp"
#include "bayres/job/calibration_file.hpp"
#include "bayres/job/job.hpp"

namespace bayres::app {
namespace {

using core::ExitCode;

std::string output_path(const RunOptions& options, const sim::Configuration& configuration) {
  std::string path = std::filesystem::path(options.config).stem().string() + ".h5";
  if (!configuration.output.file.empty()) path = configuration.output.file;
  if (!options.output.empty()) path = options.output;
  return path;
}

/// A unique name for a new run. Collective.
std::string new_run_id(const comm::Communicator& comm) {
  const auto now = std::chrono::system_clock::now().time_since_epoch().count();
  std::string id = comm::host_name() + "-" + std::to_string(getpid()) + "-" + std::to_string(now);
  comm.broadcast(id);
  return id;
}

/// The overrides, with options that set keys.
std::vector<std::string> all_overrides(const RunOptions& options) {
  auto overrides = options.overrides;
  if (!options.max_walltime.empty()) overrides.push_back("--run.max_walltime=" + options.max_walltime);
  return overrides;
}

std::string checkpoint_path(const RunOptions& options, const std::string& result) {
  return options.checkpoint.empty() ? checkpoint_of(result) : options.checkpoint;
}

/// A configuration that goes on from a checkpoint, where `auto` is derived anew. Evaluations in runs of their own keep
/// the span of the first of them.
Entries goes_on(Entries ini, const sim::CheckpointHeader& header, const ReadConfiguration& before) {
  const auto& protocol = before.configuration.protocol;
  const sim::Schedule schedule(protocol, before.configuration.reservoir.dt);
  const auto& times = schedule.evaluations();
  const bool begun = !times.empty() && (header.ensemble || times.front() <= header.steps_done);
  if (protocol.feedback == "none" || !begun) return ini;
  const auto is_span = [](const Entry& entry) { return entry.name() == "protocol.evaluate_span"; };
  auto span = std::ranges::find_if(ini.entries, is_span);
  if (span == ini.entries.end()) {
    span = ini.entries.insert(span, {"protocol", "evaluate_span", "auto", ini.path});
  }
  if (span->value == "auto") span->value = core::to_text(protocol.evaluate_span);
  return ini;
}

void take(Loaded loaded, Job& job) {
  job.configuration = std::move(loaded.configuration);
  job.table = std::move(loaded.table);
  job.inputs = std::move(loaded.inputs);
  job.network = std::move(loaded.network);
}

/// All that the job reads and writes.
io::FileRoles roles_of(const Job& job) {
  auto roles = inputs_of(job.configuration);
  if (!job.resumed) {
    roles.reads("the configuration", job.options.config);
  } else if (!io::same_file(job.options.config, job.checkpoint)) {
    roles.reads("the checkpoint that is resumed", job.options.config);
  }
  const auto parts = job.resumed ? job.resumed->parts : sim::RecordedParts{};
  for (const auto& part : parts) {
    const bool of_result = part.path.starts_with(job.resumed->result) && io::same_file(job.resumed->result, job.result);
    if (!of_result) roles.reads("what was recorded before", part.path);
  }
  roles.writes_with_parts("the result (-o)", job.result);
  roles.writes("the checkpoint (--checkpoint)", job.checkpoint);
  if (job.configuration.run.keep_checkpoints > 1) {
    roles.writes("the last checkpoint but one", previous_of(job.checkpoint));
  }
  if (!sim::is_ensemble(job.configuration)) return roles;
  for (const auto& member : sim::members_of(job.configuration, job.result)) {
    roles.writes("the result of one network", member.path);
    roles.writes("the checkpoint of one network", checkpoint_of(member.path));
  }
  return roles;
}

/// Throws if a file has two roles. Replaces links by the files to which they point. Collective.
void settle_outputs(Job& job, const comm::Communicator& comm) {
  comm.together([&] {
    if (!comm.is_root()) return;
    roles_of(job).check();
    job.result = io::through_links(job.result);
    job.checkpoint = io::through_links(job.checkpoint);
  });
  comm.broadcast(job.result);
  comm.broadcast(job.checkpoint);
}

ExitCode run_job(Job job, const std::string& command_line, const comm::Communicator& comm) {
  job.command_line = command_line;
  settle_outputs(job, comm);
  warn_of_placement(job.options.quiet, comm);
  job.configuration.fastest_products = fastest_products_of(job, comm);
  return sim::is_ensemble(job.configuration) ? run_ensemble(job, comm) : run_network(job, comm);
}

/// Whether rank 0 finds a file. Collective.
bool is_there(const std::string& path, const comm::Communicator& comm) {
  std::error_code ignored;
  return comm.max(core::Index{comm.is_root() && std::filesystem::exists(path, ignored) ? 1 : 0}) > 0;
}

/// What `run --continue` compares with.
struct Before {
  std::string path;
  sim::Configuration configuration;
  core::Index steps_done = std::numeric_limits<core::Index>::max();  ///< the most if nothing may change any more
};

/// Throws if a configuration is not that of the run before, which may only grow.
void require_goes_on(const Job& job, const Before& before, const Origin& origin) {
  const auto comparable = with_paths_of(job.configuration, before.configuration, origin);
  const auto changes = changes_of_the_past(comparable, job.configuration, before.steps_done);
  if (!job.options.continues || changes.empty()) return require_none(changes);
  std::string text = before.path +
                     ": is of a run with another configuration: choose another name for the result with -o, or begin "
                     "anew with --force instead of --continue. What differs:";
  for (const auto& change : changes) text += "\n  " + change;
  throw core::usage_error(text);
}

/// What a result says of its run.
struct Finished {
  std::string configuration;
  std::string run_id;
  std::string status;
  std::optional<io::InputFiles> inputs;
};

/// Throws on every rank if the file is no result. Collective.
Finished read_finished(const std::string& path, const comm::Communicator& comm) {
  io::require_intact(path, comm);
  Finished finished;
  comm.together([&] {
    const auto file = io::Hdf5File::open(path);
    const auto root = file.root();
    if (!root.has_attribute("status") || !root.has_attribute("config") || !root.has_attribute("run_id")) {
      throw core::io_error(path + ": exists already, and is no result of bayres: choose another name with -o");
    }
    finished = {root.text("config"), root.text("run_id"), root.text("status"), io::read_inputs(file)};
  });
  return finished;
}

ExitCode nothing_is_left(const Job& job, const comm::Communicator& comm) {
  if (comm.is_root() && !job.options.quiet) std::printf("%s is complete: nothing is left to do.\n", job.result.c_str());
  return ExitCode::done;
}

/// Whether the result of a resumed job is complete, with this very configuration. Collective.
bool is_complete(const Job& job, const Before& before, const Origin& origin, const comm::Communicator& comm) {
  const auto comparable = with_paths_of(job.configuration, before.configuration, origin);
  const auto none_may_change = std::numeric_limits<core::Index>::max();
  if (!changes_of_the_past(comparable, job.configuration, none_may_change).empty()) return false;
  if (!is_there(job.result, comm)) return false;
  const auto finished = read_finished(job.result, comm);
  return finished.status == "complete" && finished.run_id == job.resumed->run_id;
}

/// Goes on from job.resumed, the checkpoint job.options.config, with a configuration. Collective.
ExitCode go_on(Job job, const Entries& ini, const std::string& command_line, const sim::Components& components,
               const comm::Communicator& comm) {
  const auto before = read_configuration(parse_stored(job.resumed->configuration, job.options.config), {}, components);
  require_none(before.problems);
  const auto origin = origin_of(job);
  take(load(goes_on(ini, *job.resumed, before), parse_overrides(all_overrides(job.options)), components, comm, origin),
       job);
  Before past{job.options.config, before.configuration};
  // In an ensemble, some networks may be complete.
  if (!job.resumed->ensemble) past.steps_done = job.resumed->steps_done;
  require_goes_on(job, past, origin);
  job.result = job.options.output.empty() ? job.resumed->result : job.options.output;
  if (job.options.continues && is_complete(job, past, origin, comm)) return nothing_is_left(job, comm);
  if (job.options.dry_run) return dry_run(job, comm);
  job.run_id = job.resumed->run_id;
  const std::string where =
      job.resumed->ensemble ? "resumed" : "resumed after step " + std::to_string(job.resumed->steps_done);
  job.history = job.resumed->history + "\n" + history_line(where, command_line, comm) +
                changed_keys(before.configuration, job.configuration) + changed_inputs(job.inputs, origin);
  job.checkpoint = job.options.checkpoint.empty() ? job.options.config : job.options.checkpoint;
  return run_job(std::move(job), command_line, comm);
}

/// `run --continue` where a result has no checkpoint: it must be complete, with this very configuration. Collective.
ExitCode end_with_result(Job job, const Entries& ini, const sim::Components& components,
                         const comm::Communicator& comm) {
  const auto finished = read_finished(job.result, comm);
  if (finished.status != "complete") {
    throw core::io_error(job.result + ": is " + finished.status + ", and its checkpoint " + job.checkpoint +
                         " is not there: put it back, choose another name with -o, or begin anew with --force instead "
                         "of --continue");
  }
  const Origin origin{job.result, finished.inputs, false, job.options.quiet};
  take(load(ini, parse_overrides(all_overrides(job.options)), components, comm, origin), job);
  auto before = read_configuration(parse_stored(finished.configuration, job.result), {}, components);
  require_none(before.problems);
  require_goes_on(job, {job.result, std::move(before.configuration)}, origin);
  return nothing_is_left(job, comm);
}

}  // namespace

namespace {

/// The configuration that is named. Collective.
Entries read_ini(const RunOptions& options, const comm::Communicator& comm) {
  return parse_ini(comm.from_root([&] { return io::read_text(options.config); }), options.config);
}

/// Runs a configuration. Collective.
ExitCode run_entries(Job job, const Entries& ini, const std::string& command_line, const sim::Components& components,
                     const comm::Communicator& comm) {
  const auto overrides = parse_overrides(all_overrides(job.options));
  if (job.options.continues) {
    if (job.options.force) {
      throw core::usage_error("command line: --continue goes on, and --force begins anew: give one of them");
    }
    job.result = output_path(job.options, read_configuration(ini, overrides, components).configuration);
    job.checkpoint = checkpoint_path(job.options, job.result);
    if (is_there(job.checkpoint, comm)) {
      job.options.output = job.result;
      job.options.config = job.checkpoint;
      job.resumed = sim::read_checkpoint(job.checkpoint, comm);
      return go_on(std::move(job), ini, command_line, components, comm);
    }
    if (is_there(job.result, comm)) return end_with_result(std::move(job), ini, components, comm);
  }
  take(load(ini, overrides, components, comm), job);
  if (job.options.dry_run) return dry_run(job, comm);
  job.result = output_path(job.options, job.configuration);
  job.checkpoint = checkpoint_path(job.options, job.result);
  job.run_id = new_run_id(comm);
  job.history = history_line("begun", command_line, comm);
  return run_job(std::move(job), command_line, comm);
}

}  // namespace

ExitCode run_command(const std::vector<std::string>& arguments, const std::string& command_line,
                     const sim::Components& components, const comm::Communicator& comm) {
  Job job;
  job.options = parse_run_options(arguments, "run");
  const auto ini = read_ini(job.options, comm);
  return run_entries(std::move(job), ini, command_line, components, comm);
}

ExitCode memory_capacity_command(const std::vector<std::string>& arguments, const std::string& command_line,
                                 const sim::Components& components, const comm::Communicator& comm) {
  Job job;
  job.options = parse_run_options(arguments, "run");
  const auto ini = memory_task_of(read_ini(job.options, comm), parse_overrides(job.options.overrides), components);
  if (job.options.output.empty()) {
    job.options.output = std::filesystem::path(job.options.config).stem().string() + "-memory.h5";
  }
  const auto result = job.options.output;
  const bool says = comm.is_root() && !job.options.dry_run;
  const auto code = run_entries(std::move(job), ini, command_line, components, comm);
  std::string text;
  comm.together([&] {
    if (says && code == ExitCode::done) text = memory_capacity_text(result);
  });
  std::fputs(text.c_str(), stdout);
  return code;
}

ExitCode resume_command(const std::vector<std::string>& arguments, const std::string& command_line,
                        const sim::Components& components, const comm::Communicator& comm) {
  Job job;
  job.options = parse_run_options(arguments, "resume");
  job.resumed = sim::read_checkpoint(job.options.config, comm);
  const auto ini = parse_ini(job.resumed->configuration, job.options.config);
  return go_on(std::move(job), ini, command_line, components, comm);
}

}  // namespace bayres::app
