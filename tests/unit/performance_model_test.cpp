#include "bayres/prediction/prediction.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "bayres/core/error.hpp"
#include "bayres/neurons/lif.hpp"
#include "bayres/rules/delta.hpp"
#include "bayres/rules/rls.hpp"
#include "bayres/simulation/learner.hpp"
#include "bayres/tasks/sines.hpp"

namespace bayres::sim {
namespace {

/// Round numbers, so that times can be worked out by hand.
Calibration calibration() {
  Calibration c;
  c.set("memory.bytes", std::vector<Real>{1e4, 1e6, 1e8});
  c.set("memory.alone", std::vector<Real>{100, 50, 20});
  c.set("memory.together", std::vector<Real>{100, 50, 10});
  c.set("memory.ranks", Index{2});
  const auto set = [&](const std::string& section, const std::vector<std::pair<std::string, Real>>& rates) {
    for (const auto& [key, value] : rates) c.set(section + "." + key, value);
  };
  for (const auto storage :
       {model::Storage::dense, model::Storage::sparse, model::Storage::by_source, model::Storage::transform}) {
    for (const auto precision : core::every_precision) {
      set("kernel." + model::kernel_name(storage, precision), {{"weight", 0.1}, {"row", 2}, {"copy", 0.05}});
    }
  }
  set("exchange", {{"shared_latency", 200}, {"shared_byte", 0.1}});
  set("exchange", {{"unpack_rank", 10}, {"unpack_byte", 0.05}});
  set("network", {{"latency", 2000}, {"byte", 0.1}});
  set("neurons", {{"state", 10}, {"spiking", 6}, {"signal", 1}, {"noise", 20}, {"readout", 0.5}, {"fixed", 300}});
  set("learning.delta", {{"update", 5}, {"byte", 0.1}});
  set("learning.rls", {{"update", 0}, {"byte", 0.1}});
  return c;
}

/// The calibration with only one kernel and one rule.
Calibration only(const std::string& kernel, const std::string& rule) {
  const auto all = calibration();
  Calibration less;
  for (const auto& [name, value] : all.values()) {
    const bool one_of_many = name.starts_with("kernel.") || name.starts_with("learning.");
    if (!one_of_many || name.starts_with(kernel + ".") || name.starts_with(rule + ".")) less.set(name, value);
  }
  return less;
}

Workload dense(Index neurons) {
  Workload w;
  w.c.reservoir.size = neurons;
  w.c.reservoir.connectivity = 1;
  w.c.reservoir.storage = "dense";
  w.c.learners = {{"d", core::choose<rules::Choice, rules::Delta>()}};
  return w;
}

Workload sparse(Index neurons, Real connectivity) {
  auto w = dense(neurons);
  w.c.reservoir.storage = "sparse";
  w.c.reservoir.connectivity = connectivity;
  return w;
}

const StepShape learning{Shape::shared(1), 1, 0};

TEST(Bandwidth, IsThatOfTheMeasuredSizesAndConstantBeyondThem) {
  const auto m = calibration();
  EXPECT_DOUBLE_EQ(bandwidth(m, 1e6, 1), 50);
  EXPECT_DOUBLE_EQ(bandwidth(m, 1e2, 1), 100);
  EXPECT_DOUBLE_EQ(bandwidth(m, 1e12, 1), 20);
  EXPECT_DOUBLE_EQ(bandwidth(m, 1e5, 1), 75);  // halfway in log(bytes)
}

TEST(Bandwidth, OfAMemoryThatOneRankSaturatesIsDividedAmongRanks) {
  const auto m = calibration();
  EXPECT_DOUBLE_EQ(bandwidth(m, 1e8, 2), 10);
  EXPECT_NEAR(bandwidth(m, 1e8, 8), 20.0 / 8, 1e-12);
  EXPECT_DOUBLE_EQ(bandwidth(m, 1e6, 8), 50);  // of a cache that ranks do not share
}

TEST(StepTime, IsThatWorkedOutByHand) {
  // 128 neurons, dense, double, one rank: 131,072 bytes of J and 1024 of weights.
  const auto t = step_time(calibration(), dense(128), {}, learning);
  const Real speed = 100 - 50 * std::log(132096 / 1e4) / std::log(100.0);
  EXPECT_NEAR(t[StepPart::recurrent], std::max(128 * 128 * 0.1 + 128 * 2, 131072 / speed), 1e-9);
  EXPECT_DOUBLE_EQ(t[StepPart::neurons], 128 * 10);
  EXPECT_DOUBLE_EQ(t[StepPart::readout], 128 * 0.5);
  EXPECT_DOUBLE_EQ(t[StepPart::exchange],
                   10 + 0.05 * 8 * (2 + 2 + 128));  // taken apart: status and time, two blocks' sums, rates
  EXPECT_DOUBLE_EQ(t[StepPart::learning], 5 + 0.1 * 1024);
  EXPECT_DOUBLE_EQ(t[StepPart::other], 300);
  EXPECT_DOUBLE_EQ(t[StepPart::output], 0);
  EXPECT_DOUBLE_EQ(t.total(), t[StepPart::recurrent] + t[StepPart::neurons] + t[StepPart::readout] +
                                  t[StepPart::exchange] + t[StepPart::learning] + t[StepPart::output] +
                                  t[StepPart::other]);
}

TEST(StepTime, OfALargeDenseNetworkIsItsBytesOverTheBandwidthOfMemory) {
  const Index n = 64000;
  const auto t = step_time(calibration(), dense(n), {}, learning);
  EXPECT_NEAR(t[StepPart::recurrent], 8.0 * n * n / 20, 1);
  EXPECT_NEAR(t.total() / t[StepPart::recurrent], 1, 0.01);
}

TEST(StepTime, OfAJInMemoryIsLongerIfTheProductReachesLessThanTheBandwidth) {
  auto c = calibration();
  const Real whole = step_time(c, dense(64000), {}, {})[StepPart::recurrent];
  c.set("kernel.dense-double.efficiency", 0.5);
  EXPECT_NEAR(step_time(c, dense(64000), {}, {})[StepPart::recurrent], 2 * whole, 1);
  EXPECT_NEAR(step_time(c, dense(64000), {}, {})[StepPart::reading], whole, 1);
}

TEST(StepTime, OfSparseRowsCountsEachBlockOfColumns) {
  const Real short_rows = step_time(calibration(), sparse(65536, 1e-5), {}, {})[StepPart::recurrent];
  const Real two_blocks = step_time(calibration(), sparse(65536 * 2, 0.5e-5), {}, {})[StepPart::recurrent];
  EXPECT_NEAR(two_blocks / short_rows, 4, 0.2);  // twice the rows, twice the blocks of each
}

/// Leaky integrate-and-fire neurons with double weights.
Workload spiking(Index neurons, const model::Lif::Parameters& parameters = {}) {
  auto w = sparse(neurons, 0.1);
  w.c.reservoir.storage = "auto";
  w.c.reservoir.weight_type = "float64";
  w.c.reservoir.spiking = true;
  w.c.neurons = core::choose<model::NeuronChoice, model::Lif>(parameters);
  return w;
}

TEST(StepTime, OfSpikesIsThatOfTheSynapsesTheyReach) {
  // 40 spikes per second of 1000 neurons: 4 in a step of 0.1 ms, each with 100 synapses.
  const auto w = spiking(1000);
  const StepShape shape{Shape::shared(1), 0, 0, assumed_spikes(w.c)};
  auto c = calibration();
  c.set("kernel.by-source-double.weight", 0.4);
  const auto t = step_time(c, w, {}, shape);
  EXPECT_NEAR(t[StepPart::recurrent], 4 * 100 * 0.4 + 4 * 2, 1e-9);
  EXPECT_NEAR(t[StepPart::neurons], 1000 * 6, 1e-9);
  const auto apart = step_time(c, w, {}, {Shape::apart(3), 0, 0, shape.spikes});
  EXPECT_NEAR(apart[StepPart::recurrent], 3 * t[StepPart::recurrent], 1e-9);  // each has spikes of its own
  const auto faster = step_time(c, w, {}, {Shape::shared(1), 0, 0, 2 * shape.spikes});
  EXPECT_NEAR(faster[StepPart::recurrent], 2 * t[StepPart::recurrent], 1e-9);
}

TEST(StepTime, OfSpikesReadsColumnsFromWhereAllOfJFits) {
  auto c = calibration();
  for (const char* rate : {"weight", "row"}) c.set(std::string("kernel.by-source-double.") + rate, 0.0);
  const auto w = spiking(20000);  // 400 MB, in memory
  const Real bytes = w.J(20000).bytes;
  EXPECT_NEAR(step_time(c, w, {}, {Shape::shared(1), 0, 0, 0.04})[StepPart::recurrent], 0.004 * bytes / 20,
              1e-6 * bytes);
}

TEST(AssumedSpikes, AreThoseOfTheOwnBiasIfItMakesNeuronsFireFaster) {
  EXPECT_EQ(assumed_spikes(dense(64).c), 0);
  EXPECT_EQ(assumed_spikes(spiking(64).c), 0.04);
  EXPECT_EQ(assumed_spikes(spiking(64, {.bias = 1.05}).c), 0.04);
  EXPECT_NEAR(assumed_spikes(spiking(64, {.bias = 1.5}).c), 1 / (2 + 10 * std::log(3.0)), 1e-12);
}

TEST(StepTime, OfTransformsIsDividedAmongRanksThatShareMemoryOrSendEachOtherParts) {
  const Index n = 65536;
  auto w = dense(n);
  w.c.reservoir.transformed = true;
  const auto c = calibration();
  const Real butterflies = 3 * 16 * n / 2 * 0.1;
  const auto alone = step_time(c, w, {}, {});
  EXPECT_NEAR(alone[StepPart::recurrent], butterflies + 2 * n, 1e-6);
  const auto shared = step_time(c, w, {4, 1, 4}, {});
  EXPECT_NEAR(shared[StepPart::recurrent], butterflies / 4 + 2 * n / 4 + 6 * 2 * 200, 1e-6);
  const Real sums = 8 * (2 * 4 + n / 64);  // no rates
  EXPECT_NEAR(shared[StepPart::exchange], 4 * 10 + 0.05 * sums + 4 * 200 + 0.1 * sums, 1e-6);
  const auto split = step_time(c, w, {4, 4, 1}, {});
  const Real sent = 8 * n / 4 * 0.75;
  EXPECT_NEAR(split[StepPart::recurrent], butterflies / 4 + 2 * n / 4 + 3 * (2 * 2000 + 0.1 * sent), 1e-6);
  w.c.learners = {{"r", core::choose<rules::Choice, rules::Rls>()}};
  EXPECT_GT(step_time(c, w, {4, 1, 4}, {})[StepPart::exchange], shared[StepPart::exchange] + 0.1 * 8 * n);
}

TEST(StepTime, OfSmallTransformsIsThatOfOneRank) {
  auto w = dense(4096);
  w.c.reservoir.transformed = true;
  const Real butterflies = 3 * 12 * 4096 / 2 * 0.1;
  for (const int nodes : {1, 2}) {
    EXPECT_NEAR(step_time(calibration(), w, {2, nodes, 2 / nodes}, {})[StepPart::recurrent], butterflies + 4096, 1e-6);
  }
}

TEST(StepTime, OfLargeTransformsFallsToTenThousandRanks) {
  auto w = dense(Index{1} << 26);
  w.c.reservoir.transformed = true;
  Real last = step_time(calibration(), w, {}, {})[StepPart::recurrent];
  for (const int ranks : {10, 100, 1000, 10000}) {
    const Real time = step_time(calibration(), w, {ranks, ranks, 1}, {})[StepPart::recurrent];
    EXPECT_LT(time, last);
    last = time;
  }
}

TEST(StepTime, FallsWithRanksUntilTheExchangeTakesOver) {
  const auto w = dense(2000);
  Real last = step_time(calibration(), w, {1, 1, 1}, learning).total();
  for (const int nodes : {2, 4, 8}) {
    const Real time = step_time(calibration(), w, {nodes, nodes, 1}, learning).total();
    EXPECT_LT(time, last);
    last = time;
  }
  const auto many = step_time(calibration(), w, {10000, 10000, 1}, learning);
  EXPECT_GT(many[StepPart::exchange],
            many[StepPart::recurrent] + many[StepPart::neurons] + many[StepPart::readout] + many[StepPart::learning]);
}

TEST(StepTime, GrowsWithNeuronsConnectivityCopiesAndGroups) {
  const auto c = calibration();
  const auto time = [&](const Workload& w, const StepShape& shape) {
    return step_time(c, w, {2, 1, 2}, shape).total();
  };
  const Real base = time(sparse(1000, 0.1), {Shape::shared(1), 0, 0});
  EXPECT_GT(time(sparse(2000, 0.1), {Shape::shared(1), 0, 0}), base);
  EXPECT_GT(time(sparse(1000, 0.2), {Shape::shared(1), 0, 0}), base);
  EXPECT_GT(time(sparse(1000, 0.1), {Shape::apart(8)}), base);
  EXPECT_GT(time(sparse(1000, 0.1), {Shape::shared(8)}), base);
  EXPECT_GT(time(sparse(1000, 0.1), {Shape::shared(1), 1, 0}), base);
  EXPECT_GT(time(sparse(1000, 0.1), {Shape::shared(1), 0, 100}), base);
}

TEST(StepTime, OfRlsGathersTheGain) {
  auto w = dense(1024);
  w.c.learners = {{"r", core::choose<rules::Choice, rules::Rls>()}};
  const RankLayout two{2, 1, 2};
  const auto c = calibration();
  const Real bytes = Learner::rule_bytes(w, {0, 512}, w.c.learners[0]) + 512 * sizeof(Real);
  EXPECT_NEAR(bytes, 8 * 512 * 1024, 0.05 * bytes);  // of P, where the own rows are
  const Real read = bytes / bandwidth(c, w.J(512).bytes + bytes, 2);
  EXPECT_NEAR(step_time(c, w, two, learning)[StepPart::learning],
              std::max(0.1 * bytes, read) + fastest(c, comm::all_gather_costs(two, 8 * 1024)), 1e-6);
}

TEST(StepTime, NeedsTheKernelAndTheRule) {
  EXPECT_THROW((void)step_time(only("kernel.sparse-double", "learning.delta"), dense(64), {}, learning), core::Error);
  EXPECT_THROW((void)step_time(only("kernel.dense-double", "learning.rls"), dense(64), {}, learning), core::Error);
  EXPECT_NO_THROW((void)step_time(only("kernel.dense-double", "learning.delta"), dense(64), {}, learning));
}

Real gathering(const Calibration& c, const RankLayout& layout, Real bytes) {
  return fastest(c, comm::all_gather_costs(layout, bytes));
}

TEST(Allgather, WithinAMachineGoesThroughSharedMemory) {
  EXPECT_DOUBLE_EQ(gathering(calibration(), {1, 1, 1}, 1e6), 0);
  EXPECT_DOUBLE_EQ(gathering(calibration(), {4, 1, 4}, 1000), 4 * 200 + 100);
}

TEST(Allgather, BetweenMachinesTakesTheFasterOfDoublingAndRing) {
  const auto c = calibration();
  // Short: 3 rounds between 8 machines; 4 ranks within each, and 4 ranks that send 7/8 of the bytes each.
  EXPECT_DOUBLE_EQ(gathering(c, {32, 8, 4}, 80), 3 * 2000 + 4 * 200 + 4 * 70 / 10.0 + 0.1 * 80);
  // Long: 31 rounds, and 7/8 of the bytes.
  EXPECT_DOUBLE_EQ(gathering(c, {32, 8, 4}, 8e8), 31 * 2000 + 7e8 / 10 + 0.1 * 8e8);
  // One rank on each machine: both send as much, and doubling has fewer rounds.
  EXPECT_DOUBLE_EQ(gathering(c, {8, 8, 1}, 8e8), 3 * 2000 + 7e8 / 10);
}

TEST(Allgather, GrowsWithTheLogarithmOfMachines) {
  const auto c = calibration();
  const auto latency = [&](int nodes) { return gathering(c, {nodes, nodes, 1}, 0); };
  EXPECT_DOUBLE_EQ(latency(2), 2000);
  EXPECT_DOUBLE_EQ(latency(1024), 20000);
  EXPECT_DOUBLE_EQ(latency(1025), 22000);
}

/// An exchange that says what it takes.
struct Mail {
  static constexpr core::Info info{.name = "mail", .equation = "a letter a rank", .source = "a test"};
  struct Parameters {
    static constexpr auto parameters() { return std::array<core::Parameter<Parameters>, 0>{}; }
  };
  Mail(const Parameters&, const comm::ExchangeContext&) {}
  void run(std::span<const std::byte>, std::span<std::byte>) const {}
  static std::vector<core::Cost> costs(const Parameters&, const RankLayout& layout, Real) {
    return {{{"network.latency", core::as_real(layout.ranks)}}};
  }
};

TEST(StepTime, CountsWhatTheExchangeSaysOfItself) {
  auto w = dense(128);
  const RankLayout two{2, 1, 2};
  const auto with = [&](StepPart part) { return step_time(calibration(), w, two, learning)[part]; };
  const Real unpacking = with(StepPart::exchange) - gathering(calibration(), two, 8 * (2 * 2 + 2 + 128));
  w.c.exchange = core::choose<comm::ExchangeChoice, Mail>();
  EXPECT_NEAR(with(StepPart::exchange), unpacking + 2 * 2000, 1e-9);
  EXPECT_NEAR(with(StepPart::latency), 2 * 10 + 2 * 2000, 1e-9);
}

Configuration configuration() {
  Configuration c;
  c.task_parameters = core::choose<tasks::Choice, tasks::Sines>();
  c.reservoir.size = 640;
  c.reservoir.connectivity = 1;
  c.protocol.train = 80;
  c.protocol.test = 20;
  c.protocol.evaluate_span = 20;
  c.learners = {{"d", core::choose<rules::Choice, rules::Delta>()}};
  return c;
}

TEST(Prediction, DividesJAndStatesOverRanks) {
  const auto one = predict(calibration(), {configuration()}, 1, 1);
  const auto two = predict(calibration(), {configuration()}, 2, 1);
  EXPECT_DOUBLE_EQ(one.J_bytes, 640 * 640 * 8);
  EXPECT_DOUBLE_EQ(one.rank_J_bytes, one.J_bytes);
  EXPECT_DOUBLE_EQ(two.rank_J_bytes, one.J_bytes / 2);
  EXPECT_LT(two.rank_bytes, one.rank_bytes);
  EXPECT_DOUBLE_EQ(one.steps, 1000);
  EXPECT_DOUBLE_EQ(one.result_bytes, two.result_bytes);
}

TEST(Prediction, AveragesOverPhases) {
  auto c = configuration();
  const auto w = Workload{c};
  const Real every = step_time(calibration(), w, {}, learning)[StepPart::learning];
  EXPECT_NEAR(predict(calibration(), {c}, 1, 1).step[StepPart::learning], 0.8 * every, 1e-9);
  c.protocol.learn_every = 4;
  EXPECT_NEAR(predict(calibration(), {c}, 1, 1).step[StepPart::learning], 0.2 * every, 1e-9);
}

TEST(Prediction, OfAnEnsembleHasNetworksSideBySide) {
  auto c = configuration();
  c.ensemble.seeds = {1, 2, 3, 4, 5, 6};
  const auto two = predict(calibration(), {c}, 2, 1);
  EXPECT_EQ(two.networks, 6);
  EXPECT_EQ(two.side_by_side, 2);
  EXPECT_EQ(two.layout.ranks, 1);
  EXPECT_EQ(two.layout.on_node, 2);
  const auto one = predict(calibration(), {c}, 1, 1);
  EXPECT_NEAR(one.run_seconds / two.run_seconds, 2, 0.2);
}

}  // namespace
}  // namespace bayres::sim
