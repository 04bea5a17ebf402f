#include "bayres/comm/step_message.hpp"

#include <gtest/gtest.h>

#include <cstdint>

#include "bayres/core/aligned.hpp"

namespace {

using namespace bayres;
using core::Index;
using core::Real;

/// The distance in bytes from the beginning of a message to a field.
template <class T>
std::ptrdiff_t begin_of(const comm::Field<T>& field, std::span<const std::byte> message, int rank) {
  return std::as_bytes(field.in(message, rank)).data() - message.data();
}

TEST(StepMessage, PutsFieldsOneAfterTheOtherAndFillsUpToEightBytes) {
  const core::Partition partition(203, 3);  // blocks of 64, 64, 64 and 11 neurons: 1, 1 and 2 for the ranks
  comm::StepMessage layout(partition);
  const auto status = layout.add<Real>(comm::Per::rank);
  const auto sums = layout.add<Real>(comm::Per::block, 3);
  const auto rates = layout.add<float>(comm::Per::neuron, 1, 5);
  EXPECT_EQ(layout.bytes(0), 8 + 3 * 8 + 5 * 64 * 4);
  EXPECT_EQ(layout.bytes(2), 8 + 2 * 3 * 8 + 5 * 75 * 4 + 4);  // an odd number of float32
  core::AlignedVector<std::byte> message(core::as_size(layout.bytes(2)));
  EXPECT_EQ(begin_of(status, message, 2), 0);
  EXPECT_EQ(begin_of(sums, message, 2), 8);
  EXPECT_EQ(begin_of(rates, message, 2), 8 + 48);
  EXPECT_EQ(status.in(std::span(message), 2).size(), 1U);
  EXPECT_EQ(sums.in(std::span(message), 2).size(), 6U);
  EXPECT_EQ(rates.in(std::span(message), 2).size(), 375U);
}

TEST(StepMessage, BeginsEachFieldOnABoundaryOfItsType) {
  const core::Partition partition(300, 2);  // 2 and 3 blocks
  comm::StepMessage layout(partition);
  const auto single = layout.add<float>(comm::Per::block);
  const auto words = layout.add<std::uint64_t>(comm::Per::block);
  const auto flag = layout.add<std::uint8_t>(comm::Per::rank);
  const auto last = layout.add<std::uint16_t>(comm::Per::rank);
  core::AlignedVector<std::byte> message(core::as_size(layout.bytes(1)));
  EXPECT_EQ(begin_of(words, message, 0), 8);
  EXPECT_EQ(begin_of(words, message, 1), 16);  // after three float32
  EXPECT_EQ(begin_of(flag, message, 1), 16 + 3 * 8);
  EXPECT_EQ(begin_of(last, message, 1), 16 + 3 * 8 + 2);
  EXPECT_EQ(layout.bytes(1), 48);
  EXPECT_EQ(begin_of(single, message, 1), 0);
}

TEST(StepMessage, SendsFieldsWithoutElementsAndRanksWithoutNeuronsAsNothing) {
  const core::Partition partition(100, 4);  // 2 blocks for 4 ranks
  comm::StepMessage layout(partition);
  const auto none = layout.add<Real>(comm::Per::neuron, 1, 0);
  const auto rates = layout.add<float>(comm::Per::neuron);
  Index bytes = 0;
  for (int rank = 0; rank < 4; ++rank) {
    bytes += layout.bytes(rank);
    EXPECT_EQ(layout.bytes(rank), 4 * partition.neurons_of(rank).size());
    EXPECT_TRUE(none.in(std::span<const std::byte>(), rank).empty());
  }
  EXPECT_EQ(bytes, 400);
  EXPECT_TRUE(rates.in(std::span<const std::byte>(), 0).empty());
}

/// The value of a copy of a neuron.
Real value(Index copy, Index neuron) { return core::as_real(1000 * copy + neuron); }

/// What all ranks have after each has packed its neurons' values of `copies` copies.
template <class T>
std::vector<T> exchanged(const core::Partition& partition, Index copies, Index width) {
  comm::StepMessage layout(partition);
  const auto before = layout.add<std::uint8_t>(comm::Per::rank);
  const auto field = layout.add<T>(comm::Per::neuron, width, copies / width);
  std::vector<T> all(core::as_size(copies * partition.neurons()));
  for (int rank = 0; rank < partition.ranks(); ++rank) {
    const auto own = partition.neurons_of(rank);
    const Index apart = own.size() + 5;
    std::vector<Real> rows(core::as_size(copies * apart), -1);
    for (Index copy = 0; copy < copies; ++copy) {
      for (Index i = own.first; i < own.last; ++i) {
        rows[core::as_size(copy * apart + i - own.first)] = value(copy, i);
      }
    }
    core::AlignedVector<std::byte> message(core::as_size(layout.bytes(rank)));
    before.in(std::span(message), rank)[0] = 7;
    field.pack(rows, apart, message, rank);
    EXPECT_EQ(before.in(std::span(message), rank)[0], 7);
    field.unpack(message, rank, std::as_writable_bytes(std::span(all)));
  }
  return all;
}

template <class T>
void expect_all_in_place() {
  constexpr Index copies = 6;
  for (const Index neurons : {1, 63, 203, 300}) {
    for (int ranks = 1; ranks <= 4; ++ranks) {
      for (const Index width : {1, 2, 3, 6}) {
        const auto all = exchanged<T>(core::Partition(neurons, ranks), copies, width);
        for (Index copy = 0; copy < copies; ++copy) {
          for (Index i = 0; i < neurons; ++i) {
            const Index at = (copy / width * neurons + i) * width + copy % width;
            ASSERT_EQ(all[core::as_size(at)], static_cast<T>(value(copy, i)))
                << neurons << " neurons, " << ranks << " ranks, width " << width;
          }
        }
      }
    }
  }
}

TEST(StepMessage, BringsPackedRowsToTheirPlaceAmongThoseOfAllRanks) {
  expect_all_in_place<Real>();
  expect_all_in_place<float>();
}

}  // namespace
