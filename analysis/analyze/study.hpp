#pragma once
/// \file
/// The conditions of the given files, and the networks of each.

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "bayres/comm/communicator.hpp"
#include "bayres/core/partition.hpp"
#include "bayres/io/hdf5.hpp"
#include "options.hpp"
#include "recordings/reading.hpp"
#include "tables/keys.hpp"

namespace bayres::analysis {

/// One network: the file that holds it, and its number there, or -1 in the file of one network.
struct Network {
  std::string path;
  Index place = -1;
  Index seed = 0;
  Index replica = 0;
  /// What its random numbers follow from.
  [[nodiscard]] std::pair<Index, Index> draws() const noexcept { return {seed, replica}; }
};

/// A learner of a condition.
struct Learner {
  std::string name;
  bool has_learning_rate = false;
  bool learns_J = false;      ///< and what it has learned is there, with the J that it began with
  bool sends_spikes = false;  ///< its outputs do
};

/// Networks that differ only in their random numbers: their configurations are the same but for run.seed,
/// run.replica, [ensemble], [output], [evaluate], [performance], and when checkpoints are written.
struct Condition {
  std::string label;  ///< the keys in which it differs from the others, with its values; "all" if there are none
  Keys keys;          ///< that all its networks share, with the values used
  std::vector<Network> networks;  ///< by seed and replica
  std::vector<Learner> learners;
  std::vector<std::string> measures;  ///< of frozen weights, nrmse among them
  std::vector<std::string> scores;    ///< of learners in a whole phase, such as test_nrmse
  Index outputs = 0;
  Index neurons = 0;
  Index features = 0;           ///< of readouts: neurons, and what is added to them
  std::vector<Index> recorded;  ///< neurons whose rates were recorded
  std::vector<Index> spiking;   ///< neurons whose spikes were recorded
  std::vector<Real> evaluation_times;
  std::vector<Real> snapshot_times;
  core::Range train;  ///< recorded steps, of the network with the most
  core::Range test;
  std::string time_unit;    ///< of all times
  Real interval = 0;        ///< from one recorded step to the next
  Real training_start = 0;  ///< simulated time
};

/// Verifies the files' seals if asked to, reads what they hold, and groups their networks by condition, in the order in
/// which conditions first occur. Throws on every rank the same error: input_output for a file that is no
/// whole result, usage for a network given twice or an unknown learner. Collective.
[[nodiscard]] std::vector<Condition> read_conditions(const Options& options, const comm::Communicator& comm);

/// Calls visit(network, its file) for each network of a condition; a file of consecutive networks is opened once.
/// Collective.
template <class Visit>
void for_each_network(const Condition& condition, const comm::Communicator& comm, Visit visit) {
  std::optional<io::Hdf5File> file;
  for (const auto& network : condition.networks) {
    if (!file || file->path() != network.path) {
      if (file) file->close();
      file.emplace(io::Hdf5File::open(network.path, comm));
    }
    visit(network, *file);
  }
  if (file) file->close();
}

}  // namespace bayres::analysis
