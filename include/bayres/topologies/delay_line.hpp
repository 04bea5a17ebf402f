#pragma once
/// \file
/// Neurons in a line.

#include "bayres/model/connections.hpp"

namespace bayres::model {

class DelayLine {
 public:
  static constexpr core::Info info{.name = "delay-line",
                                   .equation = "every neuron but the first hears the one before it, with weight g",
                                   .source = "delay line reservoir: Rodan & Tino 2011, IEEE Trans Neural Netw 22:131"};
  using Parameters = core::NoParameters;
  static constexpr Real unit_radius = 0;
  explicit DelayLine(const Parameters&) {}
  [[nodiscard]] static Real density(const ReservoirParameters& reservoir) {
    const Real n = core::as_real(reservoir.size);
    return (n - 1) / (n * n);
  }
  template <class Rows>
  static void fill(const ReservoirParameters& reservoir, const core::Philox&, core::Range own, Rows& rows) {
    for (Index i = own.first; i < own.last; ++i) {
      if (i > 0) rows.add(i - own.first, i - 1, reservoir.gain);
      rows.end_row();
    }
  }
};

}  // namespace bayres::model
