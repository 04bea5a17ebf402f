#include <unistd.h>

#include <filesystem>

#include "bayres/app/commands.hpp"
#include "bayres/io/csv.hpp"
#include "bayres/sim/ensemble.hpp"
#include "job.hpp"

namespace bayres::app {
namespace {

using core::ExitCode;

std::string output_path(const RunOptions& options, const sim::Configuration& configuration) {
  std::string path = std::filesystem::path(options.config).stem().string() + ".h5";
  if (!configuration.output.file.empty()) path = configuration.output.file;
  if (!options.output.empty()) path = options.output;
  return path;
}

/// A name for a new run that no other run has. Collective.
std::string new_run_id(const comm::Communicator& comm) {
  const auto now = std::chrono::system_clock::now().time_since_epoch().count();
  std::string id = comm::host_name() + "-" + std::to_string(getpid()) + "-" + std::to_string(now);
  comm.broadcast(id);
  return id;
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

ExitCode run_job(Job job, const std::string& command_line, const comm::Communicator& comm) {
  job.command_line = command_line;
  return sim::is_ensemble(job.configuration) ? run_ensemble(job, comm) : run_network(job, comm);
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
  return run_job(std::move(job), command_line, comm);
}

ExitCode resume_command(const std::vector<std::string>& arguments, const std::string& command_line,
                        const comm::Communicator& comm) {
  Job job;
  job.options = parse_run_options(arguments, "resume");
  job.resumed = sim::read_checkpoint(job.options.config, comm);
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
  return run_job(std::move(job), command_line, comm);
}

}  // namespace bayres::app
