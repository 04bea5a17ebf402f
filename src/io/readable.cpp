#include "bayres/io/readable.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "bayres/core/error.hpp"

namespace bayres::io {

void require_readable(const std::string& path) {
  struct stat found {};
  const bool there = ::stat(path.c_str(), &found) == 0;
  if (there && S_ISDIR(found.st_mode)) throw core::io_error(path + ": is a folder: name a file");
  if (there && ::faccessat(AT_FDCWD, path.c_str(), R_OK, AT_EACCESS) == 0) return;
  throw core::io_error(path + ": cannot be read: " + std::strerror(errno));
}

}  // namespace bayres::io
