#pragma once
/// \file
/// Readout weights that a run starts from.

#include <string>

#include "bayres/core/aligned.hpp"
#include "bayres/core/partition.hpp"

namespace bayres::sim {

/// Reads the weights of a learner of this name: of a result, the last of /learners/NAME/weights (snapshot, output,
/// feature); else the data set /weights (output, feature). Returns those of the features `own`: outputs x own. Throws
/// if there are none, if they are of other numbers of outputs or features, or not finite.
[[nodiscard]] core::AlignedVector<core::Real> read_weights(const std::string& path, const std::string& learner,
                                                           core::Index outputs, core::Index features, core::Range own);

}  // namespace bayres::sim
