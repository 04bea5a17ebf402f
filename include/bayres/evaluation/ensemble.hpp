#pragma once
/// \file
/// Ensembles: independent networks with one configuration, and the result that holds them all.

#include <string>
#include <vector>

#include "bayres/comm/communicator.hpp"
#include "bayres/results/recorder.hpp"

namespace bayres::sim {

/// One network of an ensemble, and where its own result is until all are there.
struct Member {
  NetworkLabel label;
  Configuration configuration;  ///< of this network alone
  std::string path;
};

/// Whether a configuration asks for more than the one network of run.seed.
[[nodiscard]] bool is_ensemble(const Configuration& configuration);

/// The networks of an ensemble, seed by seed and for each seed replica by replica.
[[nodiscard]] std::vector<Member> members_of(const Configuration& configuration, const std::string& result);

/// How many groups of ranks work on `members` networks side by side; `ranks_per_network` 0: as few ranks as keep all
/// busy.
[[nodiscard]] int group_count(int ranks, Index members, Index ranks_per_network);

/// Joins the results of all members to one with a leading dimension `seed`, under its temporary name and then its own.
/// Collective.
void join_ensemble(const std::string& path, const std::vector<Member>& members, const Configuration& configuration,
                   Index inputs, Index outputs, const Provenance& provenance, double elapsed_seconds,
                   const comm::Communicator& comm);

}  // namespace bayres::sim
