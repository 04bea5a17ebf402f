#include <filesystem>

#include "bayres/comm/bell.hpp"
#include "bayres/configuration/resolved.hpp"
#include "bayres/evaluation/ensemble.hpp"
#include "bayres/io/commit.hpp"
#include "bayres/io/seal.hpp"
#include "bayres/job/job.hpp"
#include "bayres/prediction/memory.hpp"
#include "bayres/reports/report.hpp"

namespace bayres::app {
namespace {

using core::ExitCode;
using core::Index;

/// The job of one network of an ensemble.
Job job_of(const Job& ensemble, const sim::Member& member, bool quiet) {
  Job job = ensemble;
  job.configuration = member.configuration;
  job.result = member.path;
  job.checkpoint = checkpoint_of(member.path);
  job.run_id += "/" + std::filesystem::path(member.path).filename().string();
  job.options.config = job.checkpoint;
  job.options.force = true;  // files of an earlier ensemble of this name are not needed
  job.options.quiet = quiet;
  job.resumed.reset();
  return job;
}

/// Whether rank 0 finds a file. Collective.
bool exists(const std::string& path, const comm::Communicator& comm) {
  std::error_code ignored;
  return comm.max(Index{comm.is_root() && std::filesystem::exists(path, ignored) ? 1 : 0}) > 0;
}

/// Whether a resumed ensemble has the complete result of this network already. Collective.
bool is_done(const Job& job, const comm::Communicator& comm) {
  if (!exists(job.result, comm)) return false;
  io::require_intact(job.result, comm);
  bool done = false;
  comm.together([&] {
    const auto file = io::Hdf5File::open(job.result);
    const auto root = file.root();
    done = root.text("run_id") == job.run_id && root.text("status") == "complete";
    if (done) require_same_inputs(job.inputs, {job.result, io::read_inputs(file), job.options.accept_changed_input});
  });
  return done;
}

/// Resumes this network's own checkpoint, if it has one. Collective.
void find_checkpoint(Job& job, const comm::Communicator& comm) {
  if (!exists(job.checkpoint, comm)) return;
  auto header = sim::read_checkpoint(job.checkpoint, comm);
  if (header.run_id != job.run_id) return;
  job.resumed = std::move(header);
  comm.together([&] { require_same_inputs(job.inputs, origin_of(job)); });
}

/// The work of one group of ranks: networks `number_`, `number_` + `groups_`, ..., until all are done or the ensemble
/// is stopped.
class Group {
 public:
  Group(const Job& job, const std::vector<sim::Member>& members, const comm::Communicator& all)
      : job_(&job),
        members_(&members),
        groups_(sim::group_count(all.size(), static_cast<Index>(members.size()),
                                 job.configuration.ensemble.ranks_per_network)),
        number_(sim::group_of(all, groups_)),
        ranks_(all.split(number_)),
        roots_(all.split(ranks_.is_root() ? 0 : 1)),
        bell_(roots_) {}

  [[nodiscard]] const comm::Communicator& ranks() const noexcept { return ranks_; }
  /// The notes of the first of its networks that has any.
  [[nodiscard]] const std::string& notes() const noexcept { return notes_; }

  /// Whether all networks of this group are done.
  bool run() {
    bool whole = true;
    for (auto k = static_cast<std::size_t>(number_); whole && k < members_->size();
         k += static_cast<std::size_t>(groups_)) {
      whole = !heard() && run_member(k);
    }
    kept_ = {};
    if (!whole && ranks_.is_root()) bell_.ring();
    if (ranks_.is_root()) bell_.silence();
    return whole;
  }

 private:
  bool heard() { return ranks_.max(Index{ranks_.is_root() && bell_.heard() ? 1 : 0}) > 0; }

  bool run_member(std::size_t k) {
    Job job = job_of(*job_, (*members_)[k], job_->options.quiet || number_ > 0);
    const std::string label = "network " + std::to_string(k + 1) + " of " + std::to_string(members_->size());
    if (job_->resumed && is_done(job, ranks_)) return true;
    if (job_->resumed) find_checkpoint(job, ranks_);
    const auto begin = Clock::now();
    const auto code = run_network(job, ranks_,
                                  Membership{label + ": ", [this] { return bell_.heard(); },
                                             [this] { discard_unfinished(*job_); }, &notes_of_last_, &kept_});
    if (code == ExitCode::stopped) return false;
    if (notes_.empty()) notes_ = notes_of_last_;
    if (ranks_.is_root() && !job_->options.quiet) {
      const std::chrono::duration<double> elapsed = Clock::now() - begin;
      std::fprintf(stderr, "%s done in %.1f s\n", label.c_str(), elapsed.count());
    }
    return true;
  }

