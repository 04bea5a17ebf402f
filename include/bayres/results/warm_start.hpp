#pragma once
/// \file
/// A run that starts from what another one has learned: run.start_from.

#include <map>
#include <string>
#include <vector>

#include "bayres/results/checkpoint.hpp"

namespace bayres::sim {

/// What a checkpoint holds for the learners of a new run of the same network: states, weights and what their rules have
/// found out.
class WarmStart {
 public:
  /// Reads it. `before`: the configuration in the checkpoint; `network`, that of both runs, is used and given back.
  /// Throws on every rank if the file is no whole checkpoint of it. Collective.
  WarmStart(const std::string& path, const CheckpointHeader& header, const Configuration& before,
            const comm::Communicator& comm, model::Network& network);

  /// Before the first step: each learner has what that of its name had, and of another rule only weights and state. One
  /// whose name the file does not have has the state of the first one there. Without `states`, these stay x(0). Returns
  /// what a user should know of learners, line by line. Throws on every rank if a part does not fit. Collective.
  [[nodiscard]] std::vector<std::string> apply(Simulation& simulation, bool states) const;

 private:
  /// Numbers as bytes, and which of the types of core::StateValues they have.
  struct KeptArray {
    std::size_t type = 0;
    std::vector<std::byte> bytes;
  };
  struct Part {
    std::string rule;
    std::string recurrent;  // its rule for J, or ""
    bool diverged = false;
    std::map<std::string, KeptArray> arrays;  // of this rank
  };

  std::string path_;
  [[nodiscard]] std::string refusal(const Simulation& simulation, const LearnerParameters& learner) const;
  [[nodiscard]] std::vector<std::string> batch_learners(const std::string& rule) const;

  std::vector<std::string> order_;  // of the names
  std::map<std::string, Part> learners_;
  std::string first_;
};

}  // namespace bayres::sim
