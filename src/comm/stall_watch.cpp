#include "bayres/comm/stall_watch.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>

#include "bayres/core/text.hpp"

namespace bayres::comm {

StallWatch::StallWatch(const Communicator& comm, double limit, Index steps, std::string label)
    : label_(std::move(label)), limit_(limit), is_root_(comm.is_root()), steps_(steps) {
  if (is_root_ || limit_ > 0) thread_ = std::thread([this] { watch(); });
}

StallWatch::~StallWatch() { finish(); }

void StallWatch::finish() {
  {
    const std::lock_guard lock(mutex_);
    over_ = true;
  }
  wake_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void StallWatch::say(double seconds, const std::string& since, const std::string& what) const {
  std::fprintf(stderr, "bayres: %sno step has ended since %s (%.0f s), after step %lld of %lld: %s\n", label_.c_str(),
               since.c_str(), seconds, static_cast<long long>(done_.load(std::memory_order_relaxed)),
               static_cast<long long>(steps_), what.c_str());
  std::fflush(stderr);
}

void StallWatch::watch() {
  constexpr double head_start = 2;  // seconds that other ranks leave rank 0 to say why
  const double look = limit_ > 0 ? std::min(1.0, limit_ / 4) : 1.0;
  const double between = limit_ > 0 ? std::min(60.0, limit_ / 2) : 60.0;
  auto seen = done_.load(std::memory_order_relaxed);
  auto since = core::utc_now();
  double waited = 0;
  double said = 0;
  std::unique_lock lock(mutex_);
  while (!wake_.wait_for(lock, std::chrono::duration<double>(look), [this] { return over_; })) {
    const auto done = done_.load(std::memory_order_relaxed);
    if (done != seen) {
      seen = done;
      since = core::utc_now();
      waited = said = 0;
      continue;
    }
    waited += look;
    if (limit_ > 0 && waited >= limit_ + (is_root_ ? 0 : head_start)) {
      if (is_root_) {
        say(waited, since,
            "that is run.stall_limit, and the job ends here; go on from its last checkpoint with bayres resume");
      }
      std::_Exit(static_cast<int>(core::ExitCode::failure));  // MPI's launcher ends the others
    }
    if (!is_root_ || waited - said < between) continue;
    said = waited;
    say(waited, since, "does a rank, a machine or the network hang? run.stall_limit = SECONDS would end the job");
  }
}

}  // namespace bayres::comm
