#include "bayres/topologies/small_world.hpp"

#include <algorithm>
#include <cmath>

#include "bayres/model/random_rows.hpp"

namespace bayres::model {

std::string SmallWorld::problem(const ReservoirParameters& reservoir) const {
  if (p_.neighbours % 2 == 0 && p_.neighbours < reservoir.size) return {};
  return "neighbours = " + std::to_string(p_.neighbours) + " is odd, or not less than the " +
         std::to_string(reservoir.size) + " neurons: allowed is an even number below N";
}

std::vector<Index> SmallWorld::heard_by(Index i, Index size, const core::Philox& random) const {
  std::vector<Index> heard;
  for (Index k = 1; k <= p_.neighbours / 2; ++k) {
    heard.push_back((i + size - k) % size);
    heard.push_back((i + k) % size);
  }
  std::ranges::sort(heard);
  Index draws = 0;
  const auto next = [&] { return random.uniform(core::Stream::structure, i, draws++); };
  const bool has_others = p_.neighbours < size - 1;
  const auto lattice = heard;
  for (const Index neighbour : lattice) {
    if (!has_others || next() >= p_.rewiring) continue;
    const auto other = [&] { return std::min(static_cast<Index>(next() * core::as_real(size)), size - 1); };
    Index from = other();
    while (from == i || std::ranges::binary_search(heard, from)) from = other();
    heard.erase(std::ranges::lower_bound(heard, neighbour));
    heard.insert(std::ranges::lower_bound(heard, from), from);
  }
  return heard;
}

Connectivity SmallWorld::draw(const ReservoirParameters& reservoir, core::Precision precision,
                              const core::Philox& random, core::Range own) const {
  const Real k = core::as_real(p_.neighbours);
  const WeightDraws draws(reservoir, random, reservoir.gain / std::sqrt(k));
  std::vector<Real> weights(core::as_size(p_.neighbours));
  return Connectivity::make(storage_of(reservoir, density(reservoir), precision), precision, own.size(), reservoir.size,
                            k * core::as_real(own.size()), [&](auto& made) {
                              shaped(reservoir, made, [&](auto& rows) {
                                for (Index i = own.first; i < own.last; ++i) {
                                  const auto heard = heard_by(i, reservoir.size, random);
                                  draws.fill(i, 0, weights);
                                  rows.add(i - own.first, std::span(heard), std::span<const Real>(weights));
                                  rows.end_row();
                                }
                              });
                            });
}

}  // namespace bayres::model
