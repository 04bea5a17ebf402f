#include "bayres/io/text_file.hpp"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "bayres/core/error.hpp"

namespace bayres::io {

std::string read_text(const std::string& path) {
  if (std::filesystem::is_directory(path)) throw core::io_error(path + ": is a folder: name a file");
  std::ifstream file(path, std::ios::binary);
  const int reason = errno;
  std::ostringstream text;
  if (file) text << file.rdbuf();
  if (!file || (text.fail() && file.peek() != std::ifstream::traits_type::eof())) {
    throw core::io_error(path + ": cannot be read: " + std::strerror(reason));
  }
  return text.str();
}

}  // namespace bayres::io
