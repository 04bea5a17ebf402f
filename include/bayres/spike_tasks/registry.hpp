#pragma once
/// \file
/// All tasks whose target is a spike train. A new one needs a header and a line here.

#include "bayres/core/type_list.hpp"
#include "bayres/spike_tasks/spike_pattern.hpp"
#include "bayres/spike_tasks/spike_teacher.hpp"
#include "bayres/tasks/choice.hpp"

namespace bayres::tasks {

using BuiltInSpikeTasks = core::TypeList<SpikePattern, SpikeTeacher>;

}  // namespace bayres::tasks
