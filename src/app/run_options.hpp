#pragma once
/// \file
/// The options of `bayres run`.

#include <string>
#include <vector>

#include "bayres/core/text.hpp"

namespace bayres::app {

struct RunOptions {
  std::string config;
  std::string output;  ///< -o; empty: from the configuration
  bool force = false;
  bool quiet = false;
  std::vector<std::string> overrides;  ///< --section.key=value
};

/// Throws core::Error on what it does not know.
[[nodiscard]] RunOptions parse_run_options(const std::vector<std::string>& arguments);

[[nodiscard]] std::string run_help();

}  // namespace bayres::app
