#pragma once
/// \file
/// The command line of bayres-analyze.

#include <algorithm>
#include <string>
#include <vector>

#include "bayres/core/parameter.hpp"
#include "statistics/sample.hpp"

namespace bayres::analysis {

/// The options, within their allowed ranges.
struct Options {
  std::vector<std::string> files;
  std::string output;                 ///< by default FILE.analysis.h5, or analysis.h5 for several files
  std::string csv;                    ///< folder of tables; empty: none
  std::vector<std::string> learners;  ///< empty: all
  std::string reference;              ///< learner that others are compared with; empty: all pairs
  bool help = false;
  bool version = false;
  std::vector<std::string> parts;  ///< empty: all that the files hold
  std::vector<Real> criteria = {0.5, 0.2, 0.1};
  std::vector<Real> quantiles = {0.25, 0.5, 0.75};
  Index bootstrap = 2000;
  Index seed = 1;
  std::string phase = "all";
  Index windows = 50;
  Index most_neurons = 2048;
  Index lags = 200;
  Index segment = 1024;
  Real bin = 5;
  Index spectrum = 1000;
  Index memory = 512;
  bool no_seal = false;
  bool force = false;
  bool quiet = false;

  static constexpr auto parameters() {
    using P = core::Parameter<Options>;
    using core::between;
    return std::array{
        P{"parts",
          &Options::parts,
          "LIST",
          "what to analyse; by default all that the files hold",
          {},
          "curves|weights|rates|recurrent|spikes"},
        P{"criterion", &Options::criteria, "LIST", "NRMSE whose times are looked for", core::positive},
        P{"quantiles", &Options::quantiles, "LIST", "quantiles over networks", between(0, 1)},
        P{"bootstrap", &Options::bootstrap, "NUMBER", "samples of a bootstrap interval", between(100, 1e6)},
        P{"seed", &Options::seed, "NUMBER", "seed of these samples", core::any_seed},
        P{"phase",
          &Options::phase,
          "PHASE",
          "recorded steps whose rates are analysed, and of spikes the population's rate",
          {},
          "train|test|all"},
        P{"windows", &Options::windows, "NUMBER",
          "at most so many parts of training for the error while learning: whole periods of the target if it has one",
          between(1, 1e5)},
        P{"neurons", &Options::most_neurons, "NUMBER",
          "recorded neurons whose rates are analysed; of more, this many evenly spaced ones", between(1, 20000)},
        P{"lags", &Options::lags, "STEPS", "autocorrelation up to this many recorded steps", between(1, 1e5)},
        P{"segment", &Options::segment, "STEPS",
          "segments of power spectra, a power of 2; of spikes in windows of --bin", between(256, 65536)},
        P{"bin", &Options::bin, "MS", "windows of the population's rate of spikes", core::positive},
        P{"spectrum", &Options::spectrum, "NEURONS",
          "spectra of recurrent weights that were learned, of at most this many neurons", between(0, 20000)},
        P{"memory", &Options::memory, "MB", "memory of each rank; larger files are read in pieces", between(192, 1e6)},
        P{"no-seal", &Options::no_seal, "1",
          "do not read each file once more to verify its seal; data sets have checksums"},
        P{"force", &Options::force, "1", "replace files that exist"},
        P{"quiet", &Options::quiet, "1", "no report"},
    };
  }

  /// Whether a part is to be analysed if the files hold it.
  [[nodiscard]] bool wants(const std::string& part) const {
    return parts.empty() || std::ranges::find(parts, part) != parts.end();
  }
  [[nodiscard]] Resampling resampling() const { return {bootstrap, static_cast<std::uint64_t>(seed)}; }
  [[nodiscard]] Index memory_bytes() const noexcept { return memory * 1000000; }
  /// What arrays may take of the memory; the rest is for the program, MPI and HDF5.
  [[nodiscard]] Index array_bytes() const noexcept { return (memory - 128) * 1000000; }
};

/// Throws core::Error (usage) with the option, the value and the allowed range.
[[nodiscard]] Options parse_options(const std::vector<std::string>& arguments);

[[nodiscard]] std::string help_text();

}  // namespace bayres::analysis
