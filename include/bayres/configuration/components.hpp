#pragma once
/// \file
/// The exchangeable parts that bayres comes with.

#include "bayres/simulation/components.hpp"

namespace bayres::app {

[[nodiscard]] sim::Components built_in_components();

}  // namespace bayres::app
