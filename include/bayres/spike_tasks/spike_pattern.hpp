#pragma once
/// \file
/// A pattern of spikes, again and again.

#include <algorithm>
#include <cmath>

#include "bayres/kernels/elementary.hpp"
#include "bayres/tasks/task.hpp"

namespace bayres::tasks {

/// Desired spikes at the same times of every period, one in each of `spikes` equal slots, uniform within the slot but
/// for `margin` at its ends; the input u = sin(4 pi t/T) sin(6 pi t/T) tells the time in the period T. The target is 1
/// in the step of a desired spike, else 0.
class SpikePattern {
 public:
  static constexpr core::Info info{
      .name = "spike-pattern",
      .equation =
          "u = sin(4 pi t/T) sin(6 pi t/T); z* = 1 in the steps of `spikes` times that are the same in every "
          "period T, else 0",
      .source = "spike trains at given times: Pfister, Toyoizumi, Barber & Gerstner 2006, Neural Comput 18:1318-1348",
  };

  struct Parameters {
    Real period = 500;
    Index spikes = 4;
    Real margin = 20;
    Index seed = 1;
    static constexpr auto parameters() {
      using P = core::Parameter<Parameters>;
      return std::array{
          P{"period", &Parameters::period, "time", "after which times repeat; rounded to steps", core::positive},
          P{"spikes", &Parameters::spikes, "1", "desired spikes in a period", core::between(1, 10000)},
          P{"margin", &Parameters::margin, "time", "no spikes are desired so near to the ends of their slots",
            core::non_negative},
          P{"seed", &Parameters::seed, "1", "seed of the times", core::any_seed},
      };
    }
    [[nodiscard]] Real target_period(const Context& context) const {
      return core::as_real(steps_of(period, context.dt)) * context.dt;
    }
    [[nodiscard]] std::string problem(const Context& context) const {
      const Real slot = period / static_cast<Real>(spikes);
      if (slot - 2 * margin > context.dt) return {};
      return "task.margin = " + core::to_text(margin) + " leaves no time for a spike in a slot of " +
             core::to_text(slot) + ", task.period/task.spikes: allowed is less than half of it, without one step";
    }
  };

  SpikePattern(const Parameters& p, const Context& context) : period_(steps_of(p.period, context.dt)) {
    const core::Philox random(static_cast<std::uint64_t>(p.seed));
    const Real slot = core::as_real(period_) * context.dt / core::as_real(p.spikes);
    for (Index k = 0; k < p.spikes; ++k) {
      const Real within = p.margin + (slot - 2 * p.margin) * random.uniform(core::Stream::task_input, 0, k);
      steps_.push_back(static_cast<Index>((core::as_real(k) * slot + within) / context.dt));
    }
  }

  static constexpr bool gives_spikes = true;
  [[nodiscard]] static Index inputs() noexcept { return 1; }
  [[nodiscard]] static Index outputs() noexcept { return 1; }

  void sample(Index step, std::span<Real> input, std::span<Real> target) const noexcept {
    const Index now = step % period_;
    const Real turns = core::as_real(now + 1) / core::as_real(period_);
    if (!input.empty()) input[0] = core::sine_of_turns(2 * turns) * core::sine_of_turns(3 * turns);
    target[0] = std::ranges::binary_search(steps_, now) ? 1 : 0;
  }

 private:
  Index period_;              // steps
  std::vector<Index> steps_;  // in which spikes are desired, ascending
};

}  // namespace bayres::tasks
