#include "bayres/io/columns.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "bayres/core/error.hpp"

namespace bayres::io {
namespace {

/// Whether the file is HDF5, by its signature.
bool is_hdf5(std::istream& file) {
  constexpr std::array<char, 8> signature{'\x89', 'H', 'D', 'F', '\r', '\n', '\x1a', '\n'};
  std::array<char, 8> start{};
  const bool same = file.read(start.data(), start.size()) && start == signature;
  file.clear();
  file.seekg(0);
  return same;
}

}  // namespace

Columns read_columns(const std::string& path, const ColumnRequest& request) {
  if (std::filesystem::is_directory(path)) throw core::io_error(path + ": is a folder: name a file");
  std::ifstream file(path, std::ios::binary);
  if (!file) throw core::io_error(path + ": cannot be read: " + std::strerror(errno));
  if (is_hdf5(file)) return read_hdf5_columns(path, request);
  return read_text_columns(file, path, request, std::filesystem::file_size(path));
}

}  // namespace bayres::io
