#include "bayres/io/output_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "bayres/core/error.hpp"
#include "bayres/io/result_file.hpp"

namespace bayres::io {

OutputLock::OutputLock(const std::string& path)
    : path_(temporary_name(path)), descriptor_(::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666)) {
  if (descriptor_ < 0) throw core::io_error(path_ + ": cannot be opened: " + std::strerror(errno));
  if (::flock(descriptor_, LOCK_EX | LOCK_NB) == 0) return;
  const int reason = errno;
  ::close(descriptor_);
  if (reason == EWOULDBLOCK) {
    throw core::io_error(path + ": another run is writing this file: wait for it, or choose another name with -o");
  }
  throw core::io_error(path_ + ": cannot be locked: " + std::strerror(reason));
}

OutputLock::~OutputLock() { ::close(descriptor_); }

void OutputLock::discard() noexcept { std::remove(path_.c_str()); }

}  // namespace bayres::io
