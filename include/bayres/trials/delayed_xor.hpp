#pragma once
/// \file
/// Trials of a delayed exclusive or.

#include "bayres/trials/trials.hpp"

namespace bayres::tasks {

/// Each trial has two pulses, A or B, each `pulse` long and `gap` apart, then `delay`, then a response of length
/// `response`, in which the target is +1 if the pulses differ and -1 if not; the target is 0 at all other times. Then
/// comes `rest`. With one channel A is -1 and B is +1; with two, A is 1 in the first and B 1 in the second.
class DelayedXor {
 public:
  static constexpr core::Info info{
      .name = "delayed-xor",
      .equation =
          "trial: pulse a, gap, pulse b, delay, response, rest; a, b = +1 or -1 (with two channels: 1 in the second or "
          "the first); z* = -a b in the response, else 0; types of trial: 0 to 3 for (a, b) = (-, -), (-, +), (+, -), "
          "(+, +)",
      .source = "Miconi 2017, eLife 6:e20899 (delayed nonmatch to sample)",
  };

  struct Parameters {
    Real pulse = 5;
    Real gap = 5;
    Real delay = 5;
    Real response = 5;
    Real rest = 5;
    Index channels = 1;
    bool reset = false;
    std::string scored = "all";
    Index seed = 1;
    static constexpr auto parameters() {
      using P = core::Parameter<Parameters>;
      return std::array{
          P{"pulse", &Parameters::pulse, "time", "length of a pulse", core::positive},
          P{"gap", &Parameters::gap, "time", "time between the pulses", core::non_negative},
          P{"delay", &Parameters::delay, "time", "time between the second pulse and the response", core::non_negative},
          P{"response", &Parameters::response, "time", "length of the response", core::positive},
          P{"rest", &Parameters::rest, "time", "time between two trials", core::non_negative},
          P{"channels", &Parameters::channels, "inputs",
            "1: pulses are +1 or -1; 2: pulses are 1 in the one channel or in the other", core::between(1, 2)},
          reset_parameter(&Parameters::reset),
          P::word("scored", &Parameters::scored, "all|response",
                  "response: outside the response nothing is learned or scored; all: there the target is 0"),
          P{"seed", &Parameters::seed, "1", "seed of the pulses", core::any_seed},
      };
    }
    /// As a stream, without resets, and with all steps scored, it is a series like others.
    [[nodiscard]] bool has_marks() const { return reset || scored == "response"; }
    [[nodiscard]] std::string problem(const Context& context) const {
      return part_problem({{"pulse", pulse}, {"response", response}}, context.dt);
    }
  };

  DelayedXor(const Parameters& p, const Context& context)
      : DelayedXor(p, Parts(context.dt), static_cast<std::uint64_t>(p.seed)) {}

  [[nodiscard]] Index inputs() const noexcept { return channels_; }
  [[nodiscard]] static Index outputs() noexcept { return 1; }

  void sample(Index step, std::span<Real> input, std::span<Real> target) const noexcept {
    const auto [a, b] = pulses(trials_.number(step));
    const Index now = trials_.within(step);
    const Real pulse = first_.contains(now) ? a : second_.contains(now) ? b : 0;
    for (std::size_t c = 0; c < input.size(); ++c) {
      const Real sign = c == 0 ? -1 : 1;
      input[c] = input.size() == 1 ? pulse : std::max<Real>(0, sign * pulse);
    }
    target[0] = response_.contains(now) ? -a * b : 0;
  }

  [[nodiscard]] Mark mark(Index step) const noexcept {
    if (!has_marks_) return {};
    const auto [a, b] = pulses(trials_.number(step));
    return trials_.mark(step, (a > 0 ? 2 : 0) + (b > 0 ? 1 : 0));
  }
  [[nodiscard]] Index trial_steps() const noexcept { return trials_.steps(); }

 private:
  DelayedXor(const Parameters& p, Parts parts, std::uint64_t seed)
      : random_(seed),
        channels_(p.channels),
        has_marks_(p.has_marks()),
        first_(parts.next(p.pulse)),
        second_(parts.next(p.pulse, p.gap)),
        response_(parts.next(p.response, p.delay)),
        trials_(trials(p, parts)) {}

  [[nodiscard]] Trials trials(const Parameters& p, Parts parts) const {
    const core::Range all{0, parts.next(p.rest).last};
    return {all.last, p.scored == "all" ? all : response_, p.reset};
  }

  /// a and b of a trial.
  [[nodiscard]] std::pair<Real, Real> pulses(Index trial) const noexcept {
    const auto draws = random_.uniforms(core::Stream::task_input, 1, trial);
    return {draws[0] < 0.5 ? -1 : 1, draws[1] < 0.5 ? -1 : 1};
  }

  core::Philox random_;
  Index channels_;
  bool has_marks_;
  core::Range first_;  // steps within a trial
  core::Range second_;
  core::Range response_;
  Trials trials_;
};

}  // namespace bayres::tasks
