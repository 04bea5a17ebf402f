#include "bayres/io/text_file.hpp"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>

#include "bayres/core/error.hpp"
#include "bayres/io/readable.hpp"

namespace bayres::io {

std::string read_text(const std::string& path) {
  require_readable(path);
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
