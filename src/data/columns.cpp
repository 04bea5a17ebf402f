#include "bayres/data/columns.hpp"

#include "bayres/core/error.hpp"

namespace bayres::io {

Columns read_columns(const std::string& path, const ColumnRequest& request) {
  const auto bytes = Bytes::of_file(path);
  const auto kind = kind_of(bytes);
  const auto read = kind == FileKind::hdf5  ? read_hdf5_columns
                    : kind == FileKind::npy ? read_npy_columns
                    : kind == FileKind::zip ? read_npz_columns
                                            : read_text_columns;
  if (request.by_sequence && kind == FileKind::text) {
    throw core::io_error(path +
                         ": is a table of text, which has no dimension of sequences: name a column that numbers "
                         "them");
  }
  auto columns = read(bytes, request);
  columns.is_text = kind == FileKind::text;
  if (columns.rows == 1 && !columns.values.empty()) {
    throw core::io_error(path + ": holds one sample of " + columns.names.front() +
                         ": a series has at least two, one after the other in time");
  }
  return columns;
}

}  // namespace bayres::io
