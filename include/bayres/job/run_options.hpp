#pragma once
/// \file
/// The options of `bayres run`.

#include <string>
#include <vector>

#include "bayres/core/text.hpp"

namespace bayres::app {

/// Options of `bayres run --dry-run`, as they were given.
struct DryRunOptions {
  std::string ranks;        ///< a list; empty: those of this job
  std::string nodes;        ///< a list as long, or one for all; empty: those of this job, or 1 if `ranks` is given
  std::string calibration;  ///< a file of `bayres calibrate`; empty: measured briefly
  std::string format = "text";
};

struct RunOptions {
  std::string config;        ///< the configuration, or the checkpoint to resume
  std::string output;        ///< -o; empty: from the configuration
  std::string checkpoint;    ///< --checkpoint; empty: beside the result
  std::string max_walltime;  ///< as sim::RunParameters has it
  bool force = false;
  bool continues = false;  ///< go on from the checkpoint if there is one, with the same configuration
  bool quiet = false;
  bool check = false;                 ///< verify invariants
  bool accept_changed_input = false;  ///< accept other files than those of the run
  bool dry_run = false;               ///< print what the run would need, without running it
  DryRunOptions dry;
  std::vector<std::string> overrides;  ///< --section.key=value
};

/// Options of `bayres run`, `resume` or `evaluate`. Throws core::Error on unknown options.
[[nodiscard]] RunOptions parse_run_options(const std::vector<std::string>& arguments, const std::string& command);

/// Options of `bayres sweep`.
struct SweepOptions {
  std::string config;
  std::string folder;             ///< -o
  std::vector<std::string> over;  ///< --over KEY=VALUES, each with a list of values
  std::string table;              ///< --table: CSV with a column for each key; empty: none
  core::Index ranks_per_run = 1;
  bool quiet = false;
  std::vector<std::string> overrides;  ///< --section.key=value, of every run
};
[[nodiscard]] SweepOptions parse_sweep_options(const std::vector<std::string>& arguments);

/// Options of `bayres calibrate`.
struct CalibrateOptions {
  std::string output;  ///< -o
  bool force = false;
};
[[nodiscard]] CalibrateOptions parse_calibrate_options(const std::vector<std::string>& arguments);

[[nodiscard]] std::string run_help();
[[nodiscard]] std::string sweep_help();
[[nodiscard]] std::string calibrate_help();
[[nodiscard]] std::string resume_help();
[[nodiscard]] std::string evaluate_help();

}  // namespace bayres::app
