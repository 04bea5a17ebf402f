#include "bayres/comm/watchdog.hpp"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>

namespace bayres::comm {
namespace {

constexpr auto interval = std::chrono::milliseconds(500);
constexpr int patience = 10;

/// Whether a process of this machine is stopped: state T in /proc, after the name in parentheses.
bool is_stopped(Index process) {
  std::ifstream file("/proc/" + std::to_string(process) + "/stat");
  std::string line;
  std::getline(file, line);
  const auto end = line.rfind(')');
  return end != std::string::npos && end + 2 < line.size() && line[end + 2] == 'T';
}

}  // namespace

Watchdog::Watchdog(const Communicator& comm) : ranks_(comm.size()) {
  const auto texts = comm.gather_texts_on_node(std::to_string(comm.rank()) + " " + std::to_string(getpid()));
  for (std::size_t k = 0; k < texts.size(); ++k) {
    Peer peer;
    std::istringstream(texts[k]) >> peer.rank >> peer.process;
    if (peer.rank == comm.rank()) {
      patience_ = patience + static_cast<int>(std::min<std::size_t>(k, 8));
    } else {
      peers_.push_back(peer);
    }
  }
  if (!peers_.empty()) thread_ = std::thread([this] { watch(); });
}

Watchdog::~Watchdog() {
  {
    const std::lock_guard lock(mutex_);
    done_ = true;
  }
  wake_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void Watchdog::watch() {
  std::unique_lock lock(mutex_);
  while (!wake_.wait_for(lock, interval, [this] { return done_; })) {
    for (auto& peer : peers_) {
      peer.times_stopped = is_stopped(peer.process) ? peer.times_stopped + 1 : 0;
      if (peer.times_stopped < patience_) continue;
      std::fprintf(
          stderr,
          "bayres: rank %d of %d (process %d) has been stopped, and the others wait for it: the job ends here; "
          "go on from its last checkpoint with bayres resume\n",
          static_cast<int>(peer.rank), ranks_, static_cast<int>(peer.process));
      std::fflush(stderr);
      std::_Exit(static_cast<int>(core::ExitCode::failure));  // MPI's launcher ends the others
    }
  }
}

}  // namespace bayres::comm
