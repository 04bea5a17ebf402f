#include "bayres/comm/placement.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace bayres::comm {
namespace {

Crowd crowd(const std::vector<Cores>& ranks) { return crowd_of(ranks); }

TEST(Placement, IsSoundWithACoreForEachRank) {
  EXPECT_EQ(crowd({{0}, {1}}).ranks, 0);
  EXPECT_EQ(crowd({{0, 1}, {0, 1}}).ranks, 0);
  EXPECT_EQ(crowd({{0, 1, 2, 3}}).ranks, 0);
}

TEST(Placement, NamesMoreRanksThanCores) {
  const auto c = crowd({{0, 1}, {0, 1}, {0, 1}});
  EXPECT_EQ(c.ranks, 3);
  EXPECT_EQ(c.cores, 2);
}

TEST(Placement, NamesRanksBoundToOneCoreWhereOthersAreFree) {
  const auto c = crowd({{0}, {0}, {1, 2, 3}, {1, 2, 3}});
  EXPECT_EQ(c.ranks, 2);
  EXPECT_EQ(c.cores, 1);
}

TEST(Placement, CountsRanksWithinALargerSet) {
  const auto c = crowd({{0}, {0, 1}, {1}, {2, 3}});
  EXPECT_EQ(c.ranks, 3);
  EXPECT_EQ(c.cores, 2);
}

TEST(Placement, SaysNothingWhereCoresAreUnknown) { EXPECT_EQ(crowd({{}, {}}).ranks, 0); }

TEST(Placement, KnowsTheCoresOfThisProcess) {
  const auto cores = own_cores();
  ASSERT_FALSE(cores.empty());
  EXPECT_TRUE(std::ranges::is_sorted(cores));
}

}  // namespace
}  // namespace bayres::comm
