#include "bayres/comm/bell.hpp"

#include <gtest/gtest.h>

namespace {

using namespace bayres;

TEST(Bell, IsHeardByAllOnceOneRankRings) {
  const auto world = comm::Communicator::world();
  comm::Bell bell(world);
  EXPECT_FALSE(bell.heard());
  world.barrier();
  if (world.rank() + 1 == world.size()) bell.ring();
  while (!bell.heard()) {
  }
  bell.silence();
}

TEST(Bell, MayBeRungByAllAtOnce) {
  const auto world = comm::Communicator::world();
  comm::Bell bell(world);
  bell.ring();
  bell.ring();
  EXPECT_TRUE(bell.heard());
  bell.silence();
}

TEST(Bell, LeavesNothingForTheNextOne) {
  const auto world = comm::Communicator::world();
  comm::Bell first(world);
  if (world.is_root()) first.ring();
  first.silence();
  comm::Bell second(world);
  EXPECT_FALSE(second.heard());
  second.silence();
}

TEST(Split, PutsRanksOfOneNumberTogetherInTheirOrder) {
  const auto world = comm::Communicator::world();
  const auto part = world.split(world.rank() % 2);
  EXPECT_EQ(part.size(), (world.size() + 1 - world.rank() % 2) / 2);
  EXPECT_EQ(part.rank(), world.rank() / 2);
}

}  // namespace
