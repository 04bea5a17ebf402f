// J r that ranks make together has the bits of J r that each makes alone.
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>

#include "bayres/comm/all_to_all.hpp"
#include "bayres/comm/node_team.hpp"
#include "bayres/transforms/transform.hpp"

namespace {

using namespace bayres;
using core::Index;
using core::Precision;
using core::Real;

TEST(NodeTeam, SeesWhatOthersWroteOnceAllHaveComeThere) {
  const auto world = comm::Communicator::world();
  const auto team = comm::NodeTeam::make(world, world.size() * Index{sizeof(Index)});
  EXPECT_EQ(team != nullptr, world.shares_memory());
  if (!team) return;
  EXPECT_EQ(team->rank(), world.rank());
  EXPECT_EQ(team->ranks(), world.size());
  auto* numbers = reinterpret_cast<Index*>(team->memory().data());
  for (Index round = 1; round < 100; ++round) {
    numbers[team->rank()] = round;
    team->wait();
    Index sum = 0;
    for (int rank = 0; rank < team->ranks(); ++rank) sum += numbers[rank];
    ASSERT_EQ(sum, round * team->ranks());
    team->wait();
  }
}

model::ReservoirParameters transformed(Index size) {
  model::ReservoirParameters p;
  p.size = size;
  p.transformed = true;
  return p;
}

/// Rates on the grid of the precision, some of them 0.
std::vector<Real> rates_of(Index size, Precision precision) {
  std::vector<Real> rates(core::as_size(size));
  core::Philox(3).fill_normals(core::Stream::task_input, 0, 0, rates);
  for (auto& rate : rates) {
    if (rate < -1) rate = 0;
    if (!core::has_double_rates(precision)) rate = static_cast<float>(rate);
  }
  return rates;
}

/// J r of one rank, and in the ways in which ranks make it together.
class Products {
 public:
  Products(const comm::Communicator& world, const char* kind, Index n, Precision precision)
      : own_(core::Partition(n, world.size()).neurons_of(world.rank())),
        J_(model::Transform({kind}).draw(transformed(n), precision, core::Philox(7), own_)),
        rates_(rates_of(n, precision)),
        expected_(core::as_size(own_.size())) {
    model::Rates all(1, n, precision, core::RateOrder::copy_by_copy);
    all.set(0, rates_);
    J_.multiply(all.all(), false, expected_);
    SCOPED_TRACE(testing::Message() << kind << " " << n << " " << static_cast<int>(precision));
    if (auto team = comm::NodeTeam::make(world, J_.connections()->team_bytes())) {
      expect_same_bits(*J_.connections()->product_of(std::move(team)), model::ProductWay::shared);
    }
    expect_same_bits(*J_.connections()->product_of(std::make_unique<comm::AllToAll>(world)), model::ProductWay::split);
  }

 private:
  void expect_same_bits(const model::TeamProduct& product, model::ProductWay way) {
    EXPECT_EQ(product.way(), way);
    const auto own = std::span(rates_).subspan(core::as_size(own_.first), core::as_size(own_.size()));
    const auto same = [](Real a, Real b) { return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b); };
    for (int repeat = 0; repeat < 2; ++repeat) {
      std::vector<Real> out(expected_.size());
      product.multiply(own, out);
      EXPECT_TRUE(std::ranges::equal(out, expected_, same)) << model::name_of(way);
    }
  }
  core::Range own_;
  model::Connectivity J_;
  std::vector<Real> rates_;
  std::vector<Real> expected_;
};

TEST(TeamProduct, HasTheBitsOfOneRank) {
  const auto world = comm::Communicator::world();
  for (const Index n : {200, 1000, 1024, 1025, 5000, 16384}) Products(world, "gaussian", n, Precision::full);
  for (const auto precision : {Precision::single, Precision::full_float32}) {
    for (const Index n : {1000, 1025, 4096, 20000}) Products(world, "gaussian", n, precision);
  }
  for (const Index n : {1000, 4096}) Products(world, "orthogonal", n, Precision::full);
  for (const auto precision : {Precision::full, Precision::single}) Products(world, "gaussian", 300000, precision);
}

}  // namespace
