#pragma once
/// \file
/// J as a product of fast transforms, which is not stored.

#include "bayres/model/connections.hpp"

namespace bayres::model {

class Transform {
 public:
  static constexpr core::Info info{
      .name = "transform",
      .equation =
          "J = g / (M sqrt(N)) [T H D3 H D2 H D1], rows and columns 1 to N of it: H the Walsh-Hadamard transform "
          "of length M, the least power of 2 that is N or more; D diagonal matrices of random numbers; T "
          "exchanges the halves of the index's bits. Not stored: a product takes N log N operations",
      .source =
          "Dong, Ohana, Rafayelyan & Krzakala 2020, NeurIPS 33:16785; Le, Sarlos & Smola 2013, ICML (Fastfood); "
          "Yu et al. 2016, NeurIPS 29 (orthogonal random features)"};
  struct Parameters {
    std::string transform = "gaussian";
    static constexpr auto parameters() {
      using P = core::Parameter<Parameters>;
      return std::array{P::word("transform", &Parameters::transform, "gaussian|orthogonal",
                                "D1 and D3 are random signs. gaussian: D2 has random signs and the density sqrt(4 - "
                                "x^2)/pi of 0 < x < 2, with which J has the spectrum of independent normal weights; "
                                "orthogonal: D2 is random signs too, and J/g is an orthogonal matrix if N is a power "
                                "of 2, or else a part of one")};
    }
  };
  static constexpr bool is_stored = false;
  explicit Transform(const Parameters& parameters) : p_(parameters) {}
  [[nodiscard]] static std::string problem(const ReservoirParameters& reservoir);
  [[nodiscard]] static Real density(const ReservoirParameters&) { return 1; }
  /// Known of an orthogonal J alone.
  [[nodiscard]] std::optional<Real> known_radius(const ReservoirParameters& reservoir) const;
  [[nodiscard]] Connectivity draw(const ReservoirParameters& reservoir, core::Precision precision,
                                  const core::Philox& random, core::Range own) const;

 private:
  [[nodiscard]] bool is_orthogonal() const { return p_.transform == "orthogonal"; }
  Parameters p_;
};

}  // namespace bayres::model
