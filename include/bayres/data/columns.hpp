#pragma once
/// \file
/// Time series from files of other programs: named columns of numbers.

#include <string>
#include <vector>

#include "bayres/io/bytes.hpp"

namespace bayres::io {

/// Columns of equal length.
struct Columns {
  std::vector<std::string> names;               ///< of those that were asked for and are there, each once
  std::vector<std::string> units;               ///< beside the names; "" where the file says none
  std::vector<std::vector<core::Real>> values;  ///< beside the names; NaN where a value is missing
  std::vector<std::string> available = {};      ///< every name that can be asked for
  core::Index rows = 0;                         ///< the length of a column
  bool is_text = false;                         ///< of a table of text
};

/// How a text file is written; `auto` finds out, and refuses what can be read in two ways.
struct TextForm {
  std::string header = "auto";     ///< auto, first: the first line names the columns; none: they are called 1, 2, ...
  std::string separator = "auto";  ///< auto, comma, semicolon, tab, space
  std::string decimal = "auto";    ///< auto, point, comma
};

/// What is wanted of a file.
struct ColumnRequest {
  std::vector<std::string> names;
  TextForm text = {};
  std::vector<std::string> may_lack = {};  ///< of the names: left out if they are not there, also of HDF5
  bool keep_missing = false;               ///< as NaN; otherwise a missing value is an error
  /// The first dimension of every array numbers sequences: an array (sequence, time, channel) has the columns PATH:0,
  /// ..., (sequence, time) is one, and a value for each sequence (sequence) counts for all of its steps. Steps at the
  /// end of a sequence that are missing in all arrays with time are no part of it. The table then has the column
  /// `sequence_column`, too. Only of HDF5 and .npz.
  bool by_sequence = false;
};

/// The name of the column that numbers sequences.
inline constexpr const char* sequence_column = "first_dimension";

enum class FileKind { text, hdf5, npy, zip };

/// What kind of file it is, by its first bytes. Throws if it is none that is read, says what it is, and how it is made
/// one that is.
[[nodiscard]] FileKind kind_of(const Bytes& bytes);

/// Reads the columns that are asked for from a file of any kind that is known; no other column is looked at. A name
/// that is not there is left out of a table of text, whose `available` tells the names, and an error in HDF5. Throws
/// with file, line and column on anything that is no finite number.
[[nodiscard]] Columns read_columns(const std::string& path, const ColumnRequest& request);

/// \name The same of a file of one kind
/// \{
/// Of delimited text.
[[nodiscard]] Columns read_text_columns(const Bytes& text, const ColumnRequest& request);
/// Of data sets of an HDF5 file. A one-dimensional data set is one column with its own path as name; one column c of a
/// two-dimensional data set (time, channel) is written "path:c". Throws on anything else.
[[nodiscard]] Columns read_hdf5_columns(const Bytes& file, const ColumnRequest& request);
/// Of a .npy file: those of a two-dimensional array (time, channel) are called 1, 2, ..., a one-dimensional array is
/// column 1, and those of a structured array have the names of its fields.
[[nodiscard]] Columns read_npy_columns(const Bytes& bytes, const ColumnRequest& request);
/// Of a .npz file: a one-dimensional array is one column with its own name; column c (from 0) of a two-dimensional
/// array is written "name:c", the field f of a structured one "name:f".
[[nodiscard]] Columns read_npz_columns(const Bytes& bytes, const ColumnRequest& request);
/// \}

}  // namespace bayres::io