  const Job* job_;
  const std::vector<sim::Member>* members_;
  int groups_;
  int number_;
  std::string notes_;
  std::string notes_of_last_;
  comm::Communicator ranks_;
  comm::Communicator roots_;  // the first rank of each group; all other ranks are in one that is not used
  comm::Bell bell_;
  KeptNetwork kept_;
};

/// Throws if a file has the name of a network's result or checkpoint and must not be replaced: it is of another
/// program, or of a stopped ensemble, or another result.
void require_member_name(const Job& job, const std::string& path) {
  for (const auto& name : {path, checkpoint_of(path)}) {
    io::require_ours(name);
    if (job.resumed || job.options.force || !std::filesystem::exists(name)) continue;
    throw core::io_error(name + ": exists already, and the ensemble needs this name: go on with bayres resume " +
                         job.checkpoint + " if it is of an ensemble that was stopped, or replace it with --force");
  }
}

void write_plan(const Job& job, const comm::Communicator& comm) {
  sim::CheckpointHeader header;
  header.configuration = resolved_ini(job.configuration);
  header.result = std::filesystem::absolute(job.result).string();
  header.run_id = job.run_id;
  header.ensemble = true;
  sim::write_ensemble_checkpoint(job.checkpoint, header, provenance_of(job), comm);
}

/// Removes the files of the networks: the ensemble's result contains all of them.
void remove_members(const Job& job, const std::vector<sim::Member>& members) {
  std::error_code ignored;
  for (const auto& member : members) {
    std::filesystem::remove(member.path, ignored);
    std::filesystem::remove(checkpoint_of(member.path), ignored);
  }
  std::filesystem::remove(job.checkpoint, ignored);
}

ExitCode finish(const Job& job, const std::vector<sim::Member>& members, bool whole, const std::string& notes,
                const tasks::AnyTask& task, const comm::Communicator& comm) {
  if (!whole) {
    if (comm.is_root() && !job.options.quiet) {
      std::printf("Stopped early. Go on with: bayres resume %s\n", job.checkpoint.c_str());
    }
    return ExitCode::stopped;
  }
  const std::chrono::duration<double> elapsed = Clock::now() - job.start;
  sim::join_ensemble(job.result, members, job.configuration, sim::input_count(task, job.configuration.task),
                     sim::output_count(task), provenance_of(job), elapsed.count(), comm);
  Index all_diverged = 0;
  comm.together([&] {
    if (!comm.is_root()) return;
    remove_members(job, members);
    const auto summary = summary_of_ensemble(job.result, job.configuration.learners);
    if (!job.options.quiet)
      std::fputs((summary.text + derived_values(job.configuration) + notes + unsealed(job.inputs)).c_str(), stdout);
    all_diverged = summary.all_diverged ? 1 : 0;
  });
  return comm.max(all_diverged) > 0 ? ExitCode::all_diverged : ExitCode::done;
}

}  // namespace

ExitCode run_ensemble(const Job& job, const comm::Communicator& comm) {
  const auto members = sim::members_of(job.configuration, job.result);
  std::optional<io::OutputLock> lock;
  std::optional<io::OutputLock> checkpoint_lock;
  comm.together([&] {
    if (!comm.is_root()) return;
    require_writable_result(job);
    require_writable_checkpoint(job);
    for (const auto& member : members) require_member_name(job, member.path);
    lock.emplace(job.result);
    checkpoint_lock.emplace(job.checkpoint);
  });
  tasks::AnyTask task;
  comm.together([&] { task = job.configuration.make_task(task_context(job.configuration, job.table)); });
  Group group(job, members, comm);
  const auto c = settled(members.front().configuration, job.network);
  const auto share = sim::share_of(c, group.ranks());
  const sim::Workload workload{c, sim::input_count(task, c.task), sim::output_count(task)};
  sim::require_memory(sim::needed_by(workload, share), c, comm);
  // From here on the groups work independently: an error in one of them ends the job.
  const auto work = [&] {
    write_plan(job, comm);
    const bool whole = comm.max(Index{group.run() ? 0 : 1}) == 0;
    return finish(job, members, whole, group.notes(), task, comm);
  };
  return comm.or_end_job(work, [&] { discard_unfinished(job); });
}

}  // namespace bayres::app
