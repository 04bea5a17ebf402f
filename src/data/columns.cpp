#include "bayres/data/columns.hpp"

#include <fstream>

#include "bayres/core/error.hpp"
#include "bayres/data/file_kind.hpp"
#include "bayres/data/numpy_columns.hpp"

namespace bayres::io {

namespace {

Columns read(const std::string& path, const ColumnRequest& request) {
  const auto bytes = Bytes::of_file(path);
  switch (kind_of(bytes)) {
    case FileKind::hdf5:
      return read_hdf5_columns(path, request);
    case FileKind::npy:
      return read_npy_columns(bytes, request);
    case FileKind::zip:
      return read_npz_columns(bytes, request);
    default:
      break;
  }
  std::ifstream text(path, std::ios::binary);
  auto columns = read_text_columns(text, path, request, core::as_size(bytes.size()));
  columns.is_text = true;
  return columns;
}

}  // namespace

Columns read_columns(const std::string& path, const ColumnRequest& request) {
  auto columns = read(path, request);
  if (columns.rows == 1 && !columns.values.empty()) {
    throw core::io_error(path + ": holds one sample of " + columns.names.front() +
                         ": a series has at least two, one after the other in time");
  }
  return columns;
}

}  // namespace bayres::io
