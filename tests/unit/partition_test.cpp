#include "bayres/core/partition.hpp"

#include <gtest/gtest.h>

namespace bayres::core {
namespace {

TEST(Range, IsHalfOpen) {
  const Range range{3, 6};
  EXPECT_EQ(range.size(), 3);
  EXPECT_FALSE(range.contains(2));
  EXPECT_TRUE(range.contains(3));
  EXPECT_TRUE(range.contains(5));
  EXPECT_FALSE(range.contains(6));
  EXPECT_EQ(range, (Range{3, 6}));
  EXPECT_NE(range, (Range{3, 7}));
}

TEST(Partition, HasBlocksOf64AndAShortLastOne) {
  const Partition partition(150, 2);
  EXPECT_EQ(partition.neurons(), 150);
  EXPECT_EQ(partition.ranks(), 2);
  EXPECT_EQ(partition.blocks(), 3);
  EXPECT_EQ(partition.block(0), (Range{0, 64}));
  EXPECT_EQ(partition.block(1), (Range{64, 128}));
  EXPECT_EQ(partition.block(2), (Range{128, 150}));
}

TEST(Partition, HasNoEmptyBlockWhenNeuronsFillThemExactly) {
  EXPECT_EQ(Partition(128, 1).blocks(), 2);
  EXPECT_EQ(Partition(128, 1).block(1), (Range{64, 128}));
  EXPECT_EQ(Partition(1, 1).blocks(), 1);
  EXPECT_EQ(Partition(1, 1).block(0), (Range{0, 1}));
}

TEST(Partition, GivesOneRankEverything) {
  EXPECT_EQ(Partition(1000, 1).neurons_of(0), (Range{0, 1000}));
  EXPECT_EQ(Partition(1000, 1).blocks_of(0), (Range{0, 16}));
}

TEST(Partition, CoversAllNeuronsOnceInOrderOnWholeBlocks) {
  for (const Index neurons : {1, 3, 63, 64, 65, 127, 128, 129, 300, 1000}) {
    for (const int ranks : {1, 2, 3, 4, 7, 20}) {
      const Partition partition(neurons, ranks);
      Index next_neuron = 0;
      Index next_block = 0;
      for (int rank = 0; rank < ranks; ++rank) {
        const Range own = partition.neurons_of(rank);
        const Range blocks = partition.blocks_of(rank);
        EXPECT_EQ(own.first, next_neuron) << neurons << " over " << ranks << ", rank " << rank;
        EXPECT_EQ(blocks.first, next_block);
        EXPECT_GE(own.size(), 0);
        if (own.size() > 0) {
          EXPECT_EQ(own.first, partition.block(blocks.first).first);
          EXPECT_EQ(own.last, partition.block(blocks.last - 1).last);
        } else {
          EXPECT_EQ(blocks.size(), 0);
        }
        next_neuron = own.last;
        next_block = blocks.last;
      }
      EXPECT_EQ(next_neuron, neurons);
      EXPECT_EQ(next_block, partition.blocks());
    }
  }
}

TEST(Partition, IsAsEvenAsWholeBlocksAllow) {
  for (const int ranks : {1, 2, 3, 5, 8, 16}) {
    const Partition partition(1000, ranks);
    for (int rank = 0; rank < ranks; ++rank) {
      EXPECT_GE(partition.blocks_of(rank).size(), partition.blocks() / ranks);
      EXPECT_LE(partition.blocks_of(rank).size(), (partition.blocks() + ranks - 1) / ranks);
    }
  }
}

TEST(Partition, LeavesRanksEmptyWhenThereAreMoreThanBlocks) {
  const Partition partition(65, 5);
  int empty = 0;
  for (int rank = 0; rank < 5; ++rank) empty += partition.neurons_of(rank).size() == 0 ? 1 : 0;
  EXPECT_EQ(empty, 3);
}

TEST(Partition, FindsTheOwnerOfEveryNeuron) {
  for (const int ranks : {1, 2, 3, 9}) {
    const Partition partition(200, ranks);
    for (Index neuron = 0; neuron < 200; ++neuron) {
      const int owner = partition.owner(neuron);
      ASSERT_GE(owner, 0);
      ASSERT_LT(owner, ranks);
      EXPECT_TRUE(partition.neurons_of(owner).contains(neuron));
    }
  }
}

TEST(Partition, HasALargestPart) {
  EXPECT_EQ(Partition(1000, 1).largest().size(), 1000);
  EXPECT_EQ(Partition(1000, 3).largest().size(), 6 * 64 - 24);
  EXPECT_EQ(Partition(1000, 1000).largest().size(), 64);
}

}  // namespace
}  // namespace bayres::core
