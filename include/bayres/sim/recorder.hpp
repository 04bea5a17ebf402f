#pragma once
/// \file
/// Records a run to its result file.

#include <optional>
#include <string>

#include "bayres/io/result_file.hpp"
#include "bayres/sim/simulation.hpp"

namespace bayres::sim {

/// What a result says of the program that made it.
struct Provenance {
  std::string version;
  std::string git_hash;
  std::string command_line;
  std::string configuration;  ///< the resolved INI
};

/// Buffers recorded steps and writes them, weights and scores in collective pieces.
class Recorder final : public Observer {
 public:
  /// Creates the file under its temporary name. Collective.
  Recorder(const Simulation& simulation, const std::string& path, const Provenance& provenance);

  void after_step(const Simulation& simulation) override;

  /// Writes what is left, scores and performance, and gives the file its name. Collective.
  void finish(const Simulation& simulation, const std::string& status, double elapsed_seconds);

 private:
  void record_row(const Simulation& simulation);
  void record_snapshot(const Simulation& simulation);
  void flush();
  void write_learners(const Simulation& simulation);
  void write_performance(const Simulation& simulation, double elapsed_seconds);

  std::vector<Index> own_recorded_;  // recorded neurons of this rank, counted from its first
  io::Rows rows_;
  io::ResultFile file_;
  std::vector<Index> snapshot_steps_;
  std::size_t snapshots_ = 0;  // written
};

/// Steps after which weights are recorded, counted in steps done: before training, every `weights_every` training
/// steps, after training.
[[nodiscard]] std::vector<Index> snapshot_steps(const Schedule& schedule, Index weights_every);

}  // namespace bayres::sim
