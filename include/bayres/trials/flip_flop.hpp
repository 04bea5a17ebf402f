#pragma once
/// \file
/// Pulses whose last sign must be held.

#include "bayres/trials/trials.hpp"

namespace bayres::tasks {

/// In each channel, at the beginning of every `interval`, a pulse of +1 or -1 of length `pulse` comes with
/// `probability`. The target is the sign of the channel's last pulse, from its first step on, and -1 before any. States
/// run on through all intervals.
class FlipFlop {
 public:
  static constexpr core::Info info{
      .name = "flip-flop",
      .equation =
          "every `interval`, with `probability`, a pulse of +1 or -1 in each channel; z* = sign of the channel's last "
          "pulse, -1 before any; a segment is an interval, its kind sum_c k_c 3^c with k_c = 0, 1, 2 for no pulse, "
          "+1, -1 in channel c = 0 ... channels - 1",
      .source = "Sussillo & Barak 2013, Neural Computation 25:626-649",
  };

  struct Parameters {
    Index channels = 1;
    Real interval = 20;
    Real pulse = 1;
    Real probability = 0.5;
    Index seed = 1;
    static constexpr auto parameters() {
      using P = core::Parameter<Parameters>;
      return std::array{
          P{"channels", &Parameters::channels, "inputs", "independent pulses, each with an output",
            core::between(1, most_channels)},
          P{"interval", &Parameters::interval, "time", "time from one chance of a pulse to the next", core::positive},
          P{"pulse", &Parameters::pulse, "time", "length of a pulse, at most the interval", core::positive},
          P{"probability", &Parameters::probability, "1", "that there is a pulse, in each channel by itself",
            core::between(0, 1)},
          P{"seed", &Parameters::seed, "1", "seed of the pulses", core::any_seed},
      };
    }
    [[nodiscard]] std::string problem(const Context& context) const {
      if (auto problem = part_problem({{"pulse", pulse}}, context.dt); !problem.empty()) return problem;
      if (pulse <= interval) return {};
      return "task.pulse = " + core::to_text(pulse) + " is longer than task.interval = " + core::to_text(interval) +
             ": shorten the pulse, or lengthen the interval";
    }
  };

  FlipFlop(const Parameters& p, const Context& context)
      : random_(static_cast<std::uint64_t>(p.seed)),
        channels_(p.channels),
        probability_(p.probability),
        pulse_(steps_of(p.pulse, context.dt)),
        intervals_(steps_of(p.interval, context.dt), {0, steps_of(p.interval, context.dt)}, false) {
    held_.fill(-1);
  }

  [[nodiscard]] Index inputs() const noexcept { return channels_; }
  [[nodiscard]] Index outputs() const noexcept { return channels_; }

  void sample(Index step, std::span<Real> input, std::span<Real> target) noexcept {
    hold(intervals_.number(step));
    for (Index c = 0; c < std::ssize(input); ++c) {
      input[static_cast<std::size_t>(c)] = intervals_.within(step) < pulse_ ? pulse(known_, c) : 0;
    }
    for (std::size_t c = 0; c < target.size(); ++c) target[c] = held_[c];
  }

  [[nodiscard]] Mark mark(Index step) const noexcept {
    Index kind = 0;
    for (Index c = channels_ - 1; c >= 0; --c) {
      const Real height = pulse(intervals_.number(step), c);
      kind = 3 * kind + (height > 0 ? 1 : height < 0 ? 2 : 0);
    }
    return intervals_.mark(step, kind);
  }
  [[nodiscard]] Index trial_steps() const noexcept { return intervals_.steps(); }

 private:
  static constexpr Index most_channels = 3;

  /// Of an interval and channel: +1, -1, or 0 for none.
  [[nodiscard]] Real pulse(Index interval, Index channel) const noexcept {
    const auto draws = random_.uniforms(core::Stream::task_input, channel, interval);
    if (draws[0] >= probability_) return 0;
    return draws[1] < 0.5 ? -1 : 1;
  }

  /// Makes `held_` that of an interval, from the one known or from pulses alone.
  void hold(Index interval) noexcept {
    if (interval == known_) return;
    for (Index c = 0; c < channels_; ++c) {
      auto& held = held_[static_cast<std::size_t>(c)];
      Real last = 0;
      Index k = interval;
      for (; k >= 0 && k != known_ && last == 0; --k) last = pulse(k, c);
      if (last == 0 && k < 0) last = -1;
      if (last != 0) held = last;
    }
    known_ = interval;
  }

  core::Philox random_;
  Index channels_;
  Real probability_;
  Index pulse_;  // steps
  Trials intervals_;
  Index known_ = -1;                      // the interval of `held_`
  std::array<Real, most_channels> held_;  // the sign of the last pulse
};

}  // namespace bayres::tasks
