#pragma once
/// \file
/// Parameters of a task that reads the user's time series.

#include <array>
#include <utility>

#include "bayres/tasks/task.hpp"

namespace bayres::tasks {

struct Recording {
  std::string path;
  std::vector<std::string> input;
  std::vector<std::string> target;
  std::string target_is = "values";
  std::string header = "auto";
  std::string separator = "auto";
  std::string decimal = "auto";
  std::string missing = "error";
  Real sample_interval = core::automatic;
  Real start = 0;
  Real horizon = 0;
  Real split = 0.75;
  std::string segments;
  std::string step_weight;
  static constexpr auto parameters() {
    using P = core::Parameter<Recording>;
    return std::array{
        P::needed("path", &Recording::path, "file",
                  "text (CSV), HDF5, netCDF-4, .mat (v7.3), .npy or .npz; relative to the folder bayres is started in"),
        P{"input", &Recording::input, "columns", "columns or data sets that are the input u; none: no input"},
        P::needed("target", &Recording::target, "columns", "columns or data sets that are the target z*"),
        P::word(
            "target_is", &Recording::target_is, "values|times",
            "values: z* at each sample; times: the column lists the times at which a spike is desired, ascending "
            "(cells that are left over are empty, with task.missing = skip); z* is 1 in the step of a spike, else 0"),
        P::word("header", &Recording::header, "auto|first|none",
                "first line of a text file. first: it names the columns; none: they are called 1, 2, ...; auto: as "
                "first, but numbers are refused"),
        P::word("separator", &Recording::separator, "auto|comma|semicolon|tab|space",
                "what separates the columns of a text file (space: one or more); auto: found out"),
        P::word("decimal", &Recording::decimal, "auto|point|comma",
                "decimal mark of the numbers of a text file; auto: found out"),
        P::word("missing", &Recording::missing, "error|hold|interpolate|skip",
                "missing values are an error, take the value before them, lie on a straight line, or skip the step, "
                "which is neither learned from nor scored (a missing input is held)"),
        P{"sample_interval",
          &Recording::sample_interval,
          "time",
          "time between two samples of the file",
          core::positive,
          {},
          "reservoir.dt"},
        P{"start", &Recording::start, "time", "time in the file at which the run starts", core::non_negative},
        P{"horizon", &Recording::horizon, "time",
          "how far ahead of the input the target is; with task.drive = target the input is the target's columns now",
          core::non_negative},
        P{"split", &Recording::split, "1",
          "fraction of the series before which washout and training lie; the default of train and test",
          core::between(1e-9, 1)},
        P{"segments", &Recording::segments, "column",
          "column that is not 0 where a segment begins, and then its kind: a whole number; states return to x(0)"},
        P{"step_weight", &Recording::step_weight, "column",
          "column that says how much each step counts; 0 to 1; 0: it is neither learned from nor scored"},
    };
  }
  [[nodiscard]] std::string problem(const Context& context) const;
  [[nodiscard]] bool has_marks() const { return !segments.empty() || !step_weight.empty(); }
  [[nodiscard]] bool has_answers() const { return !segments.empty(); }
  [[nodiscard]] bool gives_spikes() const { return target_is == "times"; }
  /// Every column that is read, with the key that names it.
  [[nodiscard]] std::vector<std::pair<std::string_view, std::string>> columns() const;
  /// The columns that are the input: with a horizon, a series that drives the reservoir is input and target.
  [[nodiscard]] const std::vector<std::string>& input_columns(bool driven) const {
    return driven && horizon > 0 ? target : input;
  }
  /// The columns of its channels: those of the input, then of the target.
  [[nodiscard]] std::vector<std::string> channels(bool driven) const {
    auto all = input_columns(driven);
    all.insert(all.end(), target.begin(), target.end());
    return all;
  }
  /// The input is the series if input and target have the same columns.
  [[nodiscard]] Input own_input() const {
    if (input.empty()) return Input::none;
    return input == target ? Input::series : Input::other;
  }
  /// Longest run that the file allows, in time units.
  [[nodiscard]] Real duration(const Context& context) const;
};

/// What is wrong with the name of a column, given by the key task.`key`; "" if the column exists.
[[nodiscard]] std::string column_problem(const Table& table, const std::string& name, std::string_view key,
                                         const std::string& path);

}  // namespace bayres::tasks
