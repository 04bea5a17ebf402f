#include "bayres/job/checkpointer.hpp"

#include <csignal>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <utility>

#include "bayres/io/commit.hpp"

namespace bayres::app {
namespace {

// State of the signal handler.
volatile std::sig_atomic_t signal_seen = 0;
volatile std::sig_atomic_t ending_seen = 0;   // of SIGTERM and SIGINT
volatile std::sig_atomic_t ending_since = 0;  // milliseconds of a clock that wraps around

int milliseconds() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  constexpr long round = 1'000'000'000;
  return static_cast<int>((now.tv_sec % 1'000'000 * 1000 + now.tv_nsec / 1'000'000) % round);
}

/// The first signal requests a stop with a checkpoint. On a machine with much to do, SLURM's and the one that a
/// launcher passes on may be more than a second apart. A later SIGTERM or SIGINT ends the process.
void handle(int number) {
  signal_seen = 1;
  if (number == SIGUSR1) return;
  constexpr int at_once = 2000;
  const int passed = std::abs(milliseconds() - static_cast<int>(ending_since));
  if (ending_seen != 0 && passed > at_once) {
    std::signal(number, SIG_DFL);
    std::raise(number);  // which is delivered when this function returns
  }
  if (ending_seen == 0) ending_since = milliseconds();
  ending_seen = 1;
}

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

void catch_signals() {
  for (const int number : {SIGTERM, SIGINT, SIGUSR1}) {
    struct sigaction action {};
    action.sa_handler = handle;
    action.sa_flags = SA_RESTART;
    sigemptyset(&action.sa_mask);
    sigaction(number, &action, nullptr);
  }
}

Checkpointer::Checkpointer(CheckpointPlan plan, sim::Simulation& simulation, sim::Recorder& recorder,
                           const sim::Provenance& provenance)
    : plan_(std::move(plan)), simulation_(&simulation), recorder_(&recorder), provenance_(&provenance) {}

void Checkpointer::after_step(const sim::Simulation& simulation) {
  if (simulation.agreed_request() == sim::Request::checkpoint) write(recorder_->close_part(simulation));
  ask();
}

void Checkpointer::ask() {
  if (signal_seen != 0) simulation_->request(sim::Request::stop);
  if (!simulation_->comm().is_root()) return;
  if (plan_.stop_elsewhere && plan_.stop_elsewhere()) simulation_->request(sim::Request::stop);
  if (plan_.every <= 0 && plan_.max_walltime <= 0) return;
  if (plan_.every > 0 && seconds_since(last_) >= plan_.every) simulation_->request(sim::Request::checkpoint);
  // Time for a checkpoint three times as slow as the last, and for joining the result; at most half the wall time.
  const double margin = std::min(5 + 3 * duration_, plan_.max_walltime / 2);
  if (plan_.max_walltime > 0 && seconds_since(plan_.start) >= plan_.max_walltime - margin) {
    simulation_->request(sim::Request::stop);
  }
}

void Checkpointer::write(const sim::RecordedParts& parts) {
  const auto begin = Clock::now();
  const auto absolute = [](const std::string& path) { return std::filesystem::absolute(path).string(); };
  sim::CheckpointHeader header{provenance_->configuration, absolute(plan_.result), parts,
                               simulation_->steps_done(),  provenance_->run_id,    provenance_->history};
  for (auto& part : header.parts) part.path = absolute(part.path);
  if (plan_.keeps_previous && plan_.is_ours) {
    simulation_->comm().together([&] {
      if (simulation_->comm().is_root()) io::keep_as(plan_.path, previous_of(plan_.path));
    });
  }
  plan_.is_ours = true;
  sim::write_checkpoint(plan_.path, *simulation_, header, *provenance_);
  duration_ = seconds_since(begin);
  last_ = Clock::now();
}

void Checkpointer::finish(const sim::RecordedParts& result) {
  const bool kept = std::exchange(plan_.keeps_previous, false);  // it goes on from parts that are in the result now
  write(result);
  if (!simulation_->comm().is_root()) return;
  std::error_code ignored;
  if (kept) std::filesystem::remove(previous_of(plan_.path), ignored);
  io::remove_leftovers(plan_.result);
  io::remove_leftovers(plan_.path);
}

}  // namespace bayres::app
