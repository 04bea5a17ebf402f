#pragma once
/// \file
/// Ends the job when a rank has been stopped.

#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

#include "bayres/comm/communicator.hpp"

namespace bayres::comm {

/// Watches the other ranks of this machine, from a thread that makes no MPI calls: if one of them has been stopped
/// (SIGSTOP) for five seconds while this one goes on, the others would wait for it for ever, and the job is ended with
/// a message that names it. A job that is suspended as a whole goes on unharmed, since no rank of it watches meanwhile;
/// a rank that is slow, or held by a debugger, does not count as stopped. A rank alone on its machine is not watched.
class Watchdog {
 public:
  /// Collective.
  explicit Watchdog(const Communicator& comm);
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;
  ~Watchdog();

 private:
  void watch();

  struct Peer {
    Index rank = 0;
    Index process = 0;
    int times_stopped = 0;  // in a row
  };
  std::vector<Peer> peers_;  // on this machine, without this rank
  int patience_ = 0;         // looks in a row; fewest on the lowest rank
  int ranks_ = 1;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool done_ = false;
  std::thread thread_;
};

/// The main function of a program: MPI from start to end, a watchdog, and `command` on all ranks of the job, which
/// returns the exit code.
template <class Command>
[[nodiscard]] int run_program(Command command) {
  const Environment mpi;
  const auto comm = Communicator::world();
  const Watchdog watchdog(comm);
  return comm.or_end_job([&] { return command(comm); }, [] {});
}

}  // namespace bayres::comm
