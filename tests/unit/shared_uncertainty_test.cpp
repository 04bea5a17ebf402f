#include <gtest/gtest.h>

#include <cmath>
#include <numeric>
#include <vector>

#include "bayres/kernels/random.hpp"
#include "bayres/rules/bayes.hpp"
#include "bayres/rules/branch.hpp"
#include "bayres/rules/rls.hpp"
#include "state_visit.hpp"

namespace bayres::rules {
namespace {

using Values = std::vector<Real>;

constexpr std::size_t z(Index i) { return static_cast<std::size_t>(i); }

/// Uniform in (-1, 1), a pure function of the row.
Values uniform(Index n, Index row) {
  Values values(z(n));
  for (Index i = 0; i < n; ++i) {
    values[z(i)] = 2 * core::Philox(3).uniform(core::Stream::task_input, row, i) - 1;
  }
  return values;
}

/// One readout whose synapses are spread over spans of whole blocks, and V, which is reduced over them.
template <class R>
class Readout {
 public:
  Readout(typename R::Parameters parameters, Index neurons, const std::vector<Range>& spans)
      : parameters_(parameters), neurons_(neurons), spans_(spans) {
    for (const Range own : spans) {
      rules_.emplace_back(parameters, Synapses{neurons, own, 1, core::Philox(7)});
      weights_.emplace_back(z(own.size()));
    }
  }
  Readout(typename R::Parameters parameters, Index neurons) : Readout(parameters, neurons, {{0, neurons}}) {}

  void learn(const Values& rates, Real delta) {
    Values blocks;
    for (std::size_t s = 0; s < spans_.size(); ++s) {
      Values own(z((spans_[s].size() + core::Partition::block_size - 1) / core::Partition::block_size));
      rules_[s].uncertainty(heard(rates, s), own);
      blocks.insert(blocks.end(), own.begin(), own.end());
    }
    V = std::accumulate(blocks.begin(), blocks.end(), Real{0});
    learn_with(rates, delta, V);
  }

  /// The second half of a step, with any V.
  void learn_with(const Values& rates, Real delta, Real variance) {
    for (std::size_t s = 0; s < spans_.size(); ++s) {
      rules_[s].learn(heard(rates, s), Values{delta}, weights_[s], variance);
    }
  }

  [[nodiscard]] Values weights() const {
    Values all;
    for (const auto& part : weights_) all.insert(all.end(), part.begin(), part.end());
    return all;
  }
  [[nodiscard]] Values variances() const {
    Values all(z(neurons_));
    for (std::size_t s = 0; s < spans_.size(); ++s) {
      rules_[s].learning_rate(std::span(all).subspan(z(spans_[s].first), z(spans_[s].size())));
    }
    return all;
  }
  [[nodiscard]] R& rule() { return rules_[0]; }

  Real V = 0;

 private:
  [[nodiscard]] Values heard(const Values& rates, std::size_t s) const {
    Range seen = spans_[s];
    if constexpr (BranchRule<R>) seen = R::reach(parameters_, {neurons_, seen, 1});
    return {rates.begin() + seen.first, rates.begin() + seen.last};
  }

