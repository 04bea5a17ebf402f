#pragma once
/// \file
/// Parameters of a task that reads the user's time series.

#include <array>
#include <utility>

#include "bayres/tasks/sequence_order.hpp"
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
  std::string sequence;
  std::string step_weight;
  std::vector<Real> classes;
  Index passes = 1;
  Index shuffle = 0;
  static constexpr auto parameters() {
    using P = core::Parameter<Recording>;
    return std::array{
        P::needed("path", &Recording::path, "file",
                  "text (CSV), HDF5, netCDF-4, .mat (v7.3), .npy or .npz; relative to the folder bayres is started in"),
        P{"input", &Recording::input, "columns",
          "columns or data sets that are the input u, also ranges such as d0..d59; none: no input"},
        P::needed("target", &Recording::target, "columns",
                  "columns or data sets that are the target z*, also ranges such as d0..d59"),
        P::word(
            "target_is", &Recording::target_is, "values|times|class",
            "values: z* at each sample; times: the column lists the times at which a spike is desired, ascending "
            "(cells that are left over are empty, with task.missing = skip); z* is 1 in the step of a spike, else 0; "
            "class: the column says of what class a sequence is, a number; there is an output for each class, and z* "
            "is 1 for that of the sequence, else 0"),
        P{"classes", &Recording::classes, "1",
          "with target_is = class: the numbers of the classes, one for each output; empty: those in the column, "
          "ascending"},
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
          "how far ahead of the input the target is, or, if negative, behind it: the past; with task.drive = target "
          "the "
          "input is the target's columns now"},
        P{"split", &Recording::split, "1",
          "fraction of the series before which washout and training lie; the default of train and test. Of sequences "
          "that are gone through several times, or have classes: fraction of their number",
          core::between(1e-9, 1)},
        P{"segments", &Recording::segments, "column",
          "column that is not 0 where a segment begins, and then its kind: a whole number; states return to x(0)"},
        P{"sequence", &Recording::sequence, "column",
          "column that numbers the sequences: a segment begins where it changes; in place of segments. "
          "first_dimension: of arrays (sequence, time, channel), with labels (sequence)"},
        P{"passes", &Recording::passes, "1", "how often the sequences to learn from are gone through",
          core::between(1, 1e6)},
        P{"shuffle", &Recording::shuffle, "1",
          "seed of the order in which they are gone through, another one in each pass; 0: the order of the file",
          core::any_seed},
        P{"step_weight", &Recording::step_weight, "column",
          "column that says how much each step counts; 0 to 1; 0: it is neither learned from nor scored"},
    };
  }
  [[nodiscard]] std::string problem(const Context& context) const;
  [[nodiscard]] bool has_segments() const { return !segments.empty() || !sequence.empty(); }
  [[nodiscard]] bool has_marks() const { return has_segments() || !step_weight.empty(); }
  [[nodiscard]] bool has_answers() const { return has_segments(); }
  [[nodiscard]] bool gives_classes() const { return target_is == "class"; }
  /// Whether sequences are gone through in an order that is not simply that of the file.
  [[nodiscard]] bool orders_sequences(Index folds) const {
    return gives_classes() || passes > 1 || shuffle > 0 || folds > 0;
  }
  [[nodiscard]] bool gives_spikes() const { return target_is == "times"; }
  /// Every column that is read, with the key that names it.
  [[nodiscard]] std::vector<std::pair<std::string_view, std::string>> columns() const;
  /// The columns that are the input: with a horizon, a series that drives the reservoir is input and target.
  [[nodiscard]] const std::vector<std::string>& input_columns(bool driven) const {
    return driven && horizon != 0 ? target : input;
  }
  /// Names of the outputs: the columns of the target, or its classes.
  [[nodiscard]] std::vector<std::string> outputs() const;
  /// Names of its channels: columns of the input, then the outputs.
  [[nodiscard]] std::vector<std::string> channels(bool driven) const {
    auto all = input_columns(driven);
    for (auto& output : outputs()) all.push_back(std::move(output));
    return all;
  }
  /// The input is the series if input and target have the same columns.
  [[nodiscard]] Input own_input() const {
    if (input.empty()) return Input::none;
    return input == target ? Input::series : Input::other;
  }
  /// Longest run that the file allows, and its part of washout and training, in time units.
  /// \{
  [[nodiscard]] Real duration(const Context& context) const;
  [[nodiscard]] Real split_time(const Context& context) const;
  /// \}
  /// The classes, if they are not given: the numbers in the column, ascending. None if it is not there.
  [[nodiscard]] std::vector<Real> classes_of(const Table& table) const;
  /// The place of the class of each sequence, which its first label says; -1: it has none.
  [[nodiscard]] std::vector<Index> classes_of_sequences(const Table& table) const;
  /// Samples at which segments begin.
  [[nodiscard]] std::vector<Index> beginnings(const Table& table) const;
  /// The order of sequences, if it is not that of the file.
  [[nodiscard]] std::optional<SequenceOrder> order(const Context& context) const;
  /// What is wrong with sequences and their classes, or "".
  /// \{
  [[nodiscard]] std::string sequence_problem(const Context& context) const;
  [[nodiscard]] std::string label_problem(const Table& table) const;
  /// \}
};

/// What is wrong with the name of a column, given by the key task.`key`; "" if the column exists.
[[nodiscard]] std::string column_problem(const Table& table, const std::string& name, std::string_view key,
                                         const std::string& path);

}  // namespace bayres::tasks
