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

/// An open lock, which is an empty file. Something else of its name is not followed, and not taken for one.
int open_lock(const std::string& path) {
  require_no_link(path);
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0666);
  if (descriptor < 0) throw core::io_error(path + ": cannot be opened: " + std::strerror(errno));
  struct stat found {};
  if (::fstat(descriptor, &found) == 0 && S_ISREG(found.st_mode) && found.st_size == 0) return descriptor;
  ::close(descriptor);
  throw core::io_error(path + ": is no lock of bayres, since it is not empty: move it away");
}

}  // namespace

OutputLock::OutputLock(const std::string& path) : path_(lock_name(path)) {
  for (;;) {
    descriptor_ = open_lock(path_);
    if (::flock(descriptor_, LOCK_EX | LOCK_NB) != 0) {
      const int reason = errno;
      ::close(descriptor_);
      if (reason == EWOULDBLOCK) {
        throw core::io_error(path + ": another run is writing this file: wait for it, or choose another name");
      }
      throw core::io_error(path_ + ": cannot be locked: " + std::strerror(reason));
    }
    if (has_name(descriptor_, path_)) break;
    ::close(descriptor_);  // its last owner removed it between our opening and our locking it
  }
  remove_temporaries(path);
}

OutputLock::~OutputLock() {
  std::remove(path_.c_str());
  ::close(descriptor_);
}

}  // namespace bayres::io
