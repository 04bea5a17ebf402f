#pragma once
/// \file
/// The components that are built in.

#include "bayres/parameters/components.hpp"

namespace bayres::app {

[[nodiscard]] sim::Components built_in_components();

}  // namespace bayres::app
