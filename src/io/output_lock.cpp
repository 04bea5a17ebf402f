#include "bayres/io/output_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "bayres/core/error.hpp"
#include "bayres/io/commit.hpp"

namespace bayres::io {
namespace {

/// Whether the open file is still the one that has this name.
bool has_name(int descriptor, const std::string& path) {
  struct stat open_file {};
  struct stat named_file {};
  return ::fstat(descriptor, &open_file) == 0 && ::stat(path.c_str(), &named_file) == 0 &&
         open_file.st_ino == named_file.st_ino && open_file.st_dev == named_file.st_dev;
}

}  // namespace

OutputLock::OutputLock(const std::string& path) : path_(lock_name(path)) {
  for (;;) {
    descriptor_ = ::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (descriptor_ < 0) throw core::io_error(path_ + ": cannot be opened: " + std::strerror(errno));
    if (::flock(descriptor_, LOCK_EX | LOCK_NB) != 0) {
      const int reason = errno;
      ::close(descriptor_);
      if (reason == EWOULDBLOCK) {
        throw core::io_error(path + ": another run is writing this file: wait for it, or choose another name with -o");
      }
      throw core::io_error(path_ + ": cannot be locked: " + std::strerror(reason));
    }
    if (has_name(descriptor_, path_)) return;
    ::close(descriptor_);  // its last owner removed it between our opening and our locking it
  }
}

OutputLock::~OutputLock() {
  std::remove(path_.c_str());
  ::close(descriptor_);
}

}  // namespace bayres::io
