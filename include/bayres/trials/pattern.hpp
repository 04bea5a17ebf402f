#pragma once
/// \file
/// A pattern in time that follows a cue.

#include "bayres/kernels/elementary.hpp"
#include "bayres/trials/trials.hpp"

namespace bayres::tasks {

/// In each trial an input of 1 for a short time; then, without any input, a sum of sines.
class Pattern {
 public:
  static constexpr core::Info info{
      .name = "pattern",
      .equation =
          "trial: cue (u = 1), then u = 0 and z*(t) = sum_k amplitudes_k sin(2 pi t / periods_k) for `length`, t from "
          "the end of the cue; the cue is neither learned from nor scored",
      .source = "Murray 2019, eLife 8:e43299 (three sines, of the whole, half and a quarter of the length)",
  };

  struct Parameters {
    Real cue = 1;
    Real length = 30;
    std::vector<Real> periods = {30, 15, 7.5};
    std::vector<Real> amplitudes = {1, 0.5, 0.25};
    bool reset = true;
    static constexpr auto parameters() {
      using P = core::Parameter<Parameters>;
      return std::array{
          P{"cue", &Parameters::cue, "time", "length of the cue", core::positive},
          P{"length", &Parameters::length, "time", "length of the pattern", core::positive},
          P{"periods", &Parameters::periods, "time", "periods of the sines", core::positive},
          P{"amplitudes", &Parameters::amplitudes, "1", "amplitudes of the sines, as many as periods"},
          reset_parameter(&Parameters::reset),
      };
    }
    /// What is asked for has no sign.
    [[nodiscard]] static bool has_answers() noexcept { return false; }
    [[nodiscard]] std::string problem(const Context& context) const;
  };

  Pattern(const Parameters& p, const Context& context);

  [[nodiscard]] static Index inputs() noexcept { return 1; }
  [[nodiscard]] static Index outputs() noexcept { return 1; }

  void sample(Index step, std::span<Real> input, std::span<Real> target) const noexcept {
    const Index after = trials_.within(step) - cue_;
    if (!input.empty()) input[0] = after < 0 ? 1 : 0;
    target[0] = after < 0 ? 0 : pattern_[static_cast<std::size_t>(after)];
  }
  [[nodiscard]] Mark mark(Index step) const noexcept { return trials_.mark(step, 0); }
  [[nodiscard]] Index trial_steps() const noexcept { return trials_.steps(); }

 private:
  Index cue_;  // steps
  std::vector<Real> pattern_;
  Trials trials_;
};

}  // namespace bayres::tasks
