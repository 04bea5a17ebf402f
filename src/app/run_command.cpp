#include <unistd.h>

#include <filesystem>
#include <limits>

#include "bayres/app/commands.hpp"
#include "bayres/configuration/problems.hpp"
#include "bayres/configuration/resolved.hpp"
#include "bayres/core/text.hpp"
#include "bayres/evaluation/ensemble.hpp"
#include "bayres/io/bytes.hpp"
#include "bayres/io/commit.hpp"
#include "bayres/job/job.hpp"
#include "bayres/job/placement.hpp"

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

/// The configuration of a checkpoint, where `auto` is derived anew. Evaluations in runs of their own keep the span of
/// the first of them.
Entries goes_on(const sim::CheckpointHeader& header, const std::string& path, const ReadConfiguration& before) {
  auto ini = parse_ini(header.configuration, path);
  const auto& protocol = before.configuration.protocol;
  const sim::Schedule schedule(protocol, before.configuration.reservoir.dt);
  const auto& times = schedule.evaluations();
  const bool begun = !times.empty() && (header.ensemble || times.front() <= header.steps_done);
  if (protocol.feedback == "none" || !begun) return ini;
  for (auto& entry : ini.entries) {
    if (entry.name() == "protocol.evaluate_span") entry.value = core::to_text(protocol.evaluate_span);
  }
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
  return sim::is_ensemble(job.configuration) ? run_ensemble(job, comm) : run_network(job, comm);
}

}  // namespace

ExitCode run_command(const std::vector<std::string>& arguments, const std::string& command_line,
                     const sim::Components& components, const comm::Communicator& comm) {
  Job job;
  job.options = parse_run_options(arguments, "run");
  const auto text = comm.from_root([&] { return io::read_text(job.options.config); });
  take(load(parse_ini(text, job.options.config), parse_overrides(all_overrides(job.options)), components, comm), job);
  if (job.options.dry_run) return dry_run(job, comm);
  job.result = output_path(job.options, job.configuration);
  job.checkpoint = checkpoint_path(job.options, job.result);
  job.run_id = new_run_id(comm);
  job.history = history_line("begun", command_line, comm);
  return run_job(std::move(job), command_line, comm);
}

ExitCode resume_command(const std::vector<std::string>& arguments, const std::string& command_line,
                        const sim::Components& components, const comm::Communicator& comm) {
  Job job;
  job.options = parse_run_options(arguments, "resume");
  job.resumed = sim::read_checkpoint(job.options.config, comm);
  const auto before = read_configuration(parse_stored(job.resumed->configuration, job.options.config), {}, components);
  require_none(before.problems);
  const auto origin = origin_of(job);
  const auto ini = goes_on(*job.resumed, job.options.config, before);
  take(load(ini, parse_overrides(all_overrides(job.options)), components, comm, origin), job);
  // In an ensemble, some networks may be complete.
  const auto done = job.resumed->ensemble ? std::numeric_limits<core::Index>::max() : job.resumed->steps_done;
  const auto comparable = with_paths_of(job.configuration, before.configuration, origin);
  require_none(changes_of_the_past(comparable, job.configuration, done));
  job.run_id = job.resumed->run_id;
  const std::string where =
      job.resumed->ensemble ? "resumed" : "resumed after step " + std::to_string(job.resumed->steps_done);
  job.history = job.resumed->history + "\n" + history_line(where, command_line, comm) +
                changed_keys(before.configuration, job.configuration) + changed_inputs(job.inputs, origin);
  job.result = job.options.output.empty() ? job.resumed->result : job.options.output;
  job.checkpoint = job.options.checkpoint.empty() ? job.options.config : job.options.checkpoint;
  return run_job(std::move(job), command_line, comm);
}

}  // namespace bayres::app
