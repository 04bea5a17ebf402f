#pragma once
/// \file
/// Jobs of `bayres run` and `bayres resume`, once their options have been read.

#include <functional>
#include <optional>

#include "bayres/configuration/configuration.hpp"
#include "bayres/datasets/network_file.hpp"
#include "bayres/io/file_roles.hpp"
#include "bayres/job/checkpointer.hpp"
#include "bayres/job/inputs.hpp"
#include "bayres/job/run_options.hpp"
#include "bayres/results/checkpoint.hpp"

namespace bayres::app {

/// A run that is ready to start: its configuration, and the checkpoint from which it is resumed, if there is one.
struct Job {
  RunOptions options;
  sim::Configuration configuration;
  std::shared_ptr<const tasks::Table> table;
  io::InputFiles inputs;
  std::optional<sim::NetworkContents> network = {};  ///< of reservoir.network
  std::string result;
  std::string checkpoint;
  std::string run_id;
  std::optional<sim::CheckpointHeader> resumed;
  std::string command_line;
  std::string history;  ///< one line for each start of the run
  Clock::time_point start = Clock::now();
};

/// A network that is kept for other replicas of its seed.
struct KeptNetwork {
  core::Index seed = -1;
  std::optional<model::Network> network = {};
};

/// For a job that is one network of an ensemble.
struct Membership {
  std::string label;                     ///< comes before each line of progress
  std::function<bool()> stop_elsewhere;  ///< whether other networks have been stopped; asked on rank 0
  std::function<void()> clean_up;        ///< removes unfinished files of the ensemble, if the network fails
  std::string* notes = nullptr;          ///< receives the notes at its end
  KeptNetwork* kept = nullptr;           ///< from the last job of these ranks, and for the next
};

/// A configuration that has been checked, with the files that it names.
struct Loaded {
  sim::Configuration configuration;
  std::shared_ptr<const tasks::Table> table;
  io::InputFiles inputs;
  std::optional<sim::NetworkContents> network = {};  ///< of reservoir.network
};

/// Reads and checks a configuration and the files that it names. Throws all problems in one error, or throws if a file
/// is not that of the origin. Collective.
[[nodiscard]] Loaded load(const Entries& file, const Entries& overrides, const sim::Components& components,
                          const comm::Communicator& comm, const Origin& origin = {});

/// The configuration, with storage and connectivity of a network from a file.
[[nodiscard]] sim::Configuration settled(sim::Configuration configuration,
                                         const std::optional<sim::NetworkContents>& network);

/// The configuration, with the gain that reservoir.spectral_radius asks for. Throws on every rank if there is none.
/// Collective.
[[nodiscard]] sim::Configuration with_gain(sim::Configuration configuration, const comm::Communicator& comm);

/// The line in the history of a run for one start. Collective.
[[nodiscard]] std::string history_line(const std::string& where, const std::string& command_line,
                                       const comm::Communicator& comm);

/// The checkpoint of a resumed job, with its input files.
[[nodiscard]] Origin origin_of(const Job& resumed);

/// The default name of a result's checkpoint.
[[nodiscard]] inline std::string checkpoint_of(const std::string& result) { return result + ".checkpoint"; }

/// The input files that a configuration names.
[[nodiscard]] io::FileRoles inputs_of(const sim::Configuration& configuration);

/// This rank's part of the network: drawn, with the gain of the configuration (`with_gain`), or read from a file.
/// Throws on the rank that fails.
[[nodiscard]] model::Network make_network(const sim::Configuration& configuration,
                                          const std::optional<sim::NetworkContents>& contents,
                                          const comm::Communicator& comm, core::Index inputs, core::Index outputs);

/// Builds one network on the ranks of `comm`, restores its state if it is resumed, runs it and writes its result.
/// Collective.
core::ExitCode run_network(const Job& job, const comm::Communicator& comm,
                           const std::optional<Membership>& membership = std::nullopt);

/// Runs all networks of an ensemble, in parallel as far as ranks allow, and joins their results. Collective.
core::ExitCode run_ensemble(const Job& job, const comm::Communicator& comm);

/// `bayres run --dry-run`: prints the time and memory that the job would need. Collective.
core::ExitCode dry_run(const Job& job, const comm::Communicator& comm);

/// Whether a resumed job continues its own result, which may exist then.
[[nodiscard]] bool is_own_result(const Job& job);

/// Throws if the result or the checkpoint cannot be written or replaced: a checkpoint by no file that is none. On one
/// rank.
/// \{
void require_writable_result(const Job& job);
void require_writable_checkpoint(const Job& job);
/// \}

/// Removes the unfinished files of a failed job.
void discard_unfinished(const Job& job);

/// The provenance stored in a job's result and checkpoint.
[[nodiscard]] sim::Provenance provenance_of(const Job& job);

}  // namespace bayres::app
