#include "bayres/topologies/block.hpp"

#include <algorithm>
#include <cmath>

#include "bayres/model/random_rows.hpp"

namespace bayres::model {

std::string Block::problem(const ReservoirParameters& reservoir) const {
  if (p_.blocks <= reservoir.size) return {};
  return "blocks = " + std::to_string(p_.blocks) + " is more than the " + std::to_string(reservoir.size) +
         " neurons: allowed is 1 to N";
}

Real Block::density(const ReservoirParameters& reservoir) const {
  const Real n = core::as_real(reservoir.size);
  const Real larger = core::as_real(reservoir.size % p_.blocks);  // so many blocks have a neuron more
  const Real smallest = core::as_real(reservoir.size / p_.blocks);
  const Real pairs = larger * (2 * smallest + 1) + core::as_real(p_.blocks) * smallest * smallest;
  return reservoir.connectivity * pairs / (n * n);
}

Connectivity Block::draw(const ReservoirParameters& reservoir, core::Precision precision, const core::Philox& random,
                         core::Range own) const {
  const Real share = density(reservoir);
  const double expected = share * core::as_real(own.size()) * core::as_real(reservoir.size);
  const Real p = reservoir.connectivity;
  const auto fill = [&](auto& rows) {
    for (Index b = own.first * p_.blocks / reservoir.size; b < p_.blocks; ++b) {
      const auto all = block(b, reservoir.size);
      const core::Range part{std::max(all.first, own.first), std::min(all.last, own.last)};
      if (all.first >= own.last) break;
      if (part.size() <= 0) continue;
      const WeightDraws draws(reservoir, random, reservoir.gain / std::sqrt(p * core::as_real(all.size())));
      draw_rows(draws, p, all, part, part.first - own.first, rows);
    }
  };
  return Connectivity::make(storage_of(reservoir, share, precision), precision, own.size(), reservoir.size, expected,
                            [&](auto& made) { shaped(reservoir, made, fill); });
}

}  // namespace bayres::model
