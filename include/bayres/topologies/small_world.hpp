#pragma once
/// \file
/// Small-world networks.

#include "bayres/model/connections.hpp"

namespace bayres::model {

class SmallWorld {
 public:
  static constexpr core::Info info{
      .name = "small-world",
      .equation =
          "every neuron hears its k nearest neighbours on a ring; each of these connections comes with probability b "
          "from any other neuron instead. Weights have mean 0 and variance g^2/k",
      .source = "Watts & Strogatz 1998, Nature 393:440, with a direction: what a neuron hears is rewired"};
  struct Parameters {
    Index neighbours = 10;
    Real rewiring = 0.1;
    static constexpr auto parameters() {
      using P = core::Parameter<Parameters>;
      return std::array{P{"neighbours", &Parameters::neighbours, "1",
                          "k: neurons that each one hears, half of them on either side; even, less than N",
                          core::between(2, 2147483647)},
                        P{"rewiring", &Parameters::rewiring, "1", "b: probability that a connection is rewired",
                          core::between(0, 1)}};
    }
  };
  static constexpr bool draws_weights = true;
  explicit SmallWorld(const Parameters& parameters) : p_(parameters) {}
  [[nodiscard]] std::string problem(const ReservoirParameters& reservoir) const;
  [[nodiscard]] Real density(const ReservoirParameters& reservoir) const {
    return core::as_real(p_.neighbours) / core::as_real(reservoir.size);
  }
  [[nodiscard]] Connectivity draw(const ReservoirParameters& reservoir, core::Precision precision,
                                  const core::Philox& random, core::Range own) const;

 private:
  /// What neuron i hears, ascending; a pure function of seed and neuron number.
  [[nodiscard]] std::vector<Index> heard_by(Index i, Index size, const core::Philox& random) const;
  Parameters p_;
};

}  // namespace bayres::model
