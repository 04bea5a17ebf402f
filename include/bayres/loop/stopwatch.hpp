#pragma once
/// \file
/// Times of the parts of a step.

#include <array>
#include <chrono>
#include <string_view>
#include <utility>

namespace bayres::sim {

/// Parts of a step that are timed.
enum class Part : std::size_t { task, recurrent, neurons, readout, exchange, learning, evaluation, recording, count };

inline constexpr std::array<std::string_view, static_cast<std::size_t>(Part::count)> part_names{
    "task", "recurrent", "neurons", "readout", "exchange", "learning", "evaluation", "recording"};

/// Seconds per part of the step, on this rank. Reading the clock takes a part of a short step, so that there is one
/// reading between two parts, also between the last of a step and the first of the next.
class Stopwatch {
 public:
  using Clock = std::chrono::steady_clock;

  /// Begins the part that the next `lap` names.
  void start() noexcept { last_ = Clock::now(); }
  /// Adds the time since the last `start` or `lap` to `part`. Returns it in seconds.
  double lap(Part part) noexcept {
    const auto now = Clock::now();
    const auto passed = now - std::exchange(last_, now);
    times_[static_cast<std::size_t>(part)] += passed;
    return std::chrono::duration<double>(passed).count();
  }
  [[nodiscard]] double seconds(Part part) const noexcept {
    return std::chrono::duration<double>(times_[static_cast<std::size_t>(part)]).count();
  }

 private:
  std::array<Clock::duration, static_cast<std::size_t>(Part::count)> times_{};
  Clock::time_point last_ = Clock::now();
};

}  // namespace bayres::sim
