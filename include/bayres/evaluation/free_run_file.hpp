#pragma once
/// \file
/// Scores of the free run of a test phase, in the result of the run.

#include "bayres/datasets/result_file.hpp"
#include "bayres/simulation/simulation.hpp"

namespace bayres::sim {

/// Creates /learners/NAME/free_run/SCORE, and /window if the target is periodic: a number of each network, or one of
/// each period (window). None without a free run. Collective.
void create_free_runs(ResultFile& result, const Configuration& configuration, const comm::Communicator& comm);

/// Creates them in the result of one network, and writes them. Where they are not known they stay NaN. Collective.
void write_free_runs(ResultFile& result, const Simulation& simulation);

/// Writes those of a member of an ensemble to the present network of the joined result. Collective.
void copy_free_runs(ResultFile& result, const io::Hdf5File& member, const Configuration& configuration,
                    const comm::Communicator& comm);

}  // namespace bayres::sim
