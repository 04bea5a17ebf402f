#pragma once
/// \file
/// Orthogonal J.

#include "bayres/model/connections.hpp"

namespace bayres::model {

class Orthogonal {
 public:
  static constexpr core::Info info{
      .name = "orthogonal",
      .equation = "J = g Q, Q an orthogonal matrix that is uniform among all (Haar): as many products as N^3",
      .source =
          "White, Lee & Sompolinsky 2004, Phys Rev Lett 92:148102; Q by reflections: Stewart 1980, SIAM J Numer Anal "
          "17:403"};
  using Parameters = core::NoParameters;
  static constexpr Real unit_radius = 1;
  explicit Orthogonal(const Parameters&) {}
  [[nodiscard]] static std::string problem(const ReservoirParameters& reservoir);
  [[nodiscard]] static Real density(const ReservoirParameters&) { return 1; }
  [[nodiscard]] static Connectivity draw(const ReservoirParameters& reservoir, core::Precision precision,
                                         const core::Philox& random, core::Range own);
};

}  // namespace bayres::model
