// Rows of J that several ranks hold: who gets them, and that no bit depends on who multiplies them.
#include "bayres/model/dealt_rows.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "bayres/comm/all_to_all.hpp"
#include "bayres/comm/node_team.hpp"
#include "bayres/model/connectivity.hpp"
#include "bayres/neurons/integrate.hpp"

namespace {

using namespace bayres;
using core::Index;
using core::Precision;
using core::Range;
using core::Real;
using model::RankPace;
using model::rows_to_hold_twice;

Index rows_from(const std::vector<model::TwiceHeld>& twice, int owner, int helper) {
  Index rows = 0;
  for (const auto& held : twice) rows += held.owner == owner && held.helper == helper ? held.rows.size() : 0;
  return rows;
}

TEST(RowsToHoldTwice, GoFromALateRankToOnesThatAreEarly) {
  // Rank 1 is half as fast: of 6,400 rows it should have a third, 1,067 less than its own, and gives twice as many.
  const std::vector<RankPace> two{{3200, 3200, 1}, {3200, 3200, 2}};
  const auto twice = rows_to_hold_twice(two, 0);
  ASSERT_EQ(twice.size(), 1U);
  EXPECT_EQ(rows_from(twice, 1, 0), 2176);  // whole tiles
  EXPECT_EQ(twice[0].rows.last, 3200);
  // Four ranks: what one has too many goes to all the others.
  const std::vector<RankPace> four{{1600, 1600, 1}, {1600, 1600, 1}, {1600, 1600, 4}, {1600, 1600, 1}};
  const auto more = rows_to_hold_twice(four, 0);
  EXPECT_EQ(more.size(), 3U);
  Index from_late = 0;
  for (const int helper : {0, 1, 3}) {
    EXPECT_GT(rows_from(more, 2, helper), 0) << helper;
    from_late += rows_from(more, 2, helper);
  }
  EXPECT_LE(from_late, 1200);  // three quarters
}

TEST(RowsToHoldTwice, DoNotOverlapAndBeginWithTiles) {
  const std::vector<RankPace> ranks{{1000, 900, 3}, {960, 1200, 1}, {1024, 1000, 2}, {70, 70, 1}, {0, 0, 0}};
  const auto twice = rows_to_hold_twice(ranks, 0.25);
  EXPECT_FALSE(twice.empty());
  for (const auto& held : twice) {
    EXPECT_NE(held.owner, held.helper);
    EXPECT_GT(held.rows.size(), 0);
    EXPECT_EQ(held.rows.first % 64, 0);
    EXPECT_LE(held.rows.last, ranks[core::as_size(Index{held.owner})].rows);
    for (const auto& other : twice) {
      if (&other == &held || other.owner != held.owner) continue;
      EXPECT_TRUE(other.rows.last <= held.rows.first || held.rows.last <= other.rows.first);
    }
  }
}

TEST(RowsToHoldTwice, AreSpareOnesWhereNobodyIsLate) {
  const std::vector<RankPace> even(3, {640, 640, 1});
  EXPECT_TRUE(rows_to_hold_twice(even, 0).empty());
  const auto twice = rows_to_hold_twice(even, 0.25);
  EXPECT_EQ(rows_from(twice, 0, 1), 192);
  EXPECT_EQ(rows_from(twice, 1, 0), 192);
  EXPECT_EQ(rows_from(twice, 2, 0), 192);
  const std::vector<RankPace> unknown(2, {640, 640, 0});  // before the first step
  EXPECT_EQ(rows_to_hold_twice(unknown, 0.25).size(), 2U);
  EXPECT_TRUE(rows_to_hold_twice(std::vector<RankPace>{{640, 640, 1}}, 0.25).empty());
}

struct Case {
  const char* storage;
  Precision precision;
  Index copies;
};

class DealtRows : public testing::TestWithParam<Case> {};

TEST_P(DealtRows, HaveTheBitsOfOwnProductsAlsoWhereARankIsLate) {
  const auto& [storage, precision, copies] = GetParam();
  const auto world = comm::Communicator::world();
  if (!world.shares_memory()) return;  // one rank, or ranks that send each other messages
  constexpr Index n = 1100;
  model::ReservoirParameters p;
  p.size = n;
  p.storage = storage;
  p.connectivity = 0.1;
  const Range own = core::Partition(n, world.size()).neurons_of(world.rank());
  const auto J = model::Connectivity::draw(p, precision, core::Philox(7), own);
  model::Rates rates(copies, n, precision, J.rate_order(copies));
  std::vector<Real> some(core::as_size(n));
  for (Index copy = 0; copy < copies; ++copy) {
    core::Philox(3).fill_uniforms(core::Stream::task_input, copy, 0, some);
    model::round_rates(precision, some);
    rates.set(copy, some);
  }
  const auto ranks = core::as_size(Index{world.size()});
  std::vector<RankPace> paces(ranks);
  for (std::size_t k = 0; k < ranks; ++k) {
    const auto rows = core::Partition(n, world.size()).neurons_of(static_cast<int>(k)).size();
    paces[k] = {rows, core::as_real(rows), k == 0 ? 2.0 : 1.0};
  }
  const auto twice = rows_to_hold_twice(paces, 0.25);
  auto team = comm::NodeTeam::make(world, model::DealtRows::bytes(twice, copies));
  ASSERT_NE(team, nullptr);
  comm::AllToAll carriers(world);
  model::DealtRows dealt(*J.connections()->by_rows(), n, twice, copies, std::move(team), carriers);
  std::vector<Real> expected(core::as_size(copies * own.size()));
  auto found = expected;
  for (int product = 0; product < 6; ++product) {
    J.multiply(rates.all(), product % 2 != 0, expected);
    std::ranges::fill(found, Real{-1});
    if (product == 3 && world.is_root()) std::this_thread::sleep_for(std::chrono::milliseconds(300));
    const Real waited = dealt.multiply(rates.all(), product % 2 != 0, found);
    EXPECT_EQ(found, expected) << product;
    EXPECT_GE(waited, 0);
  }
  // All rows of the late rank that others hold were multiplied by them.
  const Index late = world.is_root() ? dealt.left_to_others() : rows_from(twice, 0, 1);
  EXPECT_GE(late, rows_from(twice, 0, 1));
  EXPECT_EQ(world.sum(dealt.left_to_others()), world.sum(dealt.taken_over()));
  EXPECT_EQ(dealt.products(), 6);
}

INSTANTIATE_TEST_SUITE_P(Storages, DealtRows,
                         testing::Values(Case{"dense", Precision::full, 1}, Case{"dense", Precision::single, 3},
                                         Case{"dense", Precision::mixed, 1}, Case{"sparse", Precision::full, 1},
                                         Case{"sparse", Precision::full, 5}, Case{"sparse", Precision::full_float32, 2},
                                         Case{"sparse", Precision::mixed, 4}, Case{"sparse", Precision::single, 1}));

}  // namespace
