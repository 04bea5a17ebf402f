#pragma once
/// \file
/// The command line of bayres-analyze.

#include <algorithm>
#include <string>
#include <vector>

#include "sample.hpp"

namespace bayres::analysis {

/// Which recorded steps the statistics of rates are about.
enum class Phase { train, test, all };

/// The options, within their allowed ranges.
struct Options {
  std::vector<std::string> files;
  std::string output;                 ///< by default FILE.analysis.h5, or analysis.h5 for several files
  std::string csv;                    ///< folder of tables; empty: none
  std::vector<std::string> learners;  ///< empty: all
  std::vector<std::string> parts;     ///< of curves, weights, rates; empty: all that the files hold
  std::vector<Real> criteria;
  std::vector<Real> quantiles;
  Resampling resampling;
  Phase phase = Phase::all;
  Index windows = 0;       ///< of training, for the error while learning
  Index most_neurons = 0;  ///< whose rates are analysed
  Index lags = 0;          ///< recorded steps
  Index segment = 0;       ///< recorded steps, a power of 2
  Index memory_bytes = 0;  ///< of each rank
  bool force = false;
  bool quiet = false;
  bool check_seals = true;
  bool help = false;
  bool version = false;

  /// Whether a part is to be analysed if the files hold it.
  [[nodiscard]] bool wants(const std::string& part) const {
    return parts.empty() || std::ranges::find(parts, part) != parts.end();
  }
  /// What arrays may take of the memory; the rest is for the program, MPI and HDF5.
  [[nodiscard]] Index array_bytes() const noexcept { return memory_bytes - Index{128} * 1000000; }
};

/// Throws core::Error (usage) with the option, the value and the allowed range.
[[nodiscard]] Options parse_options(const std::vector<std::string>& arguments);

[[nodiscard]] std::string help_text();

}  // namespace bayres::analysis
