#pragma once
/// \file
/// The results of an analysis: named arrays with their dimensions, and how they are written.

#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "bayres/comm/communicator.hpp"
#include "bayres/core/types.hpp"

namespace bayres::analysis {

using core::Index;
using core::Real;

/// The places along a dimension. Its name is the last part of its path.
struct Scale {
  std::string path;
  std::vector<Real> values;
  std::string units;
  std::string long_name;
  bool whole = false;                   ///< whole numbers
  std::vector<std::string> names = {};  ///< of the places, in tables, if they have names
};

/// A scale of places that are numbered from 0.
[[nodiscard]] Scale numbered_scale(std::string path, std::size_t count, std::string long_name);

/// Numbers over named dimensions. The arrays of one table are its columns, named after the last part of their paths.
/// Where a table has several blocks of such columns, one below the other, `labels` are further columns that tell them
/// apart, with their values.
struct Array {
  std::string path;
  std::vector<std::string> dimensions;  ///< paths of scales
  std::string units;
  std::string long_name;
  std::vector<Real> values = {};  ///< the last dimension is the fastest
  std::string table = {};
  std::vector<std::pair<std::string, std::string>> labels = {};
  std::string coordinates = {};  ///< names of arrays beside it that say more of places, as netCDF has them
};

/// A text or number that belongs to a group of the file; "/" is the file itself.
struct Attribute {
  std::string group;
  std::string name;
  std::variant<std::string, Index> value;
};

/// Everything, the same on every rank.
struct Summary {
  std::vector<Scale> scales;
  std::vector<Array> arrays;
  std::vector<Attribute> attributes;

  [[nodiscard]] const Scale& scale(const std::string& path) const;
  /// Repeats the arrays of `group` that have these names, and one dimension, in each group below it that has arrays
  /// over this dimension, as coordinates of these: some programs read groups one by one.
  void repeat_below(const std::string& group, const std::vector<std::string>& names);
};

/// Writes it as HDF5 that is also netCDF-4, under a temporary name and then `path`. Collective.
void write_summary(const Summary& summary, const std::string& path, const comm::Communicator& comm);

/// A line of a table of text, as RFC 4180 has it: texts are quoted where they hold a comma or a quote.
[[nodiscard]] std::string csv_line(const std::vector<std::string>& words);

/// Writes FOLDER/TABLE.csv for every table, each under a temporary name first: one line for each combination of labels
/// and places along the dimensions, with the number of every array of the table. Numbers read back as the same. On
/// one rank. Throws if a file cannot be written.
void write_tables(const Summary& summary, const std::string& folder);

}  // namespace bayres::analysis
