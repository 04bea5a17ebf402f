#pragma once
/// \file
/// Tasks whose channels are scaled: task.normalise.

#include "bayres/tasks/choice.hpp"

namespace bayres::tasks {

/// Mean and standard deviation of every channel (inputs, then outputs) over the steps 0 to steps - 1, at most the first
/// 10^6 of a task without a file. Missing values are left out. No scales if there are fewer than two steps. Throws
/// core::Error if a channel has no value or is constant; `names`: of the channels of a file, in words. Targets stay as
/// they are unless `scales_targets`.
[[nodiscard]] std::vector<Scale> learned_scales(AnyTask task, Index steps, const std::vector<std::string>& names,
                                                bool scales_targets);

/// The task with (value - mean) / sd in the place of each value; the task itself if there are no scales.
[[nodiscard]] AnyTask scaled(AnyTask task, const std::vector<Scale>& scales);

}  // namespace bayres::tasks
