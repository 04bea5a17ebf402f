#include "bayres/evaluation/ensemble.hpp"

#include <gtest/gtest.h>

namespace {

using namespace bayres;

TEST(GroupCount, KeepsAllRanksBusyUnlessToldOtherwise) {
  EXPECT_EQ(sim::group_count(1, 20, 0), 1);
  EXPECT_EQ(sim::group_count(8, 20, 0), 8);
  EXPECT_EQ(sim::group_count(64, 20, 0), 20);
  EXPECT_EQ(sim::group_count(64, 20, 16), 4);
  EXPECT_EQ(sim::group_count(7, 20, 2), 3);
  EXPECT_EQ(sim::group_count(64, 20, 1), 20);
  EXPECT_EQ(sim::group_count(2, 20, 16), 1);
}

TEST(MembersOf, GoesSeedBySeedAndThenReplicaByReplica) {
  sim::Configuration configuration;
  configuration.ensemble.seeds = {5, 2};
  configuration.ensemble.replicas = 2;
  const auto members = sim::members_of(configuration, "r.h5");
  ASSERT_EQ(members.size(), 4U);
  const std::vector<std::string> paths{"r.h5.seed5.replica0", "r.h5.seed5.replica1", "r.h5.seed2.replica0",
                                       "r.h5.seed2.replica1"};
  for (std::size_t k = 0; k < 4; ++k) {
    EXPECT_EQ(members[k].label.seed, k < 2 ? 5 : 2);
    EXPECT_EQ(members[k].label.replica, static_cast<core::Index>(k % 2));
    EXPECT_EQ(members[k].configuration.run.seed, members[k].label.seed);
    EXPECT_EQ(members[k].configuration.run.replica, members[k].label.replica);
    EXPECT_EQ(members[k].path, paths[k]);
    EXPECT_FALSE(sim::is_ensemble(members[k].configuration)) << "a member is one network";
  }
}

TEST(MembersOf, HasTheSeedOfTheRunIfNoneAreGiven) {
  sim::Configuration configuration;
  EXPECT_FALSE(sim::is_ensemble(configuration));
  configuration.run.seed = 9;
  configuration.ensemble.replicas = 3;
  EXPECT_TRUE(sim::is_ensemble(configuration));
  const auto members = sim::members_of(configuration, "r.h5");
  ASSERT_EQ(members.size(), 3U);
  EXPECT_EQ(members[2].label.seed, 9);
}

TEST(Replica, DrawsOtherNumbersThanItsSeedAndOtherReplicas) {
  const core::Philox random(3);
  const auto draw = [](const core::Philox& source) { return source.uniforms(core::Stream::state_noise, 4, 5); };
  EXPECT_EQ(draw(random.replica(0)), draw(random));
  EXPECT_NE(draw(random.replica(1)), draw(random));
  EXPECT_NE(draw(random.replica(1)), draw(random.replica(2)));
  EXPECT_NE(draw(random.replica(1)), draw(core::Philox(4).replica(1)));
  EXPECT_EQ(draw(random.replica(1).replica(2)), draw(random.replica(2)));
}

TEST(RankLayout, OfANetworkSpansAsManyMachinesAsItsRanksNeed) {
  const auto whole = sim::layout_of_network(64, 4, 1, 0);
  EXPECT_EQ(whole.ranks, 64);
  EXPECT_EQ(whole.nodes, 4);
  EXPECT_EQ(whole.on_node, 16);
  const auto part = sim::layout_of_network(64, 4, 8, 8);
  EXPECT_EQ(part.ranks, 8);
  EXPECT_EQ(part.nodes, 1);
  EXPECT_EQ(part.on_node, 16);
}

}  // namespace
