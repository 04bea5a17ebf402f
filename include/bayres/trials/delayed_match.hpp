#pragma once
/// \file
/// Delayed nonmatch to sample.

#include "bayres/trials/delayed_xor.hpp"

namespace bayres::tasks {

/// Two stimuli, A or B, each 1 in its own channel; then the target is +0.98 if they differ and -0.98 if not.
class DelayedMatch {
 public:
  static constexpr core::Info info{
      .name = "delayed-match",
      .equation =
          "trial: stimulus A or B (1 in the first or second channel), gap, stimulus A or B, delay, response; z* = 0.98 "
          "in the response if the stimuli differ, -0.98 if not; only the response is learned from and scored; types of "
          "trial: 0 to 3 for AA, AB, BA, BB",
      .source = "Miconi 2017, eLife 6:e20899 (tau 30 ms, all parts 200 ms)",
  };

  struct Parameters {
    Real stimulus = core::automatic;
    Real gap = core::automatic;
    Real delay = core::automatic;
    Real response = core::automatic;
    bool reset = true;
    Index seed = 1;
    static constexpr auto parameters() {
      using P = core::Parameter<Parameters>;
      constexpr std::string_view default_part = "20/3 tau";
      return std::array{
          P{"stimulus", &Parameters::stimulus, "time", "length of a stimulus", core::positive, {}, default_part},
          P{"gap", &Parameters::gap, "time", "time between the stimuli", core::non_negative, {}, default_part},
          P{"delay",
            &Parameters::delay,
            "time",
            "time between the second stimulus and the response",
            core::non_negative,
            {},
            default_part},
          P{"response", &Parameters::response, "time", "length of the response", core::positive, {}, default_part},
          reset_parameter(&Parameters::reset),
          P{"seed", &Parameters::seed, "1", "seed of the stimuli", core::any_seed},
      };
    }
    [[nodiscard]] std::string problem(const Context& context) const {
      const auto p = as_xor(context.tau);
      return part_problem({{"stimulus", p.pulse}, {"response", p.response}}, context.dt);
    }
    /// The same trials, with targets of 1.
    [[nodiscard]] DelayedXor::Parameters as_xor(Real tau) const {
      const auto part = [tau](Real time) { return core::value_or(time, tau * 20 / 3); };
      return {part(stimulus), part(gap), part(delay), part(response), 0, 2, reset, "response", seed};
    }
  };

  DelayedMatch(const Parameters& p, const Context& context) : trials_(p.as_xor(context.tau), context) {}

  [[nodiscard]] static Index inputs() noexcept { return 2; }
  [[nodiscard]] static Index outputs() noexcept { return 1; }

  void sample(Index step, std::span<Real> input, std::span<Real> target) const noexcept {
    trials_.sample(step, input, target);
    target[0] *= 0.98;
  }
  [[nodiscard]] Mark mark(Index step) const noexcept { return trials_.mark(step); }
  [[nodiscard]] Index trial_steps() const noexcept { return trials_.trial_steps(); }

 private:
  DelayedXor trials_;
};

}  // namespace bayres::tasks
