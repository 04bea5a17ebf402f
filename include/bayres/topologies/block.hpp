#pragma once
/// \file
/// Modules of neurons that do not hear each other.

#include "bayres/model/connections.hpp"

namespace bayres::model {

class Block {
 public:
  static constexpr core::Info info{
      .name = "block",
      .equation =
          "blocks of n = N/B neurons one after the other, equal within one neuron; within a block each weight is there "
          "with probability p, and then of mean 0 and variance g^2/(p n); between blocks there are none",
      .source = "several small reservoirs side by side: Dutoit et al. 2009, Neurocomputing 72:1534"};
  struct Parameters {
    Index blocks = 4;
    static constexpr auto parameters() {
      using P = core::Parameter<Parameters>;
      return std::array{
          P{"blocks", &Parameters::blocks, "1", "B: number of blocks, up to N", core::between(1, 2147483647)}};
    }
  };
  static constexpr bool draws_weights = true;
  explicit Block(const Parameters& parameters) : p_(parameters) {}
  [[nodiscard]] std::string problem(const ReservoirParameters& reservoir) const;
  [[nodiscard]] Real density(const ReservoirParameters& reservoir) const;
  [[nodiscard]] Connectivity draw(const ReservoirParameters& reservoir, core::Precision precision,
                                  const core::Philox& random, core::Range own) const;

 private:
  /// The neurons of block `number` of N.
  [[nodiscard]] core::Range block(Index number, Index size) const {
    return {size * number / p_.blocks, size * (number + 1) / p_.blocks};
  }
  Parameters p_;
};

}  // namespace bayres::model
