#pragma once
/// \file
/// Columns from files of numpy.

#include "bayres/data/columns.hpp"
#include "bayres/io/bytes.hpp"

namespace bayres::io {

/// Reads columns of a .npy file: those of a two-dimensional array (time, channel) are called 1, 2, ..., a
/// one-dimensional array is column 1, and those of a structured array have the names of its fields.
[[nodiscard]] Columns read_npy_columns(const Bytes& bytes, const ColumnRequest& request);

/// Reads columns of a .npz file. A one-dimensional array is one column with its own name; column c (from 0) of a
/// two-dimensional array is written "name:c", the field f of a structured one "name:f".
[[nodiscard]] Columns read_npz_columns(const Bytes& bytes, const ColumnRequest& request);

}  // namespace bayres::io
