#include "bayres/comm/communicator.hpp"

#include <gtest/gtest.h>

#include "bayres/comm/all_gather.hpp"
#include "bayres/comm/step_exchange.hpp"
#include "bayres/model/rates.hpp"

namespace {

using namespace bayres;
using core::Index;
using core::Real;

TEST(Communicator, ReducesOverAllRanks) {
  const auto comm = comm::Communicator::world();
  const Index p = comm.size();
  EXPECT_EQ(comm.sum(Index{comm.rank() + 1}), p * (p + 1) / 2);
  EXPECT_EQ(comm.max(Index{-comm.rank()}), 0);
  EXPECT_EQ(comm.max(0.5 * comm.rank()), 0.5 * (comm.size() - 1));
  EXPECT_EQ(comm.sum_of_lower_ranks(Index{1}), comm.rank());
  EXPECT_EQ(comm.sum_on_node(Index{2}), 2 * p);  // the tests' ranks share one machine
}

TEST(Communicator, BroadcastsFromRankZero) {
  const auto comm = comm::Communicator::world();
  std::string text = comm.is_root() ? "a = 1\n" : "";
  std::vector<Real> numbers = comm.is_root() ? std::vector<Real>{1, 2, 3} : std::vector<Real>{9};
  comm.broadcast(text);
  comm.broadcast(numbers);
  EXPECT_EQ(text, "a = 1\n");
  EXPECT_EQ(numbers, (std::vector<Real>{1, 2, 3}));
}

TEST(Communicator, GathersTextsInRankOrder) {
  const auto comm = comm::Communicator::world();
  const auto texts = comm.gather_texts(std::string(static_cast<std::size_t>(comm.rank()), 'x'));
  ASSERT_EQ(texts.size(), static_cast<std::size_t>(comm.size()));
  for (std::size_t k = 0; k < texts.size(); ++k) EXPECT_EQ(texts[k].size(), k);
}

TEST(Communicator, AgreesOnTheErrorOfTheLowestRankThatFailed) {
  const auto comm = comm::Communicator::world();
  const int first = comm.size() / 2;
  try {
    comm.together([&] {
      if (comm.rank() >= first) throw core::io_error("from rank " + std::to_string(comm.rank()));
    });
    FAIL() << "every rank must see the error";
  } catch (const core::Error& error) {
    EXPECT_EQ(error.code(), core::ExitCode::input_output);
    EXPECT_NE(std::string(error.what()).find("from rank " + std::to_string(first)), std::string::npos);
  }
}

TEST(Communicator, GoesOnWhenNoRankFails) {
  const auto comm = comm::Communicator::world();
  int made = 0;
  EXPECT_NO_THROW(comm.together([&] { ++made; }));
  EXPECT_EQ(made, 1);
}

TEST(Communicator, TurnsLackOfMemoryIntoAnErrorOnEveryRank) {
  const auto comm = comm::Communicator::world();
  EXPECT_THROW(comm.together([&] {
    if (comm.rank() == comm.size() - 1) throw std::bad_alloc();
  }),
               core::Error);
}

TEST(Communicator, GathersMessagesOfAnyLength) {
  const auto comm = comm::Communicator::world();
  // Rank k sends k + 1 times as many bytes as rank 0, from nothing to several times what goes at once, many times over.
  for (const std::size_t unit : {std::size_t{0}, std::size_t{1}, std::size_t{1000}, std::size_t{300'000}}) {
    std::vector<int> counts;
    std::vector<int> offsets;
    std::size_t total = 0;
    for (int k = 0; k < comm.size(); ++k) {
      counts.push_back(static_cast<int>(unit * static_cast<std::size_t>(k + 1)));
      offsets.push_back(static_cast<int>(total));
      total += unit * static_cast<std::size_t>(k + 1);
    }
    const auto byte = [](std::size_t i, std::size_t round) {
      return static_cast<std::byte>((i * 31 + round * 7) % 251);
    };
    std::vector<std::byte> own(static_cast<std::size_t>(counts[static_cast<std::size_t>(comm.rank())]));
    std::vector<std::byte> all(total);
    for (std::size_t round = 0; round < (unit > 1000 ? 5U : 500U); ++round) {
      const auto first = static_cast<std::size_t>(offsets[static_cast<std::size_t>(comm.rank())]);
      for (std::size_t i = 0; i < own.size(); ++i) own[i] = byte(first + i, round);
      comm.gather(own, all, counts, offsets);
      for (std::size_t i = 0; i < total; ++i) ASSERT_EQ(all[i], byte(i, round)) << "round " << round << ", byte " << i;
    }
  }
}

TEST(Communicator, SharesMemoryWhereAllRanksAreOnOneMachine) {
  const auto comm = comm::Communicator::world();
  EXPECT_EQ(comm.exchange_path(), comm.size() == 1 ? "none (one rank)" : "shared memory");
  EXPECT_EQ(comm.split(comm.rank()).exchange_path(), "none (one rank)");
}

class StepExchange : public testing::TestWithParam<std::tuple<core::Precision, core::RateOrder>> {};

TEST_P(StepExchange, GivesEveryRankAllRatesSumsInBlockOrderAndTheWorstStatus) {
  const auto comm = comm::Communicator::world();
  const core::Partition partition(203, comm.size());
  const auto own = partition.neurons_of(comm.rank());
  const auto blocks = partition.blocks_of(comm.rank());
  const auto [precision, order] = GetParam();
  const auto way = core::choose<comm::ExchangeChoice, comm::AllGather>();
  comm::StepExchange exchange(comm, partition, {&way, {0, 203}}, precision, order, 2, 3);
  for (Index copy = 0; copy < 2; ++copy) {
    for (Index i = own.first; i < own.last; ++i) {
      exchange.own_rates(copy)[static_cast<std::size_t>(i - own.first)] = static_cast<Real>(1000 * copy + i);
    }
  }
  // Sums whose floating-point value depends on the order of addition: only the blocks' order gives these bits.
  const auto partial = [](Index block, std::size_t q) {
    return static_cast<Real>(q + 1) * (block % 2 == 0 ? 1e16 : -1e16) + 0.1 * static_cast<Real>(block);
  };
  for (Index b = blocks.first; b < blocks.last; ++b) {
    for (std::size_t q = 0; q < 3; ++q) exchange.partial_sums(b - blocks.first)[q] = partial(b, q);
  }
  exchange.set_status(comm.rank() == comm.size() - 1 ? 5 : 0);
  exchange.run();
  EXPECT_EQ(exchange.status(), 5);
  model::Rates rates(2, 203, precision, order);
  exchange.all_rates(rates.as_bytes());
  for (Index copy = 0; copy < 2; ++copy) {
    const auto row = rates.of(copy);
    for (std::size_t i = 0; i < row.size(); ++i) {
      ASSERT_EQ(row[i], static_cast<Real>(1000 * copy) + static_cast<Real>(i));
    }
  }
  std::vector<Real> totals(3);
  exchange.totals(totals);
  for (std::size_t q = 0; q < 3; ++q) {
    Real expected = 0;
    for (Index b = 0; b < partition.blocks(); ++b) expected += partial(b, q);
    EXPECT_EQ(totals[q], expected);
  }
}

TEST(StepExchangeOfSpikes, KeepsEachStepOfAMessageApart) {
  const auto comm = comm::Communicator::world();
  const core::Partition partition(203, comm.size());
  const auto blocks = partition.blocks_of(comm.rank());
  const auto way = core::choose<comm::ExchangeChoice, comm::AllGather>();
  constexpr Index slots = 3;
  comm::StepExchange exchange(comm, partition, {&way, {0, 203}, comm::Sends::spikes, slots}, core::Precision::full,
                              core::RateOrder::copy_by_copy, 2, 2);
  const auto word = [](Index slot, Index copy, Index block) {
    return static_cast<core::SpikeWord>(1 + slot * 100 + copy * 10 + block);
  };
  for (Index slot = 0; slot < slots; ++slot) {
    exchange.select(slot);
    for (Index b = blocks.first; b < blocks.last; ++b) {
      const Index own = b - blocks.first;
      for (Index copy = 0; copy < 2; ++copy) exchange.own_spikes(copy)[core::as_size(own)] = word(slot, copy, b);
      exchange.partial_sums(own)[0] = static_cast<Real>(slot + 1);
      exchange.partial_sums(own)[1] = static_cast<Real>(-slot);
    }
    std::ranges::fill(exchange.own_rates(1), static_cast<Real>(slot));
  }
  exchange.run();
  std::vector<core::SpikeWord> words(core::as_size(2 * partition.blocks()));
  std::vector<Real> totals(2);
  for (const Index slot : {2, 0, 1}) {
    exchange.select(slot);
    exchange.all_spikes(words);
    exchange.totals(totals);
    const auto count = static_cast<Real>(partition.blocks());
    EXPECT_EQ(totals, (std::vector<Real>{count * static_cast<Real>(slot + 1), -count * static_cast<Real>(slot)}));
    for (Index copy = 0; copy < 2; ++copy) {
      for (Index b = 0; b < partition.blocks(); ++b) {
        EXPECT_EQ(words[core::as_size(copy * partition.blocks() + b)], word(slot, copy, b));
      }
    }
    for (const Real rate : exchange.own_rates(1)) EXPECT_EQ(rate, static_cast<Real>(slot));
  }
}

INSTANTIATE_TEST_SUITE_P(Forms, StepExchange,
                         testing::Combine(testing::Values(core::Precision::full, core::Precision::single),
                                          testing::Values(core::RateOrder::copy_by_copy,
                                                          core::RateOrder::neuron_by_neuron)));

}  // namespace
