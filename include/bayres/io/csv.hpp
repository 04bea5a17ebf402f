#pragma once
/// \file
/// Time series from CSV files.

#include <string>
#include <vector>

#include "bayres/core/types.hpp"

namespace bayres::io {

/// Named columns of equal length.
struct Columns {
  std::vector<std::string> names;
  std::vector<std::vector<core::Real>> values;
};

/// Reads a table of numbers separated by commas. If the first line holds anything but numbers it names the columns;
/// otherwise they are called 1, 2, .... Empty lines and lines that start with # are passed over. Throws with file, line
/// and column on text, on numbers that are not finite, on rows of unequal length, and on a file without numbers.
[[nodiscard]] Columns read_csv(const std::string& path);

/// The same from text; `path` is for messages.
[[nodiscard]] Columns parse_csv(const std::string& text, const std::string& path);

/// Reads data sets of an HDF5 file as columns. A one-dimensional data set is one column with its own path as name; one
/// column c of a two-dimensional data set (time, channel) is written "path:c". Throws on anything else.
[[nodiscard]] Columns read_hdf5_columns(const std::string& path, const std::vector<std::string>& names);

/// Whether the file is HDF5, by its signature.
[[nodiscard]] bool is_hdf5(const std::string& path);

/// The whole content of a text file.
[[nodiscard]] std::string read_text(const std::string& path);

}  // namespace bayres::io
