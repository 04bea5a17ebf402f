#pragma once
/// \file
/// The map of Hénon.

#include "bayres/systems/map.hpp"

namespace bayres::tasks {

struct HenonMap {
  Real x = 0;
  Real y = 0;
  void iterate() {
    const Real before = x;
    x = 1 - 1.4 * before * before + y;
    y = 0.3 * before;
  }
  void write(std::span<Real> sample) const {
    sample[0] = x;
    if (sample.size() > 1) sample[1] = y;
  }
};

/// x(k+1) = 1 - 1.4 x(k)^2 + y(k), y(k+1) = 0.3 x(k).
class Henon : public MapTask<HenonMap> {
 public:
  static constexpr core::Info info{
      .name = "henon",
      .equation =
          "x(k+1) = 1 - 1.4 x(k)^2 + y(k), y(k+1) = 0.3 x(k), each held for `interval`; z* = (x, y), the first "
          "`dimensions` of them, horizon ahead of the input",
      .source = "Henon 1976, Commun. Math. Phys. 50:69-77",
  };

  struct Parameters {
    Real interval = 1;
    Real horizon = 0;
    Index dimensions = 1;
    static constexpr auto parameters() {
      using P = core::Parameter<Parameters>;
      return std::array{
          P{"interval", &Parameters::interval, "time", "how long each iterate is held, at least dt", core::positive},
          horizon_parameter(&Parameters::horizon),
          P{"dimensions", &Parameters::dimensions, "1", "how many of x, y are targets", core::between(1, 2)},
      };
    }
    /// Sprott 2003, Chaos and Time-Series Analysis: 0.41922 per iterate.
    [[nodiscard]] Real lyapunov_exponent(const Context&) const { return 0.41922 / interval; }
    [[nodiscard]] std::string problem(const Context& context) const {
      return map_problem(interval, horizon, map_transient, context);
    }
  };

  Henon(const Parameters& p, const Context& context) : MapTask(HenonMap(), p.dimensions, p, context) {}
};

}  // namespace bayres::tasks
