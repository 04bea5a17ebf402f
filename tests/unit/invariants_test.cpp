#include "bayres/job/invariants.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "bayres/rules/registry.hpp"
#include "state_visit.hpp"

namespace {

using namespace bayres;
using core::Index;
using core::Real;

TEST(UnsoundRates, AreWhatNoPosteriorVarianceCanBe) {
  const std::vector<Real> before{0.5, 0.2};
  EXPECT_EQ(app::unsound_rates(before, std::vector<Real>{0.5, 0.1}, false), "");
  EXPECT_EQ(app::unsound_rates({}, std::vector<Real>{0.5, 0.3}, false), "");
  EXPECT_EQ(app::unsound_rates(before, std::vector<Real>{0.5, 0.3}, true), "");
  EXPECT_NE(app::unsound_rates(before, std::vector<Real>{0.5, 0.3}, false).find("must not rise"), std::string::npos);
  for (const Real wrong : {0.0, -0.1, std::numeric_limits<Real>::quiet_NaN(), std::numeric_limits<Real>::infinity()}) {
    EXPECT_NE(app::unsound_rates({}, std::vector<Real>{0.5, wrong}, true).find("synapse 1"), std::string::npos)
        << wrong;
  }
}

/// Gathers on the only rank there is.
struct Alone {
  void operator()(std::span<const Real> own, std::span<Real> all) const { std::ranges::copy(own, all.begin()); }
};

/// Rates of a reservoir that hardly leaves three dimensions: all but three directions stay nearly unknown to P.
Real correlated_rate(Index step, Index i) {
  const auto t = 0.01 * static_cast<Real>(step);
  const auto a = static_cast<Real>(i);
  return std::tanh(std::sin(t + a) + 0.5 * std::cos(2.3 * t - 3 * a) + 1e-6 * std::sin(17 * t * (a + 1)));
}

Real various_rate(Index step, Index i) { return std::sin(static_cast<Real>(step * (i + 1))); }

/// A rule of 20 neurons that has learned, after `spoil` has been at the entries of its matrix.
template <class Rule, class Spoil>
std::string after(const typename Rule::Parameters& parameters, Spoil spoil, Index steps = 30,
                  Real rate(Index, Index) = various_rate) {
  constexpr Index n = 20;
  Rule rule(parameters, {n, {0, n}, 1, core::Philox(1)});
  core::AlignedVector<Real> rates(n);
  std::vector<Real> weights(n);
  const std::vector<Real> delta{0.1};
  Alone gather;
  for (Index step = 0; step < steps; ++step) {
    for (Index i = 0; i < n; ++i) {
      rates[static_cast<std::size_t>(i)] = rate(step, i);
    }
    if constexpr (rules::CollectiveRule<Rule>) {
      rule.learn(rates, delta, weights, gather);
    } else {
      rule.learn(std::span(rates).first(n), delta, weights);
    }
  }
  core::CallingVisitor visit([&](const core::StateArray& array, std::span<Real> values) {
    if (array.name == "inverse" || array.name == "covariances") spoil(values);
  });
  rule.visit_state(visit);
  return rule.unsound(gather);
}

TEST(Unsound, IsNothingInACovarianceThatHasLearned) {
  const auto leave = [](std::span<Real>) {};
  EXPECT_EQ(after<rules::Rls>({}, leave), "");
  EXPECT_EQ(after<rules::Branch>({.branch_size = 7}, leave), "");
  EXPECT_EQ(after<rules::Branch>({.branch_size = 20, .resource_sd = 0.1}, leave), "");
}

TEST(Unsound, IsNothingInACovarianceThatHasLearnedAMillionSteps) {
  const auto leave = [](std::span<Real>) {};
  constexpr Index steps = 1'000'000;
  for (const auto rate : {various_rate, correlated_rate}) {
    EXPECT_EQ(after<rules::Rls>({}, leave, steps, rate), "");
    EXPECT_EQ(after<rules::Rls>({.alpha = 1e-3}, leave, steps, rate), "");
    EXPECT_EQ(after<rules::Branch>({.branch_size = 7}, leave, steps, rate), "");
    EXPECT_EQ(after<rules::Branch>({.branch_size = 20, .resource_sd = 0.1}, leave, steps, rate), "");
  }
}

TEST(Unsound, IsACovarianceThatIsNotSymmetric) {
  const auto spoil = [](std::span<Real> values) { values[3] += 1e-3; };
  EXPECT_NE(after<rules::Rls>({}, spoil).find("not symmetric"), std::string::npos);
  EXPECT_NE(after<rules::Branch>({.branch_size = 7}, spoil).find("branch from neuron 0 is not symmetric"),
            std::string::npos);
}

TEST(Unsound, IsACovarianceThatIsNotPositiveDefinite) {
  const auto spoil = [](std::span<Real> values) { values[0] = 1e-9; };
  EXPECT_NE(after<rules::Rls>({}, spoil).find("not positive definite"), std::string::npos);
  EXPECT_NE(after<rules::Branch>({.branch_size = 7}, spoil).find("not positive definite"), std::string::npos);
}

TEST(NeverOvershoots, IsKnownOfBayesWithAtLeastAsMuchPrecisionAsNeurons) {
  const rules::Synapses synapses{10, {0, 10}, 1, core::Philox(1)};
  EXPECT_TRUE(rules::Bayes({}, synapses).never_overshoots());
  EXPECT_FALSE(rules::Bayes({.kappa = 9}, synapses).never_overshoots());
  EXPECT_FALSE(rules::Bayes({.drift = 1e-3}, synapses).never_overshoots());
  EXPECT_TRUE(rules::Bayes({.drift = 1e-3}, synapses).rates_may_rise());
  EXPECT_FALSE(rules::Bayes({}, synapses).rates_may_rise());
}

// S grows by r^2 <= 1 in each step. In double it still grows at 10^9 steps: the last bit of 10^9 is worth 1.2e-7, so
// that only rates below 3e-4 are lost there.
TEST(Bayes, StillGrowsMoreCertainAfterABillionSteps) {
  rules::Bayes rule({.kappa = 1e9}, {1, {0, 1}, 1, core::Philox(1)});
  std::vector<Real> weights(1);
  std::vector<Real> before(1);
  std::vector<Real> now(1);
  rule.learning_rate(before);
  rule.learn(std::vector<Real>{1e-3}, std::vector<Real>{0.0}, weights);
  rule.learning_rate(now);
  EXPECT_LT(now[0], before[0]);
}

}  // namespace
