#pragma once
/// \file
/// The user's own time series.

#include "bayres/tasks/forecast.hpp"

namespace bayres::tasks {

/// Input and target from the columns of a file, linearly interpolated on the steps of the reservoir. The first step
/// takes the sample at `start`.
class File {
 public:
  static constexpr TaskInfo info{
      .name = "file",
      .equation =
          "u(t) = input columns at t + start, z*(t) = target columns at t + start + horizon; straight lines "
          "between samples",
      .source = "a table of text (CSV), or a file of HDF5, netCDF-4, MATLAB (v7.3) or numpy",
  };

  struct Parameters {
    std::string path;
    std::vector<std::string> input;
    std::vector<std::string> target;
    std::string header = "auto";
    std::string separator = "auto";
    std::string decimal = "auto";
    std::string missing = "error";
    Real sample_interval = core::automatic;
    Real start = 0;
    Real horizon = 0;
    Real split = 0.75;
    std::string normalise = "none";
    static constexpr auto parameters() {
      using P = core::Parameter<Parameters>;
      return std::array{
          P{.name = "path",
            .member = &Parameters::path,
            .unit = "file",
            .help =
                "text (CSV), HDF5, netCDF-4, .mat (v7.3), .npy or .npz; relative to the folder bayres is started in",
            .required = true},
          P{"input", &Parameters::input, "columns", "columns or data sets that are the input u; none: no input"},
          P{.name = "target",
            .member = &Parameters::target,
            .unit = "columns",
            .help = "columns or data sets that are the target z*",
            .required = true},
          P{.name = "header",
            .member = &Parameters::header,
            .unit = "1",
            .help = "first line of a text file. first: it names the columns; none: they are called 1, 2, ...; auto: as "
                    "first, but numbers are refused",
            .choices = "auto|first|none"},
          P{.name = "separator",
            .member = &Parameters::separator,
            .unit = "1",
            .help = "what separates the columns of a text file (space: one or more); auto: found out",
            .choices = "auto|comma|semicolon|tab|space"},
          P{.name = "decimal",
            .member = &Parameters::decimal,
            .unit = "1",
            .help = "decimal mark of the numbers of a text file; auto: found out",
            .choices = "auto|point|comma"},
          P{.name = "missing",
            .member = &Parameters::missing,
            .unit = "1",
            .help =
                "missing values are an error, take the value before them, lie on a straight line, or skip the step, "
                "which is neither learned from nor scored (a missing input is held)",
            .choices = "error|hold|interpolate|skip"},
          P{.name = "sample_interval",
            .member = &Parameters::sample_interval,
            .unit = "time",
            .help = "time between two samples of the file",
            .bounds = core::positive,
            .derived = "reservoir.dt"},
          P{"start", &Parameters::start, "time", "time in the file at which the run starts", core::non_negative},
          P{"horizon", &Parameters::horizon, "time",
            "how far ahead of the input the target is; with task.drive = target the input is the target's columns now",
            core::non_negative},
          P{.name = "split",
            .member = &Parameters::split,
            .unit = "1",
            .help = "fraction of the series before which washout and training lie; the default of train and test",
            .bounds = core::between(1e-9, 1)},
          P{.name = "normalise",
            .member = &Parameters::normalise,
            .unit = "1",
            .help = "zscore: mean 0 and variance 1 over washout and training, for each column",
            .choices = "none|zscore"},
      };
    }
    [[nodiscard]] std::string problem(const Context& context) const;
    /// The columns that are the input: with a horizon, a series that drives itself is input and target.
    [[nodiscard]] const std::vector<std::string>& input_columns(bool driven) const {
      return driven && horizon > 0 ? target : input;
    }
    /// How long a run the file allows, in time units.
    [[nodiscard]] Real duration(const Context& context) const;
  };

  File(const Parameters&, const Context&);

  [[nodiscard]] Index inputs() const noexcept { return static_cast<Index>(inputs_.size()); }
  [[nodiscard]] Index outputs() const noexcept { return static_cast<Index>(targets_.size()); }
  /// A target that is missing, or that would be interpolated from one, is NaN; an input is held.
  void sample(Index step, std::span<Real> input, std::span<Real> target) const noexcept;
  /// What makes an output the input that it predicts: u_m = factor z_m + offset. Only if their columns are the same.
  struct Conversion {
    Real factor = 1;
    Real offset = 0;
  };
  [[nodiscard]] std::vector<Conversion> output_to_input() const;
  /// The target as an input, if what is missing is held.
  void hold_target(Index step, std::span<Real> input) const noexcept;
  /// Whether every target is known at some step of training, or there is no training.
  [[nodiscard]] bool can_learn(const Context&) const noexcept;
  /// Of input, then target channels.
  [[nodiscard]] std::vector<Scale> scales() const;

 private:
  /// What a missing sample gives.
  enum class Missing { not_a_number, held };
  /// One column with its own shift and scale.
  struct Channel {
    std::size_t column = 0;
    Scale scale = {};
    Real factor = 1;  // 1 / sd
  };
  [[nodiscard]] Channel channel(const std::string& name, const Parameters&, Real shift, Index fitted_steps) const;
  [[nodiscard]] Real value(const Channel& channel, Real time, Missing missing) const noexcept;

  std::shared_ptr<const Table> table_;
  std::vector<Channel> inputs_;
  std::vector<Channel> targets_;
  Real dt_;
  Real interval_;
  Real start_;
  Real horizon_;
};

/// What is wrong with the name of a column, of key task.`key`: "" if it is there.
[[nodiscard]] std::string column_problem(const Table& table, const std::string& name, std::string_view key,
                                         const std::string& path);

}  // namespace bayres::tasks
