#pragma once
// Connections along a line: every neuron hears its `reach` successors with the same weight.
#include <algorithm>

#include "bayres/model/connections.hpp"

namespace toys {
using namespace bayres;

class Connections {
 public:
  static constexpr core::Info info{
      .name = "toy-connections", .equation = "J r_i = g/k (r_(i+1) + ... + r_(i+k))", .source = "this test"};
  struct Parameters {
    core::Index reach = 2;
    static constexpr auto parameters() {
      return std::array{core::Parameter<Parameters>{"reach", &Parameters::reach, "1", "k", core::between(1, 9)}};
    }
  };
  explicit Connections(const Parameters& p) : reach_(p.reach) {}
  [[nodiscard]] double density(const model::ReservoirParameters& p) const {
    return core::as_real(reach_) / core::as_real(p.size);
  }
  template <class Rows>
  void fill(const model::ReservoirParameters& p, const core::Philox&, core::Range own, Rows& rows) const {
    std::vector<core::Index> columns;
    const std::vector<double> weights(core::as_size(reach_), p.gain / core::as_real(reach_));
    for (core::Index i = own.first; i < own.last; ++i, rows.end_row()) {
      columns.clear();
      for (core::Index k = 1; k <= reach_; ++k) columns.push_back((i + k) % p.size);
      std::ranges::sort(columns);
      rows.add(i - own.first, columns, weights);
    }
  }

 private:
  core::Index reach_;
};
}  // namespace toys
