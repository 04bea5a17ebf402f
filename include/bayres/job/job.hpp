#pragma once
/// \file
/// Jobs: what `bayres run` and `bayres resume` do once they know what is to be done.

#include <functional>
#include <optional>

#include "bayres/configuration/configuration.hpp"
#include "bayres/io/file_roles.hpp"
#include "bayres/job/checkpointer.hpp"
#include "bayres/job/inputs.hpp"
#include "bayres/job/run_options.hpp"
#include "bayres/results/checkpoint.hpp"
#include "bayres/results/network_file.hpp"

namespace bayres::app {

/// A run that is ready to go: its configuration, and where it starts from if it is not the beginning.
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

/// A network that other replicas of its seed go on with.
struct KeptNetwork {
  core::Index seed = -1;
  std::optional<model::Network> network = {};
};

/// Of a job that is one network of an ensemble.
struct Membership {
  std::string label;                     ///< what its progress is called
  std::function<bool()> stop_elsewhere;  ///< whether other networks have been stopped; asked on rank 0
  std::function<void()> clean_up;        ///< removes what the ensemble has left half-written, if the network fails
  std::string* notes = nullptr;          ///< for what there is to say at its end
  KeptNetwork* kept = nullptr;           ///< of the last job of these ranks, and for the next
};

/// A configuration that has been checked, with what it names.
struct Loaded {
  sim::Configuration configuration;
  std::shared_ptr<const tasks::Table> table;
  io::InputFiles inputs;
  std::optional<sim::NetworkContents> network = {};  ///< of reservoir.network
};

/// Reads and checks a configuration and what it names. Throws all problems at once, or if a file is not the one that
/// the origin was made from. Collective.
[[nodiscard]] Loaded load(const Entries& file, const Entries& overrides, const sim::Components& components,
                          const comm::Communicator& comm, const Origin& origin = {});

/// The configuration, with storage and connectivity of a network from a file.
[[nodiscard]] sim::Configuration settled(sim::Configuration configuration,
                                         const std::optional<sim::NetworkContents>& network);

/// The line of a start in the history of its files. Collective.
[[nodiscard]] std::string history_line(const std::string& where, const std::string& command_line,
                                       const comm::Communicator& comm);

/// What a resumed job goes on from says of its files.
[[nodiscard]] Origin origin_of(const Job& resumed);

/// The name of a result's checkpoint, if none is given.
[[nodiscard]] inline std::string checkpoint_of(const std::string& result) { return result + ".checkpoint"; }

/// The files that a configuration names to be read.
[[nodiscard]] io::FileRoles inputs_of(const sim::Configuration& configuration);

/// Throws all problems `of` something in one error, in the order in which they were found, if there are any.
void require_none(const std::vector<std::string>& problems, const std::string& of = "the configuration");

/// This rank's part of the network: drawn, or read from a file. Throws on the rank that fails.
[[nodiscard]] model::Network make_network(const sim::Configuration& configuration,
                                          const std::optional<sim::NetworkContents>& contents,
                                          const comm::Communicator& comm, core::Index inputs, core::Index outputs);

/// Builds one network on the ranks of `comm`, restores its state if it is resumed, runs it and writes its result.
/// Collective.
core::ExitCode run_network(const Job& job, const comm::Communicator& comm,
                           const std::optional<Membership>& membership = std::nullopt);

/// All networks of an ensemble, side by side as ranks allow, and then their one result. Collective.
core::ExitCode run_ensemble(const Job& job, const comm::Communicator& comm);

/// What `bayres run --dry-run` does: says what the job would need. Collective.
core::ExitCode dry_run(const Job& job, const comm::Communicator& comm);

/// Whether a resumed job goes on in its own result, which therefore may exist.
[[nodiscard]] bool is_own_result(const Job& job);

/// Throws if the checkpoint cannot be written, or if its name is that of a file that is none. On one rank.
void require_writable_checkpoint(const Job& job);

/// Removes what a job that failed has left half-written.
void discard_unfinished(const Job& job);

/// What a job's result and checkpoint say of the program and the run.
[[nodiscard]] sim::Provenance provenance_of(const Job& job);

}  // namespace bayres::app
