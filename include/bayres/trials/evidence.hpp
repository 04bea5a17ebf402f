#pragma once
/// \file
/// Accumulation of evidence.

#include "bayres/trials/trials.hpp"

namespace bayres::tasks {

/// `cues` cues on the left or right, then a delay, then a signal to respond: on which side were more? In each trial one
/// side, drawn evenly, has each cue with `probability`.
class Evidence {
 public:
  static constexpr core::Info info{
      .name = "evidence",
      .equation =
          "trial: `cues` cues, each 1 in the left (first) or right (second) channel, with a gap after each; delay; "
          "response, in which the third channel is 1 and z* = +1 if more cues were right, -1 if more were left; only "
          "the response is learned from and scored; type of trial: the number of cues on the right",
      .source =
          "Bellec et al. 2020, Nat. Commun. 11:3625 (7 cues of 100 ms, 50 ms apart); the mice of Morcos & Harvey 2016, "
          "Nat. Neurosci. 19:1672",
  };

  struct Parameters {
    Index cues = 7;
    Real cue = 2;
    Real gap = 1;
    Real delay = 5;
    Real response = 3;
    Real probability = 0.7;
    bool reset = true;
    Index seed = 1;
    static constexpr auto parameters() {
      using P = core::Parameter<Parameters>;
      return std::array{
          P{"cues", &Parameters::cues, "cues", "number of cues, odd", core::between(1, 99)},
          P{"cue", &Parameters::cue, "time", "length of a cue", core::positive},
          P{"gap", &Parameters::gap, "time", "time after each cue", core::non_negative},
          P{"delay", &Parameters::delay, "time", "time between the last gap and the response", core::non_negative},
          P{"response", &Parameters::response, "time", "length of the response", core::positive},
          P{"probability", &Parameters::probability, "1", "of a cue to be on the side that the trial favours",
            core::between(0.5, 1)},
          reset_parameter(&Parameters::reset),
          P{"seed", &Parameters::seed, "1", "seed of the cues", core::any_seed},
      };
    }
    [[nodiscard]] std::string problem(const Context& context) const;
  };

  Evidence(const Parameters& p, const Context& context);

  [[nodiscard]] static Index inputs() noexcept { return 3; }
  [[nodiscard]] static Index outputs() noexcept { return 1; }

  void sample(Index step, std::span<Real> input, std::span<Real> target) const noexcept;
  [[nodiscard]] Mark mark(Index step) const noexcept;
  [[nodiscard]] Index trial_steps() const noexcept { return trials_.steps(); }

 private:
  /// Whether a cue of a trial is on the right, and how many are.
  /// \{
  [[nodiscard]] bool is_right(Index trial, Index cue) const noexcept;
  [[nodiscard]] Index rights(Index trial) const noexcept;
  /// \}

  core::Philox random_;
  Index cues_;
  Real probability_;
  Index cue_;  // steps
  Index apart_;
  core::Range response_;
  Trials trials_;
};

}  // namespace bayres::tasks
