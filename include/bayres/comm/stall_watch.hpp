#pragma once
/// \file
/// Says that no step ends.

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

#include "bayres/comm/communicator.hpp"

namespace bayres::comm {

/// Watches, from a thread that makes no MPI calls, whether steps end: what hangs in a collective, because a rank, a
/// machine or the network does not answer, cannot say so itself. Rank 0 says once a minute that none has ended. With a
/// limit every rank ends the job when none has ended for so many seconds. What counts is the time in which this process
/// ran, so that a job that was suspended goes on unharmed.
class StallWatch {
 public:
  /// `limit`: seconds; 0: none. `steps`: of the whole run. `label` comes before each line.
  StallWatch(const Communicator& comm, double limit, Index steps, std::string label = {});
  StallWatch(const StallWatch&) = delete;
  StallWatch& operator=(const StallWatch&) = delete;
  ~StallWatch();
  /// So many steps of the run are done.
  void step(Index done) noexcept { done_.store(done, std::memory_order_relaxed); }
  /// After the last step.
  void finish();

 private:
  void watch();
  void say(double seconds, const std::string& since, const std::string& what) const;

  std::string label_;
  double limit_;
  bool is_root_;
  Index steps_;
  std::atomic<Index> done_ = 0;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool over_ = false;
  std::thread thread_;
};

}  // namespace bayres::comm
