#pragma once
/// \file
/// Ensembles: independent networks with one configuration, and the result that holds them all.

#include <string>
#include <vector>

#include "bayres/comm/communicator.hpp"
#include "bayres/results/recorder.hpp"

namespace bayres::sim {

/// One network of an ensemble, and the path of its own result until all are joined.
struct Member {
  NetworkLabel label;
  Configuration configuration;  ///< of this network alone
  std::string path;
};

/// Whether a configuration names more networks than that of run.seed.
[[nodiscard]] bool is_ensemble(const Configuration& configuration);

/// The networks of an ensemble, ordered by seed and for each seed by replica.
[[nodiscard]] std::vector<Member> members_of(const Configuration& configuration, const std::string& result);

/// The number of groups of ranks that work on `members` networks in parallel. `ranks_per_network` 0: as few ranks per
/// network as keep all ranks busy.
[[nodiscard]] int group_count(int ranks, Index members, Index ranks_per_network);

/// The group of this rank, where so many groups of ranks work in parallel.
[[nodiscard]] inline int group_of(const comm::Communicator& all, int groups) noexcept {
  return static_cast<int>(Index{all.rank()} * groups / all.size());
}

/// How the ranks of one network are spread, if `ranks` ranks of `nodes` machines work on `members` networks.
[[nodiscard]] comm::RankLayout layout_of_network(int ranks, int nodes, Index members, Index ranks_per_network);

/// Joins the results of all members into one with a leading dimension `seed`, written under a temporary name first.
/// Collective.
void join_ensemble(const std::string& path, const std::vector<Member>& members, const Configuration& configuration,
                   Index inputs, Index outputs, const Provenance& provenance, double elapsed_seconds,
                   const comm::Communicator& comm);

}  // namespace bayres::sim
