#pragma once
/// \file
/// The progress of a run, printed while it runs.

#include <chrono>
#include <string>

#include "bayres/comm/stall_watch.hpp"
#include "bayres/simulation/simulation.hpp"

namespace bayres::app {

/// On a terminal one line that is refreshed, elsewhere a line every minute, or second (core::progress_lines): phase,
/// simulated time, steps per second, running error of each learner and time left. Only rank 0 prints. It also says when
/// no step ends (comm::StallWatch).
class Progress final : public sim::Observer {
 public:
  /// `label` comes before each line.
  Progress(const sim::Simulation& simulation, bool quiet, std::string label = {});
  void after_step(const sim::Simulation& simulation) override;
  /// After the last step.
  void finish();

 private:
  using Clock = std::chrono::steady_clock;
  void print(const sim::Simulation& simulation, Clock::time_point now);
  void follow_errors(const sim::Simulation& simulation);

  std::string label_;
  bool shown_;
  bool terminal_;
  Clock::duration interval_;
  Clock::time_point start_;
  Clock::time_point last_;
  std::vector<double> errors_;  // |delta|, averaged over about the last 1000 steps
  comm::StallWatch stall_watch_;
};

}  // namespace bayres::app