  typename R::Parameters parameters_;
  Index neurons_;
  std::vector<Range> spans_;
  std::vector<R> rules_;
  std::vector<Values> weights_;
};

void expect_near(const Values& values, const Values& expected, Real tolerance) {
  ASSERT_EQ(values.size(), expected.size());
  for (std::size_t i = 0; i < values.size(); ++i) EXPECT_NEAR(values[i], expected[i], tolerance) << i;
}

// Rates (1/2, -1/2, 1/4) with delta 2, then (1/5, 2/5, -3/5) with delta -1, kappa = 1 by default.
const Values first_rates{0.5, -0.5, 0.25};
const Values second_rates{0.2, 0.4, -0.6};

TEST(SharedUncertainty, OfSingleSynapsesIsAsWorkedByHand) {
  Readout<Bayes> shared({.others = "shared"}, 3);
  shared.learn(first_rates, 2);
  // alpha = 1: V = 1/4 + 1/4 + 1/16 = 9/16, w = 2 r/(1 + V) = 32/25 r.
  EXPECT_NEAR(shared.V, 9.0 / 16, 1e-15);
  expect_near(shared.weights(), {16.0 / 25, -16.0 / 25, 8.0 / 25}, 1e-15);
  expect_near(shared.variances(), {0.8, 0.8, 16.0 / 17}, 1e-15);
  shared.learn(second_rates, -1);
  // V = 0.8 * 0.04 + 0.8 * 0.16 + 16/17 * 0.36.
  const Real V = 0.16 + 16.0 / 17 * 0.36;
  EXPECT_NEAR(shared.V, V, 1e-15);
  expect_near(shared.weights(), {0.64 - 0.16 / (1 + V), -0.64 - 0.32 / (1 + V), 0.32 + 16.0 / 17 * 0.6 / (1 + V)},
              1e-15);

  Readout<Bayes> joint({.others = "joint"}, 3);
  joint.learn(first_rates, 2);
  expect_near(joint.weights(), {16.0 / 25, -16.0 / 25, 8.0 / 25}, 1e-15);
  // alpha = 1 - r^2/(1 + V): 1 - 4/25, 1 - 4/25, 1 - 1/25.
  expect_near(joint.variances(), {0.84, 0.84, 0.96}, 1e-15);
}

TEST(SharedUncertainty, OfBranchesIsAsWorkedByHand) {
  for (const char* others : {"shared", "joint"}) {
    Readout<Branch> branch({.branch_size = 2, .others = others}, 3);
    branch.learn(first_rates, 2);
    EXPECT_NEAR(branch.V, 9.0 / 16, 1e-15);
    expect_near(branch.weights(), {16.0 / 25, -16.0 / 25, 8.0 / 25}, 1e-15);
    // A -= k k^T/(1 + q) with q = 1/2 and 1/16, or with V in the place of q.
    if (std::string(others) == "shared") expect_near(branch.variances(), {5.0 / 6, 5.0 / 6, 16.0 / 17}, 1e-15);
    if (std::string(others) == "joint") expect_near(branch.variances(), {0.84, 0.84, 0.96}, 1e-15);
  }
}

TEST(SharedUncertainty, OfBranchesOfOneSynapseIsThatOfBayes) {
  constexpr Index n = 150;
  for (const char* others : {"shared", "joint"}) {
    Readout<Bayes> bayes({.others = others}, n);
    Readout<Branch> branch({.branch_size = 1, .others = others}, n);
    for (Index step = 0; step < 200; ++step) {
      bayes.learn(uniform(n, step), std::sin(static_cast<Real>(step)));
      branch.learn(uniform(n, step), std::sin(static_cast<Real>(step)));
      ASSERT_NEAR(bayes.V, branch.V, 1e-12 * bayes.V);
    }
    expect_near(bayes.weights(), branch.weights(), 1e-13);
    expect_near(bayes.variances(), branch.variances(), 1e-13);
  }
}

TEST(SharedUncertainty, OfOneBranchOfAllSynapsesIsRls) {
  constexpr Index n = 40;
  const auto alone = [](std::span<const Real> own, std::span<Real> all) { std::ranges::copy(own, all.begin()); };
  for (const Real forgetting : {1.0, 0.98}) {
    for (const char* others : {"shared", "joint"}) {
      Readout<Branch> branch({.branch_size = n, .others = others, .forgetting = forgetting}, n);
      Rls rls({.forgetting = forgetting}, Synapses{n, {0, n}, 1});
      Values weights(z(n));
      for (Index step = 0; step < 300; ++step) {
        const Values rates = uniform(n, step);
        const Real delta = std::cos(static_cast<Real>(step));
        branch.learn(rates, delta);
        rls.learn(rates, Values{delta}, std::span<Real>(weights), alone);
      }
      expect_near(branch.weights(), weights, 1e-12);
      Values variances(z(n));
      rls.learning_rate(variances);
      expect_near(branch.variances(), variances, 1e-12);
    }
  }
}

TEST(SharedUncertainty, WithItsOwnPartAloneIsThePriorsRule) {
  // One synapse: V is its own r.A r, and 1 + V what the rule divides by without sharing.
  Readout<Bayes> shared({.kappa = 1, .others = "shared"}, 1);
  Bayes prior({.kappa = 1}, Synapses{1, {0, 1}, 1});
  Values weights{0};
  for (Index step = 0; step < 100; ++step) {
    const Values rates = uniform(1, step);
    shared.learn(rates, 0.5);
    prior.learn(rates, Values{0.5}, weights);
  }
  expect_near(shared.weights(), weights, 1e-15);
}

TEST(SharedUncertainty, HasTheSameBitsOnAnyDivisionOfTheNeurons) {
  constexpr Index n = 200;
  const std::vector<std::vector<Range>> divisions{
      {{0, 64}, {64, 200}}, {{0, 64}, {64, 128}, {128, 200}}, {{0, 0}, {0, 192}, {192, 200}}, {{0, 200}, {200, 200}}};
  for (const Index branch_size : {1, 4, 20, 64, 100, 200}) {
    for (const char* others : {"shared", "joint"}) {
      const Branch::Parameters parameters{.branch_size = branch_size, .others = others, .forgetting = 0.99};
      Readout<Branch> whole(parameters, n);
      for (Index step = 0; step < 40; ++step) whole.learn(uniform(n, step), 0.3);
      for (const auto& spans : divisions) {
        Readout<Branch> parts(parameters, n, spans);
        for (Index step = 0; step < 40; ++step) parts.learn(uniform(n, step), 0.3);
        EXPECT_EQ(parts.weights(), whole.weights());
        EXPECT_EQ(parts.variances(), whole.variances());
        EXPECT_EQ(parts.V, whole.V);
      }
    }
  }
}

TEST(SharedUncertainty, OfCovariancesInFloat32IsTheSameButForRounding) {
  constexpr Index n = 200;
  for (const Index branch_size : {20, 64}) {
    Branch::Parameters parameters{.branch_size = branch_size, .others = "shared", .forgetting = 0.999};
    Readout<Branch> wide(parameters, n);
    parameters.covariance_type = "float32";
    Readout<Branch> narrow(parameters, n);
    Readout<Branch> in_parts(parameters, n, {{0, 64}, {64, 200}});
    for (Index step = 0; step < 500; ++step) {
      for (auto* readout : {&wide, &narrow, &in_parts}) readout->learn(uniform(n, step), 0.3);
    }
    EXPECT_NE(narrow.variances(), wide.variances());
    expect_near(narrow.variances(), wide.variances(), 1e-5);  // of 1 before
    expect_near(narrow.weights(), wide.weights(), 1e-4);
    EXPECT_EQ(narrow.weights(), in_parts.weights());
    EXPECT_EQ(narrow.rule().unsound(0), "");
    const Synapses all{n, {0, n}, 1};
    EXPECT_LT(static_cast<Real>(Branch::bytes(parameters, all)),
              0.6 * static_cast<Real>(Branch::bytes({.branch_size = branch_size}, all)));
  }
}

TEST(SharedUncertainty, NeverCorrectsMoreThanTheWholeError) {
  constexpr Index n = 100;
  for (const Real kappa : {1e-6, 1.0, 1e3}) {
    Readout<Bayes> bayes({.kappa = kappa, .drift = 0.01, .others = "shared"}, n);
    for (Index step = 0; step < 50; ++step) {
      const Values rates = uniform(n, step);
      const Values before = bayes.weights();
      bayes.learn(rates, 1);
      Real correction = 0;
      for (std::size_t i = 0; i < rates.size(); ++i) correction += (bayes.weights()[i] - before[i]) * rates[i];
      EXPECT_NEAR(correction, bayes.V / (1 + bayes.V), 1e-12);
      EXPECT_LT(correction, 1);
    }
  }
}

TEST(SharedUncertainty, OfAStepThatIsNotLearnedFromChangesNothing) {
  constexpr Index n = 30;
  Readout<Branch> with({.branch_size = 10, .others = "shared"}, n);
  Readout<Branch> without({.branch_size = 10, .others = "shared"}, n);
  Values ignored(1);
  for (Index step = 0; step < 20; ++step) {
    with.rule().uncertainty(uniform(n, 1000 + step), ignored);
    with.learn(uniform(n, step), 1);
    without.learn(uniform(n, step), 1);
  }
  expect_near(with.weights(), without.weights(), 1e-14);
}

TEST(SharedUncertainty, HasAnotherKappaByDefault) {
  EXPECT_EQ(Bayes::Parameters{.others = "shared"}.resolved(50).kappa, 1);
  EXPECT_EQ(Bayes::Parameters{}.resolved(50).kappa, 50);
  EXPECT_EQ((Branch::Parameters{.branch_size = 10, .others = "joint"}.resolved(50).kappa), 1);
  EXPECT_EQ((Branch::Parameters{.branch_size = 10}.resolved(50).kappa), 41);
  EXPECT_EQ((Branch::Parameters{.others = "joint"}.idle().size()), 1U);
  EXPECT_FALSE(Bayes({.kappa = 100, .others = "shared"}, {3, {0, 3}, 1}).never_overshoots());
}

/// The equation of `rls` with forgetting, where nothing is pending and no factor is kept apart.
TEST(Forgetting, IsAsItsEquationSays) {
  constexpr Index n = 5;
  constexpr Real lambda = 0.9;
  const auto alone = [](std::span<const Real> own, std::span<Real> all) { std::ranges::copy(own, all.begin()); };
  Rls rls({.alpha = 2, .forgetting = lambda}, Synapses{n, {0, n}, 1});
  std::vector<Values> P(z(n), Values(z(n)));
  for (std::size_t i = 0; i < z(n); ++i) P[i][i] = 0.5;
  Values w(z(n));
  Values weights(z(n));
  int forgotten = 0;
  for (Index step = 0; step < 500; ++step) {
    const Values r = uniform(n, step);
    const Real delta = std::sin(static_cast<Real>(step));
    Real trace = 0;
    for (std::size_t i = 0; i < z(n); ++i) trace += P[i][i];
    if (trace <= n * 0.5) {
      ++forgotten;
      for (auto& row : P) {
        for (Real& value : row) value /= lambda;
      }
    }
    Values k(z(n));
    for (std::size_t i = 0; i < z(n); ++i) k[i] = std::inner_product(r.begin(), r.end(), P[i].begin(), Real{0});
    const Real c = 1 / (1 + std::inner_product(r.begin(), r.end(), k.begin(), Real{0}));
    for (std::size_t i = 0; i < z(n); ++i) {
      w[i] += c * k[i] * delta;
      for (std::size_t j = 0; j < z(n); ++j) P[i][j] -= c * (k[i] * k[j]);  // as symmetric as P
    }
    rls.learn(r, Values{delta}, std::span<Real>(weights), alone);
  }
  EXPECT_GT(forgotten, 400);  // and the bound on the trace holds in the rest
  EXPECT_LT(forgotten, 500);
  expect_near(weights, w, 1e-12);
}

// Without the bound the directions that the rates leave out would grow by 0.99^-1000000.
TEST(Forgetting, DoesNotWindUpInAMillionSteps) {
  constexpr Index n = 8;
  const auto alone = [](std::span<const Real> own, std::span<Real> all) { std::ranges::copy(own, all.begin()); };
  Readout<Branch> branch({.branch_size = 4, .others = "shared", .forgetting = 0.99}, n);
  Rls rls({.forgetting = 0.99}, Synapses{n, {0, n}, 1});
  Values weights(z(n));
  for (Index step = 0; step < 1'000'000; ++step) {
    Values r(z(n));
    r[0] = step % 2 == 0 ? 1 : -1;  // one direction of one branch; the other branch is silent
    branch.learn(r, 0.1);
    rls.learn(r, Values{0.1}, std::span<Real>(weights), alone);
  }
  Values variances(z(n));
  rls.learning_rate(variances);
  const Values of_branches = branch.variances();
  const auto sum = [](const Values& values, std::size_t first, std::size_t last) {
    return std::accumulate(values.begin() + static_cast<Index>(first), values.begin() + static_cast<Index>(last), 0.0);
  };
  EXPECT_GT(*std::ranges::min_element(variances), 0);
  EXPECT_LE(sum(variances, 0, 8), 8 / 0.99);
  EXPECT_GT(*std::ranges::min_element(of_branches), 0);
  EXPECT_LE(sum(of_branches, 0, 4), 4 / 0.99);
  EXPECT_LE(sum(of_branches, 4, 8), 4 / 0.99);
  EXPECT_EQ(rls.unsound(alone), "");
  EXPECT_EQ(branch.rule().unsound(alone), "");
}

}  // namespace
}  // namespace bayres::rules
