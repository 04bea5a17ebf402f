#pragma once
/// \file
/// The [learner.NAME] sections: rules, their parameters, and lists that make several learners.

#include <string>
#include <vector>

#include "bayres/parameters/components.hpp"
#include "bayres/parameters/parameters.hpp"
#include "bayres/sections/ini.hpp"

namespace bayres::app {

/// Whether its rule has a parameter KEY_select that says how the value of KEY is chosen among those of other learners.
[[nodiscard]] bool chooses(const sim::LearnerParameters& learner);

/// One learner for every combination of listed values: NAME, or NAME_1, NAME_2, ... if there is more than one, and then
/// NAME_selected if one `chooses`. Of each there is one for each fold of a cross-validation. `c`: sections before
/// these.
[[nodiscard]] std::vector<sim::LearnerParameters> read_learners(const std::vector<Entry>& entries,
                                                                const sim::Components& components,
                                                                const sim::Configuration& c,
                                                                std::vector<std::string>& problems);

}  // namespace bayres::app
