#include "bayres/core/memory.hpp"

#include <malloc.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <limits>

#include "bayres/core/text.hpp"

namespace bayres::core {

Index available_bytes() {
  Index available = std::numeric_limits<Index>::max();
  std::ifstream memory("/proc/meminfo");
  for (std::string word; memory >> word;) {
    Index kilobytes = 0;
    if (word == "MemAvailable:" && memory >> kilobytes) available = kilobytes * 1024;
  }
  const std::string group = "/sys/fs/cgroup/memory.";
  Index limit = 0;
  if (!(std::ifstream(group + "max") >> limit)) return available;
  Index used = 0;
  std::ifstream(group + "current") >> used;
  Index cached = 0;  // of files, which the system gives up when memory is needed
  std::ifstream statistics(group + "stat");
  for (std::string word; statistics >> word;) {
    if (word == "inactive_file") statistics >> cached;
  }
  available = std::min(available, std::max(Index{0}, limit - std::max(Index{0}, used - cached)));
  return available;
}

void return_large_blocks() noexcept {
  constexpr int large = 1 << 20;
  mallopt(M_MMAP_THRESHOLD, large);
}

std::string gigabytes(double bytes) { return to_text(std::round(bytes / 1e7) / 100) + " GB"; }

}  // namespace bayres::core
