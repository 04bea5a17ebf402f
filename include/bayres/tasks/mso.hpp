#pragma once
/// \file
/// Multiple superimposed oscillators.

#include "bayres/tasks/sines.hpp"

namespace bayres::tasks {

/// s(k) = sum of the first `count` of sin(0.2 k), sin(0.311 k), sin(0.42 k), ..., with k = speed t / tau.
class Mso : public Sines {
 public:
  static constexpr core::Info info{
      .name = "mso",
      .equation =
          "s(t) = scale sum_i sin(a_i k), k = speed t / tau, the first `count` of a = 0.2, 0.311, 0.42, 0.51, 0.63, "
          "0.74, 0.85, 0.97, 1.08, 1.19, 1.27, 1.32; z*(t) = s(t + horizon)",
      .source =
          "Schmidhuber et al. 2007, Neural Comput. 19:757-779 (five); Koryakin, Lohmann & Butz 2012, Neural Netw. "
          "36:35-45 (eight); Otte, Butz, Koryakin et al. 2016, Neurocomputing 192:128-138 (twelve)",
  };

  struct Parameters {
    Index count = 5;
    Real speed = 1;
    Real scale = 0.2;
    Real horizon = 0;
    static constexpr auto parameters() {
      using P = core::Parameter<Parameters>;
      return std::array{
          P{"count", &Parameters::count, "1", "how many oscillators", core::between(1, frequencies.size())},
          P{"speed", &Parameters::speed, "1/tau", "samples k of the series in one tau", core::between(1e-6, 1e6)},
          P{"scale", &Parameters::scale, "1", "factor of the sum", core::positive},
          horizon_parameter(&Parameters::horizon),
      };
    }
    [[nodiscard]] std::string problem(const Context& context) const {
      if (auto problem = horizon_problem(horizon, context.dt); !problem.empty()) return problem;
      if (period_problem("speed", of_sines().periods.back(), context).empty()) return {};
      return "task.speed = " + core::to_text(speed) +
             " is too fast for so long a run, whose phases would be lost in rounding: choose a smaller one";
    }
    /// The same as a sum of sines.
    [[nodiscard]] Sines::Parameters of_sines() const {
      constexpr Real two_pi = 6.283185307179586;
      Sines::Parameters sines{{}, std::vector<Real>(static_cast<std::size_t>(count), 1), scale, horizon};
      for (std::size_t i = 0; i < sines.amplitudes.size(); ++i) {
        sines.periods.push_back(two_pi / (frequencies[i] * speed));
      }
      return sines;
    }
  };

  Mso(const Parameters& parameters, const Context& context) : Sines(parameters.of_sines(), context) {}

 private:
  static constexpr std::array<Real, 12> frequencies{0.2,  0.311, 0.42, 0.51, 0.63, 0.74,
                                                    0.85, 0.97,  1.08, 1.19, 1.27, 1.32};
};

}  // namespace bayres::tasks
