#pragma once
/// \file
/// A cycle of neurons with jumps.

#include <algorithm>

#include "bayres/model/connections.hpp"

namespace bayres::model {

class CycleJumps {
 public:
  static constexpr core::Info info{
      .name = "cycle-jumps",
      .equation =
          "every neuron hears the one before it, with weight g; and of neurons 0, l, 2l, ... each hears the one before "
          "and the one after it, with weight q g. The last of them hears the first if l divides N",
      .source = "cycle reservoir with regular jumps: Rodan & Tino 2012, Neural Comput 24:1822"};
  struct Parameters {
    Index jump_length = 10;
    Real jump_weight = 0.5;
    static constexpr auto parameters() {
      using P = core::Parameter<Parameters>;
      return std::array{P{"jump_length", &Parameters::jump_length, "1",
                          "l: neurons from one end of a jump to the other, up to N/2", core::between(2, 2147483647)},
                        P{"jump_weight", &Parameters::jump_weight, "1", "q: weight of a jump, in units of gain"}};
    }
  };
  explicit CycleJumps(const Parameters& parameters) : p_(parameters) {}
  [[nodiscard]] std::string problem(const ReservoirParameters& reservoir) const {
    if (2 * p_.jump_length <= reservoir.size) return {};
    return "jump_length = " + std::to_string(p_.jump_length) + " is more than half of the " +
           std::to_string(reservoir.size) + " neurons: allowed is 2 to N/2";
  }
  [[nodiscard]] Real density(const ReservoirParameters& reservoir) const {
    const Real n = core::as_real(reservoir.size);
    return (n + 2 * core::as_real(reservoir.size / p_.jump_length)) / (n * n);
  }
  template <class Rows>
  void fill(const ReservoirParameters& reservoir, const core::Philox&, core::Range own, Rows& rows) const {
    const Index n = reservoir.size;
    const Index length = p_.jump_length;
    const bool closed = n % length == 0;
    const Index last = closed ? n - length : n / length * length;
    for (Index i = own.first; i < own.last; ++i) {
      std::vector<std::pair<Index, Real>> heard{{(i + n - 1) % n, reservoir.gain}};
      const auto jump = [&](Index from) { heard.emplace_back(from, p_.jump_weight * reservoir.gain); };
      if (i % length == 0 && (i > 0 || closed)) jump(i > 0 ? i - length : last);
      if (i % length == 0 && (i < last || closed)) jump(i < last ? i + length : 0);
      std::ranges::sort(heard);
      heard.erase(std::unique(heard.begin(), heard.end()), heard.end());
      for (const auto& [column, weight] : heard) rows.add(i - own.first, column, weight);
      rows.end_row();
    }
  }

 private:
  Parameters p_;
};

}  // namespace bayres::model
