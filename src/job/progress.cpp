#include "progress.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cmath>
#include <cstdio>

#include "bayres/core/environment.hpp"

namespace bayres::app {
namespace {

constexpr const char* phase_names[] = {"washout", "train", "test"};
constexpr std::size_t shown_learners = 4;

std::chrono::milliseconds interval_of(bool terminal) {
  if (terminal) return std::chrono::milliseconds(200);
  return std::chrono::seconds(core::value_of(core::progress_lines) == "second" ? 1 : 60);
}

std::string duration_text(double seconds) {
  const auto whole = std::lround(seconds);
  return fmt::format("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60);
}

}  // namespace

Progress::Progress(const sim::Simulation& simulation, bool quiet, std::string label)
    : label_(std::move(label)),
      shown_(!quiet && simulation.comm().is_root()),
      terminal_(isatty(STDERR_FILENO) == 1),
      interval_(interval_of(terminal_)),
      start_(Clock::now()),
      last_(start_),
      errors_(simulation.learners().size()),
      stall_watch_(simulation.comm(), simulation.configuration().run.stall_limit, simulation.schedule().end(), label_) {
  stall_watch_.step(simulation.steps_done());
}

void Progress::after_step(const sim::Simulation& simulation) {
  stall_watch_.step(simulation.steps_done());
  if (!shown_) return;
  follow_errors(simulation);
  const auto now = Clock::now();
  if (now - last_ < interval_) return;
  last_ = now;
  print(simulation, now);
}

void Progress::follow_errors(const sim::Simulation& simulation) {
  constexpr double memory = 0.999;
  if (simulation.weight() == 0) return;
  for (std::size_t l = 0; l < errors_.size(); ++l) {
    const double error = std::abs(simulation.target()[0] - simulation.output(l)[0]);
    errors_[l] = memory * errors_[l] + (1 - memory) * error;
  }
}

void Progress::print(const sim::Simulation& simulation, Clock::time_point now) {
  const double elapsed = std::chrono::duration<double>(now - start_).count();
  const auto done = static_cast<double>(simulation.steps_done());
  const auto here = static_cast<double>(simulation.steps_here());
  const auto all = static_cast<double>(simulation.schedule().end());
  std::string line = fmt::format("{}{:5.1f}% {} t={:.6g} {:.0f} steps/s", label_, 100 * done / all,
                                 phase_names[static_cast<int>(simulation.phase())], simulation.time(), here / elapsed);
  for (std::size_t l = 0; l < std::min(errors_.size(), shown_learners); ++l) {
    line += fmt::format(" {}={:.3g}", simulation.learners()[l].name(), errors_[l]);
  }
  if (errors_.size() > shown_learners) line += fmt::format(" and {} more", errors_.size() - shown_learners);
  line += fmt::format(" left {}", duration_text(elapsed / here * (all - done)));
  if (terminal_) {
    std::fprintf(stderr, "\r%s\x1b[K", line.c_str());
  } else {
    std::fprintf(stderr, "%s\n", line.c_str());
  }
  std::fflush(stderr);
}

void Progress::finish() {
  stall_watch_.finish();
  if (shown_ && terminal_) std::fputs("\r\x1b[K", stderr);
}

}  // namespace bayres::app
