#include "bayres/readout/features.hpp"

#include <gtest/gtest.h>

namespace bayres::rules {
namespace {

using Values = std::vector<Real>;

Features features(const std::string& words, Index neurons = 5, Index inputs = 2) {
  return {ReadoutParameters{words}, neurons, inputs};
}

/// Worked by hand: five neurons, every second one squared, then 1, then two inputs.
TEST(Features, AreRatesThenBiasThenInputs) {
  const Values rates{0.5, -0.5, 0.25, 3, -1};
  const Values input{7, 8};
  const auto written = [&](const std::string& words) {
    const auto made = features(words);
    Values values(static_cast<std::size_t>(made.count()));
    made.write({0, made.count()}, rates, input, values);
    return values;
  };
  EXPECT_EQ(written("rates"), rates);
  EXPECT_EQ(written("rates+bias"), (Values{0.5, -0.5, 0.25, 3, -1, 1}));
  EXPECT_EQ(written("rates+input"), (Values{0.5, -0.5, 0.25, 3, -1, 7, 8}));
  EXPECT_EQ(written("rates+squares"), (Values{0.5, 0.25, 0.25, 9, -1}));
  EXPECT_EQ(written("rates + squares + input + bias"), (Values{0.5, 0.25, 0.25, 9, -1, 1, 7, 8}));
}

TEST(Features, OfARangeAreThoseOfTheWhole) {
  const auto made = features("rates+bias+input+squares", 70);
  Values rates(70);
  for (std::size_t i = 0; i < rates.size(); ++i) rates[i] = static_cast<Real>(i) - 30;
  const Values input{7, 8};
  Values all(73);
  made.write({0, 73}, rates, input, all);
  for (const Range range : {Range{0, 64}, Range{64, 73}, Range{65, 72}, Range{70, 71}, Range{71, 73}, Range{5, 5}}) {
    const Range neurons = made.neurons_in(range);
    Values some(static_cast<std::size_t>(range.size()));
    made.write(
        range,
        std::span(rates).subspan(static_cast<std::size_t>(neurons.first), static_cast<std::size_t>(neurons.size())),
        input, some);
    EXPECT_EQ(some, Values(all.begin() + range.first, all.begin() + range.last)) << range.first;
  }
}

TEST(Features, ThatAreAddedBelongToTheLastBlock) {
  const auto made = features("rates+bias+input", 128);
  EXPECT_EQ(made.of({0, 64}), (Range{0, 64}));
  EXPECT_EQ(made.of({64, 128}), (Range{64, 131}));
  EXPECT_EQ(made.of({64, 64}), (Range{64, 64}));
  const auto synapses = made.synapses({64, 128}, 3);
  EXPECT_EQ(synapses.neurons, 131);
  EXPECT_EQ(synapses.reservoir(), 128);
  EXPECT_EQ(synapses.bias, 128);
  EXPECT_EQ(features("rates+input").synapses({0, 5}, 1).bias, -1);
  EXPECT_TRUE(features("rates").are_rates());
  EXPECT_FALSE(features("rates+squares").are_rates());
}

TEST(Features, SlopesAreThoseOfTheSquares) {
  Heard heard(features("rates+squares+bias"), {0, 5}, 1);
  const Values rates{0.5, -0.5, 0.25, 3, -1};
  const Values weights{1, 2, 3, 4, 5, 6, 10, 20, 30, 40, 50, 60};  // two readouts
  const auto slopes = heard.slopes(rates, weights, 2);
  EXPECT_EQ(Values(slopes.begin(), slopes.end()), (Values{1, -2, 3, 24, 5, 10, -20, 30, 240, 50}));
}

TEST(Features, OfATrajectoryAreItsOwn) {
  Heard heard(features("rates+bias+input", 2, 1), {0, 2}, 2);
  heard.take(0, Values{1, 2}, Values{3});
  heard.take(1, Values{4, 5}, Values{6});
  const auto values = [](std::span<const Real> all) { return Values(all.begin(), all.end()); };
  EXPECT_EQ(values(heard.own(0)), (Values{1, 2, 1, 3}));
  EXPECT_EQ(values(heard.own(1)), (Values{4, 5, 1, 6}));
  EXPECT_EQ(values(heard.in({1, 4}, 0, Values{1, 2})), (Values{2, 1, 3}));
}

TEST(ReadoutParameters, TakeEachWordOnceAfterRates) {
  for (const auto* good : {"rates", "rates+bias", "rates+squares+bias", "rates + input"}) {
    EXPECT_EQ(ReadoutParameters{good}.problem(), "") << good;
  }
  for (const auto* bad :
       {"", "bias", "bias+rates", "rates+", "rates+rates", "rates+bias+bias", "rates+cubes", "rates,bias"}) {
    EXPECT_NE(ReadoutParameters{bad}.problem().find("readout.features = " + std::string(bad)), std::string::npos)
        << bad;
  }
}

}  // namespace
}  // namespace bayres::rules
