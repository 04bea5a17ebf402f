#pragma once
/// \file
/// What a run will need, before it is run: memory, time, and room for its files.

#include "bayres/prediction/performance_model.hpp"

namespace bayres::sim {

/// How the ranks of one network are spread, of `networks` that are simulated side by side on `ranks` ranks of `nodes`
/// machines.
[[nodiscard]] RankLayout layout_of_network(const Configuration& configuration, Index networks, int ranks, int nodes);

/// Bytes, steps and seconds of a run.
struct Prediction {
  Workload workload;
  RankLayout layout;  ///< of one network
  Index networks = 1;
  Index side_by_side = 1;     ///< networks that are simulated at once
  Real rank_bytes = 0;        ///< data of the rank that has most
  Real evaluation_bytes = 0;  ///< the same of an evaluation with evaluate.initial_states; 0: there are none
  Real J_bytes = 0;           ///< of one network
  Real rank_J_bytes = 0;      ///< of the rank that has most
  Real steps = 0;             ///< of one network
  StepTime step;              ///< mean over the run; evaluations of frozen weights are spread over the steps
  Real start_seconds = 0;     ///< to draw the network
  Real run_seconds = 0;       ///< all networks, start and files included
  Real result_bytes = 0;
  Real checkpoint_bytes = 0;
};

/// For a complete and checked configuration. Throws core::Error if the calibration lacks a part.
[[nodiscard]] Prediction predict(const Calibration&, const Configuration&, Index inputs, Index outputs, int ranks,
                                 int nodes);

}  // namespace bayres::sim
