#pragma once
/// \file
/// The options of `bayres run`.

#include <string>
#include <vector>

#include "bayres/core/text.hpp"

namespace bayres::app {

struct RunOptions {
  std::string config;        ///< the configuration, or the checkpoint to resume
  std::string output;        ///< -o; empty: from the configuration
  std::string checkpoint;    ///< --checkpoint; empty: beside the result
  std::string max_walltime;  ///< H:M:S
  bool force = false;
  bool quiet = false;
  bool check = false;                  ///< verify invariants
  std::vector<std::string> overrides;  ///< --section.key=value
};

/// Options of `bayres run`, `resume` or `evaluate`. Throws core::Error on what it does not know.
[[nodiscard]] RunOptions parse_run_options(const std::vector<std::string>& arguments, const std::string& command);

[[nodiscard]] std::string run_help();
[[nodiscard]] std::string resume_help();
[[nodiscard]] std::string evaluate_help();

}  // namespace bayres::app
