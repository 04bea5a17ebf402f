#pragma once
/// \file
/// Times a call by repeating it, on all ranks at once.

#include <algorithm>
#include <array>
#include <cmath>

#include "bayres/comm/communicator.hpp"
#include "bayres/simulation/stopwatch.hpp"

namespace bayres::sim {

/// Repeats calls as often as fills the time that it is given.
class Repetition {
 public:
  Repetition(const comm::Communicator& comm, double seconds) : comm_(&comm), seconds_(seconds) {}

  [[nodiscard]] const comm::Communicator& comm() const noexcept { return *comm_; }
  /// The same on other ranks.
  [[nodiscard]] Repetition on(const comm::Communicator& comm) const { return {comm, seconds_}; }

  /// Nanoseconds of one `call()`: the lower quartile of several series, of the slowest rank: what others do meanwhile
  /// makes some series longer. All ranks make the same number of
  /// calls, so that a call may be collective. Collective.
  template <class Call>
  [[nodiscard]] double nanoseconds(Call call) const {
    call();
    const double once = std::max(timed(call, 1), 1e-9);
    const auto wanted = static_cast<core::Index>(seconds_ / series / once);
    const core::Index calls = comm_->max(std::clamp<core::Index>(wanted, 1, 1000000));
    std::array<double, series> each{};
    for (auto& seconds : each) {
      comm_->barrier();
      seconds = timed(call, calls) / static_cast<double>(calls);
    }
    std::ranges::sort(each);
    return 1e9 * comm_->max(each[series / 4]);
  }

  /// The same for one rank that calls while the others of `comm` wait; they get its result. Collective.
  template <class Call>
  [[nodiscard]] double nanoseconds_alone(Call call) const {
    const auto self = comm::Communicator::self();
    const double own = comm_->is_root() ? Repetition(self, seconds_).nanoseconds(call) : 0;
    return comm_->max(own);
  }

 private:
  static constexpr std::size_t series = 7;

  template <class Call>
  static double timed(Call& call, core::Index calls) {
    const auto start = Stopwatch::Clock::now();
    for (core::Index k = 0; k < calls; ++k) call();
    return std::chrono::duration<double>(Stopwatch::Clock::now() - start).count();
  }

  const comm::Communicator* comm_;
  double seconds_;
};

}  // namespace bayres::sim
