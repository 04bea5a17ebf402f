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
  std::ifstream group("/sys/fs/cgroup/memory.max");
  Index limit = 0;
  if (group >> limit) available = std::min(available, limit);
  return available;
}

void return_large_blocks() noexcept {
  constexpr int large = 1 << 20;
  mallopt(M_MMAP_THRESHOLD, large);
}

std::string gigabytes(double bytes) { return to_text(std::round(bytes / 1e7) / 100) + " GB"; }

}  // namespace bayres::core
