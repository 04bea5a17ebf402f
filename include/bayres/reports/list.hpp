#pragma once
/// \file
/// Lists of components and sections.

#include <string>

#include "bayres/configuration/components.hpp"

namespace bayres::app {

/// `bayres list rules|tasks|neurons|connections|exchanges|plasticity|measures|sections|keys`: what it prints, as text
/// or as JSON.
/// \{
[[nodiscard]] std::string list_text(const std::string& what, const sim::Components& components);
[[nodiscard]] std::string list_json(const std::string& what, const sim::Components& components);
/// \}

}  // namespace bayres::app
