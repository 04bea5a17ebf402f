#pragma once
/// \file
/// When a run writes its checkpoints.

#include <chrono>
#include <functional>
#include <string>

#include "bayres/results/checkpoint.hpp"

namespace bayres::app {

using Clock = std::chrono::steady_clock;

/// Where and when checkpoints are written.
struct CheckpointPlan {
  std::string path;                        ///< of the checkpoint
  std::string result;                      ///< of the result
  double every = 0;                        ///< seconds of wall time; 0: not by time
  double max_walltime = 0;                 ///< seconds; 0: no limit
  Clock::time_point start = Clock::now();  ///< of the job's wall time
  std::function<bool()> stop_elsewhere =
      nullptr;                  ///< whether other networks of the ensemble have been stopped; asked on rank 0
  bool keeps_previous = false;  ///< keep the last but one, as previous_of(path)
  bool is_ours = false;         ///< the checkpoint that is there already is of this run
};

/// Where the last checkpoint but one is kept.
[[nodiscard]] inline std::string previous_of(const std::string& checkpoint) { return checkpoint + ".previous"; }

/// Requests a checkpoint when it is time, or a stop with a checkpoint on SIGTERM, SIGINT or SIGUSR1 and before the wall
/// time is over, and writes it once the ranks have agreed. A signal may have reached one rank only.
class Checkpointer final : public sim::Observer {
 public:
  Checkpointer(CheckpointPlan plan, sim::Simulation& simulation, sim::Recorder& recorder,
               const sim::Provenance& provenance);
  void after_step(const sim::Simulation& simulation) override;

  /// Writes a checkpoint that continues a complete result, and removes the parts from which the result was joined, with
  /// the last checkpoint but one, which goes on from them. Collective.
  void finish(const sim::RecordedParts& result);

 private:
  void ask();
  void write(const sim::RecordedParts& parts);

  CheckpointPlan plan_;
  sim::Simulation* simulation_;
  sim::Recorder* recorder_;
  const sim::Provenance* provenance_;
  Clock::time_point last_ = Clock::now();
  double duration_ = 1;  // of the last checkpoint, in seconds
};

/// From now on SIGTERM, SIGINT and SIGUSR1 request a stop with a checkpoint instead of ending the process; a SIGTERM or
/// SIGINT more than two seconds after the first ends it.
void catch_signals();

}  // namespace bayres::app
