#pragma once
/// \file
/// Trials of a delayed exclusive or.

#include "bayres/tasks/task.hpp"

namespace bayres::tasks {

/// Each trial has two pulses of height +1 or -1, each `pulse` long and `gap` apart, then `delay`, then a response of
/// length `response`, in which the target is +1 if the pulses differ and -1 if not; the target is 0 at all other times.
/// Trials are separated by `rest`.
class DelayedXor {
 public:
  static constexpr core::Info info{
      .name = "delayed-xor",
      .equation =
          "trial: pulse a, gap, pulse b, delay, response, rest; a, b = +1 or -1; z* = -a b in the response, else 0",
      .source = "Miconi 2017, eLife 6:e20899 (delayed nonmatch to sample)",
  };

  struct Parameters {
    Real pulse = 5;
    Real gap = 5;
    Real delay = 5;
    Real response = 5;
    Real rest = 5;
    Index seed = 1;
    static constexpr auto parameters() {
      using P = core::Parameter<Parameters>;
      return std::array{
          P{"pulse", &Parameters::pulse, "time", "length of a pulse", core::positive},
          P{"gap", &Parameters::gap, "time", "time between the pulses", core::non_negative},
          P{"delay", &Parameters::delay, "time", "time between the second pulse and the response", core::non_negative},
          P{"response", &Parameters::response, "time", "length of the response", core::positive},
          P{"rest", &Parameters::rest, "time", "time between two trials", core::non_negative},
          P{"seed", &Parameters::seed, "1", "seed of the pulses", core::any_seed},
      };
    }
    [[nodiscard]] std::string problem(const Context& context) const {
      if (steps_of(pulse, context.dt) >= 1 && steps_of(response, context.dt) >= 1) return {};
      return "task.pulse and task.response must be at least reservoir.dt = " + core::to_text(context.dt) + " long";
    }
  };

  DelayedXor(const Parameters& p, const Context& context) : random_(static_cast<std::uint64_t>(p.seed)) {
    const auto steps = [&](Real duration) { return steps_of(duration, context.dt); };
    first_end_ = steps(p.pulse);
    second_start_ = first_end_ + steps(p.gap);
    second_end_ = second_start_ + steps(p.pulse);
    response_start_ = second_end_ + steps(p.delay);
    response_end_ = response_start_ + steps(p.response);
    trial_ = response_end_ + steps(p.rest);
  }

  [[nodiscard]] static Index inputs() noexcept { return 1; }
  [[nodiscard]] static Index outputs() noexcept { return 1; }

  void sample(Index step, std::span<Real> input, std::span<Real> target) const noexcept {
    const auto draws = random_.uniforms(core::Stream::task_input, 1, step / trial_);
    const Real a = draws[0] < 0.5 ? -1 : 1;
    const Real b = draws[1] < 0.5 ? -1 : 1;
    const Index now = step % trial_;
    const auto within = [now](Index first, Index last) { return now >= first && now < last; };
    input[0] = within(0, first_end_) ? a : within(second_start_, second_end_) ? b : 0;
    target[0] = within(response_start_, response_end_) ? -a * b : 0;
  }

 private:
  core::Philox random_;
  Index first_end_;  // steps within a trial
  Index second_start_;
  Index second_end_;
  Index response_start_;
  Index response_end_;
  Index trial_;
};

}  // namespace bayres::tasks
