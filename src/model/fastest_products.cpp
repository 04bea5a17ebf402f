#include "bayres/model/fastest_products.hpp"

#include <algorithm>
#include <chrono>
#include <limits>

#include "bayres/kernels/instruction_set.hpp"

namespace bayres::model {

std::size_t fastest_of(std::size_t ways, double seconds,
                       const std::function<double(std::size_t way, int round)>& seconds_of) {
  constexpr double gain = 0.97;
  std::vector<double> least(ways, std::numeric_limits<double>::infinity());
  double spent = 0;
  double round_took = 0;
  constexpr int enough = 30;
  for (int round = 0; round < enough && spent + round_took <= seconds; ++round) {
    round_took = 0;
    for (std::size_t way = 0; way < ways; ++way) {
      const double took = seconds_of(way, round);
      least[way] = std::min(least[way], took);
      round_took += took;
    }
    spent += round_took;
  }
  const auto best = static_cast<std::size_t>(std::ranges::min_element(least) - least.begin());
  return least[best] < gain * least.front() ? best : 0;
}

void use_fastest_products(const RowsOfJ& J, Index columns, Index copies, core::RateOrder order,
                          core::Precision precision) {
  using Clock = std::chrono::steady_clock;
  const auto sets = core::kernels::sets_for_products();
  core::kernels::use_for_products(sets.front());
  if (sets.size() == 1 || J.rows() == 0) return;
  Rates rates(copies, columns, precision, order);
  const std::vector<Real> some(core::as_size(columns), 0.5);
  for (Index copy = 0; copy < copies; ++copy) rates.set(copy, some);
  std::vector<Real> out(core::as_size(copies * J.rows()));
  Index rows = J.rows();
  const auto seconds_of = [&](std::size_t set, int round) {
    core::kernels::use_for_products(sets[set]);
    const auto begin = Clock::now();
    J.multiply({0, rows}, rates.all(), round % 2 != 0, {out.data(), J.rows()});
    return std::chrono::duration<double>(Clock::now() - begin).count();
  };
  // So many rows that a product takes a millisecond or two.
  constexpr Index tile = core::Partition::block_size;
  constexpr double long_product = 2e-3;
  rows = std::min(tile, J.rows());
  const double of_tile = std::max(1e-7, std::min(seconds_of(0, 0), seconds_of(0, 1)));
  constexpr double at_most = 0.04;
  if (5 * of_tile > at_most) return core::kernels::use_for_products(sets.front());
  const double tiles = std::clamp(long_product / of_tile, 1.0, core::as_real(J.rows() / tile + 1));
  rows = std::min(static_cast<Index>(tiles) * tile, J.rows());
  core::kernels::use_for_products(sets[fastest_of(sets.size(), at_most, seconds_of)]);
}

}  // namespace bayres::model
