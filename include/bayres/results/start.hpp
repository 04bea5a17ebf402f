#pragma once
/// \file
/// What a run starts from that is in files, beside its network.

#include "bayres/simulation/simulation.hpp"

namespace bayres::sim {

/// Before the first step: readouts of learners that name a file get its weights. Throws if there are none that fit
/// (datasets/weights_file.hpp), on any rank.
void start_from_files(Simulation& simulation);

}  // namespace bayres::sim
