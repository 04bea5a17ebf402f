#pragma once
/// \file
/// How evenly ranks work.

#include <algorithm>
#include <chrono>
#include <span>

#include "bayres/core/types.hpp"

namespace bayres::comm {

using core::Index;
using core::Real;

/// How long ranks are busy between collectives in which they tell each other so: in each, all but the slowest have
/// waited for that one.
class Pace {
 public:
  /// Seconds since this rank left the last collective, without those that it waited otherwise; 0 before the first.
  [[nodiscard]] Real busy() const noexcept {
    if (!has_left_) return 0;
    return std::chrono::duration<Real>(Clock::now() - left_).count() - waited_;
  }
  /// Seconds that do not count, such as those of waiting outside the collective.
  void add_waiting(Real seconds) noexcept { waited_ += seconds; }

  /// What was done since the last collective does not count.
  void restart() noexcept { has_left_ = false; }

  /// This rank leaves a collective that has told it how long all ranks were busy. `busy(rank)`.
  template <class Busy>
  void leave(int rank, int ranks, const Busy& busy) noexcept {
    Real longest = 0;
    Real sum = 0;
    for (int k = 0; k < ranks; ++k) {
      const Real seconds = busy(k);
      longest = std::max(longest, seconds);
      sum += seconds;
      if (k == rank) own_ += seconds;
    }
    slowest_ += longest;
    mean_ += sum / ranks;
    left_ = Clock::now();
    has_left_ = true;
    waited_ = 0;
  }

  /// Seconds of all steps: of the slowest rank in each, and of a rank on average; the same on every rank.
  /// \{
  [[nodiscard]] Real slowest() const noexcept { return slowest_; }
  [[nodiscard]] Real mean() const noexcept { return mean_; }
  /// \}
  /// And of this rank.
  [[nodiscard]] Real own() const noexcept { return own_; }

 private:
  using Clock = std::chrono::steady_clock;
  Clock::time_point left_;
  bool has_left_ = false;
  Real waited_ = 0;
  Real slowest_ = 0;
  Real mean_ = 0;
  Real own_ = 0;
};

}  // namespace bayres::comm
