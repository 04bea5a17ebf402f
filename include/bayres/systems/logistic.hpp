#pragma once
/// \file
/// The logistic map.

#include "bayres/systems/map.hpp"

namespace bayres::tasks {

struct LogisticMap {
  Real r = 3.9;
  Real x = 0.3;
  void iterate() { x = r * x * (1 - x); }
  void write(std::span<Real> sample) const { sample[0] = 2 * x - 1; }
};

/// x(k+1) = r x(k) (1 - x(k)); z* = 2 x - 1, from -1 to 1.
class Logistic : public MapTask<LogisticMap> {
 public:
  static constexpr core::Info info{
      .name = "logistic",
      .equation = "x(k+1) = r x(k) (1 - x(k)), each held for `interval`; z* = 2 x - 1, horizon ahead of the input",
      .source = "May 1976, Nature 261:459-467",
  };

  struct Parameters {
    Real r = 3.9;
    Real interval = 1;
    Real horizon = 0;
    static constexpr auto parameters() {
      using P = core::Parameter<Parameters>;
      return std::array{
          P{"r", &Parameters::r, "1", "growth; chaotic for most values from about 3.57", core::between(0, 4)},
          P{"interval", &Parameters::interval, "time", "how long each iterate is held, at least dt", core::positive},
          horizon_parameter(&Parameters::horizon),
      };
    }
    /// ln 2 per iterate at r = 4 (Sprott 2003, Chaos and Time-Series Analysis), and the mean of ln |r (1 - 2 x)| at the
    /// default; of others it is not known here.
    [[nodiscard]] Real lyapunov_exponent(const Context&) const {
      if (r == 4) return 0.693147 / interval;
      return r == 3.9 ? 0.4960 / interval : 0;
    }
    [[nodiscard]] std::string problem(const Context& context) const {
      return map_problem(interval, horizon, map_transient, context);
    }
  };

  Logistic(const Parameters& p, const Context& context) : MapTask(LogisticMap{.r = p.r}, 1, p, context) {}
};

}  // namespace bayres::tasks
