#include "bayres/parameters/groups.hpp"

#include <gtest/gtest.h>

#include <numeric>
#include <vector>

namespace bayres::sim {
namespace {

std::vector<Real> heard(const Groups& groups, Index group, Index channels) {
  std::vector<Real> all(core::as_size(channels));
  std::iota(all.begin(), all.end(), 1);
  std::vector<Real> part(core::as_size(groups.heard(channels)));
  groups.hear(group, all, part);
  return part;
}

TEST(Groups, OneHearsAll) {
  EXPECT_EQ(Groups().heard(5), 5);
  EXPECT_FALSE(Groups().any());
  EXPECT_EQ(Groups().problem(3, 7), "");
}

TEST(Groups, HearTheirChannelsAndNeighboursAroundTheRing) {
  const Groups ring{.count = 3, .overlap = 2};
  EXPECT_EQ(heard(ring, 0, 6), (std::vector<Real>{5, 6, 1, 2, 3, 4}));
  EXPECT_EQ(heard(ring, 1, 6), (std::vector<Real>{1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(heard(ring, 2, 6), (std::vector<Real>{3, 4, 5, 6, 1, 2}));
}

TEST(Groups, HearNothingBeyondOpenEnds) {
  const Groups row{.count = 3, .overlap = 1, .periodic = false};
  EXPECT_EQ(heard(row, 0, 6), (std::vector<Real>{0, 1, 2, 3}));
  EXPECT_EQ(heard(row, 2, 6), (std::vector<Real>{4, 5, 6, 0}));
}

TEST(Groups, HearNoChannelTwice) {
  const Groups ring{.count = 3, .overlap = 2};
  EXPECT_EQ(ring.problem(6, 6), "");
  EXPECT_NE((Groups{.count = 3, .overlap = 3}).problem(6, 6), "");
  EXPECT_EQ((Groups{.count = 3, .overlap = 4, .periodic = false}).problem(6, 6), "");
  EXPECT_NE((Groups{.count = 3, .overlap = 5, .periodic = false}).problem(6, 6), "");
  EXPECT_NE(ring.problem(6, 7), "");
  EXPECT_NE(ring.problem(3, 6), "");
  EXPECT_EQ(ring.problem(0, 6), "");
}

/// Every group is on one team, every part of its neurons on one rank; ranks are in the order of groups, then of parts.
TEST(Seat, DividesGroupsThenNeurons) {
  for (const Index count : {2, 3, 5, 16}) {
    for (int ranks = 1; ranks <= 40; ++ranks) {
      const Groups groups{.count = count};
      Index next = 0;
      int last_team = -1;
      for (int rank = 0; rank < ranks; ++rank) {
        const Seat seat(groups, rank, ranks);
        EXPECT_EQ(seat.teams, std::min<Index>(count, ranks));
        EXPECT_GT(seat.groups.size(), 0);
        EXPECT_LT(seat.rank, seat.ranks);
        if (seat.team != last_team) {
          EXPECT_EQ(seat.groups.first, next);
          EXPECT_EQ(seat.rank, 0);
          next = seat.groups.last;
        }
        EXPECT_EQ(seat.team, seat.rank == 0 ? last_team + 1 : last_team);
        last_team = seat.team;
        if (ranks > count) {
          EXPECT_EQ(seat.groups.size(), 1);
        }
      }
      EXPECT_EQ(next, count);
      EXPECT_EQ(Seat(groups, ranks - 1, ranks).rank + 1, Seat(groups, ranks - 1, ranks).ranks);
    }
  }
}

}  // namespace
}  // namespace bayres::sim
