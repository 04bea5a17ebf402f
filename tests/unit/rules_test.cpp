#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <barrier>
#include <cmath>
#include <cstdint>
#include <span>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "bayres/core/kernels.hpp"
#include "bayres/core/random.hpp"
#include "bayres/rules/registry.hpp"

namespace bayres::rules {
namespace {

using Values = std::vector<Real>;

constexpr std::size_t z(Index i) { return static_cast<std::size_t>(i); }

/// Uniform in (-1, 1), a pure function of the row.
Values uniform(Index n, Index row, std::uint64_t seed = 1) {
  Values values(z(n));
  for (Index i = 0; i < n; ++i) {
    values[z(i)] = 2 * core::Philox(seed).uniform(core::Stream::task_input, row, i) - 1;
  }
  return values;
}

/// The readouts of one learner with their synapses spread over spans of neurons, as over ranks.
template <class R>
class Learner {
 public:
  Learner(typename R::Parameters parameters, Index neurons, Index outputs, const std::vector<Range>& spans)
      : neurons_(neurons), outputs_(outputs), spans_(spans) {
    for (const Range own : spans) {
      rules_.emplace_back(parameters.resolved(neurons), Synapses{neurons, own, outputs});
      weights_.emplace_back(z(outputs * own.size()));
    }
  }
  Learner(typename R::Parameters parameters, Index neurons, Index outputs = 1)
      : Learner(parameters, neurons, outputs, {{0, neurons}}) {}

  /// `rates` of all neurons.
  void learn(const Values& rates, const Values& delta) {
    if constexpr (CollectiveRule<R>) {
      learn_together(rates, delta);
    } else {
      for (std::size_t s = 0; s < spans_.size(); ++s) {
        Range seen = spans_[s];
        if constexpr (BranchRule<R>) seen = rules_[s].reach();
        // Aligned differently from the whole, and with nothing of the other neurons behind it.
        const Values part(rates.begin() + seen.first, rates.begin() + seen.last);
        rules_[s].learn(part, delta, weights_[s]);
      }
    }
  }

  void set_weights(const Values& all) {
    for (std::size_t s = 0; s < spans_.size(); ++s) {
      const Index n = spans_[s].size();
      for (Index m = 0; m < outputs_; ++m) {
        for (Index i = 0; i < n; ++i) weights_[s][z(m * n + i)] = all[z(m * neurons_ + spans_[s].first + i)];
      }
    }
  }

  /// outputs x neurons.
  [[nodiscard]] Values weights() const {
    Values all(z(outputs_ * neurons_));
    for (std::size_t s = 0; s < spans_.size(); ++s) {
      const Index n = spans_[s].size();
      for (Index m = 0; m < outputs_; ++m) {
        for (Index i = 0; i < n; ++i) all[z(m * neurons_ + spans_[s].first + i)] = weights_[s][z(m * n + i)];
      }
    }
    return all;
  }

  [[nodiscard]] Values learning_rates() const {
    Values all(z(neurons_));
    if constexpr (HasLearningRate<R>) {
      for (std::size_t s = 0; s < spans_.size(); ++s) {
        rules_[s].learning_rate(std::span(all).subspan(z(spans_[s].first), z(spans_[s].size())));
      }
    }
    return all;
  }

  /// z_m for rates of all neurons.
  [[nodiscard]] Values outputs(const Values& rates) const {
    const Values w = weights();
    Values result(z(outputs_));
    for (Index m = 0; m < outputs_; ++m) {
      for (Index i = 0; i < neurons_; ++i) result[z(m)] += w[z(m * neurons_ + i)] * rates[z(i)];
    }
    return result;
  }

 private:
  /// One thread for each span, as a collective rule waits for the others.
  void learn_together(const Values& rates, const Values& delta) {
    core::AlignedVector<Real> padded(z(core::kernels::padded(neurons_)));
    std::copy(rates.begin(), rates.end(), padded.begin());
    Values joined(z(neurons_));
    std::barrier<> barrier(static_cast<std::ptrdiff_t>(spans_.size()));
    std::vector<std::thread> threads;
    for (std::size_t s = 0; s < spans_.size(); ++s) {
      threads.emplace_back([&, s] {
        auto gather = [&](std::span<const Real> own, std::span<Real> all) {
          std::copy(own.begin(), own.end(), joined.begin() + spans_[s].first);
          barrier.arrive_and_wait();
          std::copy(joined.begin(), joined.end(), all.begin());
          barrier.arrive_and_wait();
        };
        if constexpr (CollectiveRule<R>) rules_[s].learn(padded, delta, weights_[s], gather);
      });
    }
    for (auto& thread : threads) thread.join();
  }

  Index neurons_;
  Index outputs_;
  std::vector<Range> spans_;
  std::vector<R> rules_;
  std::vector<Values> weights_;
};

/// Divisions of 200 neurons on whole blocks, some of them empty.
const std::vector<std::vector<Range>> divisions{
    {{0, 64}, {64, 200}},           {{0, 128}, {128, 200}}, {{0, 64}, {64, 128}, {128, 200}},
    {{0, 0}, {0, 192}, {192, 200}}, {{0, 200}, {200, 200}},
};

template <class R>
void expect_division_to_keep_bits(typename R::Parameters parameters) {
  constexpr Index n = 200;
  constexpr Index steps = 12;
  const auto run = [&](const std::vector<Range>& spans) {
    Learner<R> learner(parameters, n, 2, spans);
    learner.set_weights(uniform(2 * n, 1000));
    for (Index step = 0; step < steps; ++step) learner.learn(uniform(n, step), uniform(2, step, 2));
    return std::pair(learner.weights(), learner.learning_rates());
  };
  const auto whole = run({{0, n}});
  for (const auto& spans : divisions) {
    const auto divided = run(spans);
    EXPECT_EQ(divided.first, whole.first) << "weights, " << spans.size() << " spans, first ends at " << spans[0].last;
    EXPECT_EQ(divided.second, whole.second) << "rates, " << spans.size() << " spans, first ends at " << spans[0].last;
  }
}

template <class R>
class EveryRule : public testing::Test {};

template <class List>
struct TypesOf;
template <class... Types>
struct TypesOf<core::TypeList<Types...>> {
  using type = testing::Types<Types...>;
};

struct RuleName {
  template <class R>
  static std::string GetName(int) {
    return std::string(R::info.name);
  }
};

TYPED_TEST_SUITE(EveryRule, TypesOf<Registry>::type, RuleName);

TYPED_TEST(EveryRule, IsOfExactlyOneKind) {
  EXPECT_EQ(int{LocalRule<TypeParam>} + int{BranchRule<TypeParam>} + int{CollectiveRule<TypeParam>}, 1);
}

TYPED_TEST(EveryRule, IsDescribed) {
  EXPECT_FALSE(TypeParam::info.name.empty());
  EXPECT_FALSE(TypeParam::info.equation.empty());
  EXPECT_FALSE(TypeParam::info.locality.empty());
  EXPECT_FALSE(TypeParam::info.source.empty());
}

TYPED_TEST(EveryRule, ChangesNoWeightWhenDeltaIsZero) {
  constexpr Index n = 130;
  Learner<TypeParam> learner({}, n, 2);
  for (Index step = 0; step < 5; ++step) learner.learn(uniform(n, step), uniform(2, step, 2));
  const Values before = learner.weights();
  for (Index step = 5; step < 10; ++step) learner.learn(uniform(n, step), {0, 0});
  EXPECT_EQ(learner.weights(), before);
}

TYPED_TEST(EveryRule, LearnsSomethingWhenDeltaIsNotZero) {
  constexpr Index n = 130;
  Learner<TypeParam> learner({}, n);
  const Values rates = uniform(n, 0);
  learner.learn(rates, {1});
  EXPECT_GT(learner.outputs(rates)[0], 0);
}

TYPED_TEST(EveryRule, HasTheSameBitsOnOneSpanAndOnSeveral) { expect_division_to_keep_bits<TypeParam>({}); }

TYPED_TEST(EveryRule, StaysFiniteOverManyRandomSteps) {
  constexpr Index n = 70;
  Learner<TypeParam> learner({}, n);
  for (Index step = 0; step < 2000; ++step) {
    const Values rates = uniform(n, step);
    const Real target = std::sin(0.1 * static_cast<Real>(step));
    learner.learn(rates, {target - learner.outputs(rates)[0]});
  }
  for (const Real weight : learner.weights()) ASSERT_TRUE(std::isfinite(weight));
  for (const Real rate : learner.learning_rates()) ASSERT_TRUE(std::isfinite(rate));
}

TYPED_TEST(EveryRule, HasPositiveLearningRatesThatNeverRise) {
  if constexpr (HasLearningRate<TypeParam>) {
    constexpr Index n = 70;
    Learner<TypeParam> learner({}, n);
    Values before = learner.learning_rates();
    for (const Real rate : before) EXPECT_GT(rate, 0);
    for (Index step = 0; step < 1000; ++step) {
      learner.learn(uniform(n, step), uniform(1, step, 2));
      const Values after = learner.learning_rates();
      for (std::size_t i = 0; i < after.size(); ++i) {
        ASSERT_GT(after[i], 0) << "synapse " << i << ", step " << step;
        ASSERT_LE(after[i], before[i]) << "synapse " << i << ", step " << step;
      }
      before = after;
    }
    for (std::size_t i = 0; i < before.size(); ++i) EXPECT_LT(before[i], Learner<TypeParam>({}, n).learning_rates()[i]);
  }
}

TYPED_TEST(EveryRule, TeachesEachOfTwoReadoutsAsIfItWereAlone) {
  constexpr Index n = 130;
  Learner<TypeParam> both({}, n, 2);
  Learner<TypeParam> first({}, n);
  Learner<TypeParam> second({}, n);
  for (Index step = 0; step < 20; ++step) {
    const Values rates = uniform(n, step);
    const Values delta = uniform(2, step, 2);
    both.learn(rates, delta);
    first.learn(rates, {delta[0]});
    second.learn(rates, {delta[1]});
  }
  Values alone = first.weights();
  const Values other = second.weights();
  alone.insert(alone.end(), other.begin(), other.end());
  EXPECT_EQ(both.weights(), alone);
}

TYPED_TEST(EveryRule, IsAValueWhoseCopyLearnsOnItsOwn) {
  constexpr Index n = 70;
  Learner<TypeParam> original({}, n);
  original.learn(uniform(n, 0), {1});
  const Learner<TypeParam> frozen = original;
  Learner<TypeParam> twin = original;
  original.learn(uniform(n, 1), {-0.5});
  EXPECT_NE(original.weights(), frozen.weights());
  twin.learn(uniform(n, 1), {-0.5});
  EXPECT_EQ(twin.weights(), original.weights());
  EXPECT_EQ(twin.learning_rates(), original.learning_rates());
}

TYPED_TEST(EveryRule, NeedsNoLessMemoryForMoreSynapses) {
  const typename TypeParam::Parameters parameters{};
  const auto bytes = [&](Index n) { return TypeParam::bytes(parameters.resolved(n), Synapses{n, {0, n}, 1}); };
  EXPECT_GE(bytes(64), 0);
  EXPECT_GE(bytes(128), bytes(64));
}

TYPED_TEST(EveryRule, ResolvesParametersOnceAndForAll) {
  const auto once = typename TypeParam::Parameters{}.resolved(100);
  const auto twice = once.resolved(200);
  for (const auto& one : TypeParam::Parameters::parameters()) {
    EXPECT_NE(core::value_text(once, one), "auto") << one.name;
    EXPECT_EQ(core::value_text(twice, one), core::value_text(once, one)) << one.name;
  }
}

void expect_near(const Values& values, const Values& expected, Real tolerance) {
  ASSERT_EQ(values.size(), expected.size());
  for (std::size_t i = 0; i < values.size(); ++i) EXPECT_NEAR(values[i], expected[i], tolerance) << i;
}

// Examples worked by hand: rates (1/2, -1/2, 1/4) with delta 2, then (1/5, 2/5, -3/5) with delta -1.
const Values first_rates{0.5, -0.5, 0.25};
const Values second_rates{0.2, 0.4, -0.6};

template <class R>
void expect_example(typename R::Parameters parameters, const Values& first, const Values& second) {
  Learner<R> learner(parameters, 3);
  learner.learn(first_rates, {2});
  expect_near(learner.weights(), first, 1e-15);
  learner.learn(second_rates, {-1});
  expect_near(learner.weights(), second, 1e-15);
}

TEST(Delta, LearnsAsWorkedByHand) { expect_example<Delta>({.eta = 0.1}, {0.1, -0.1, 0.05}, {0.08, -0.14, 0.11}); }

TEST(Bayes, LearnsAsWorkedByHand) {
  // 1/alpha = 3 + S: (3.25, 3.25, 3.0625), then (3.29, 3.41, 3.4225).
  expect_example<Bayes>({}, {1 / 3.25, -1 / 3.25, 0.5 / 3.0625},
                        {1 / 3.25 - 0.2 / 3.29, -1 / 3.25 - 0.4 / 3.41, 0.5 / 3.0625 + 0.6 / 3.4225});
  expect_example<Bayes>({}, {0.3076923076923077, -0.3076923076923077, 0.1632653061224490},
                        {0.2469020341360767, -0.4249943604782315, 0.3385757517031648});
}

TEST(Bayes, LearnsWithDriftAsWorkedByHand) {
  // alpha: 1/2 + 1/2 = 1, so (1/1.25, 1/1.25, 1/1.0625); then + 1/2 and 1/alpha + r^2 again.
  const Bayes::Parameters parameters{.kappa = 2, .drift = 0.5};
  expect_example<Bayes>(parameters, {0.8, -0.8, 0.4705882352941176},
                        {0.5528517110266160, -1.2304635761589404, 1.0399143390896250});
  Learner<Bayes> learner(parameters, 3);
  learner.learn(first_rates, {2});
  expect_near(learner.learning_rates(), {0.8, 0.8, 16.0 / 17}, 1e-15);
  learner.learn(second_rates, {-1});
  expect_near(learner.learning_rates(), {1.2357414448669202, 1.0761589403973510, 0.9488768396591789}, 1e-15);
}

TEST(Branch, LearnsAsWorkedByHand) {
  // Branches {0, 1} and {2}, A(0) = I/2. First k = (1/4, -1/4), c = 5/4, A = [[0.45, 0.05], [0.05, 0.45]];
  // then k = (0.11, 0.19), c = 1.098. Alone: k = 1/8, c = 33/32, A = 16/33.
  const Branch::Parameters parameters{.branch_size = 2, .kappa = 2};
  expect_example<Branch>(parameters, {0.4, -0.4, 8.0 / 33},
                         {0.4 - 0.11 / 1.098, -0.4 - 0.19 / 1.098, 0.4901022610000938});
  Learner<Branch> learner(parameters, 3);
  expect_near(learner.learning_rates(), {0.5, 0.5, 0.5}, 1e-15);
  learner.learn(first_rates, {2});
  expect_near(learner.learning_rates(), {0.45, 0.45, 16.0 / 33}, 1e-15);
  learner.learn(second_rates, {-1});
  expect_near(learner.learning_rates(), {0.4389799635701275, 0.4171220400728597, 0.4127966976264190}, 1e-15);
}

TEST(Rls, LearnsAsWorkedByHand) {
  // P(0) = I/2: k = (1/4, -1/4, 1/8), 1/c = 1 + 0.28125, so w = 2 c k = (16, -16, 8)/41.
  const Rls::Parameters parameters{.alpha = 2};
  expect_example<Rls>(parameters, {16.0 / 41, -16.0 / 41, 8.0 / 41},
                      {0.2921292429546073, -0.5287587158287896, 0.4221323398305164});
  Learner<Rls> learner(parameters, 3);
  learner.learn(first_rates, {2});
  expect_near(learner.learning_rates(), {0.4512195121951220, 0.4512195121951220, 0.4878048780487805}, 1e-15);
  learner.learn(second_rates, {-1});
  expect_near(learner.learning_rates(), {0.4390150057714506, 0.4268949595998461, 0.4224701808387841}, 1e-15);
}

TEST(Bayes, TakesTheNumberOfNeuronsForKappaByDefault) {
  expect_near(Learner<Bayes>({}, 50).learning_rates(), Values(50, 1.0 / 50), 1e-17);
  expect_near(Learner<Bayes>({.kappa = 8}, 50).learning_rates(), Values(50, 1.0 / 8), 1e-17);
}

TEST(Bayes, HasARateThatIsOneOverKappaPlusTheSumOfSquares) {
  constexpr Index n = 66;
  Learner<Bayes> learner({.kappa = 5}, n);
  Values precision(n, 5);
  for (Index step = 0; step < 300; ++step) {
    const Values rates = uniform(n, step);
    for (std::size_t i = 0; i < n; ++i) precision[i] += rates[i] * rates[i];
    learner.learn(rates, {0.1});
  }
  Values expected;
  for (const Real value : precision) expected.push_back(1 / value);
  expect_near(learner.learning_rates(), expected, 1e-15);
}

TEST(Bayes, IsTheLimitOfASmallDrift) {
  constexpr Index n = 20;
  Learner<Bayes> still({}, n);
  Learner<Bayes> drifting({.drift = 1e-14}, n);
  for (Index step = 0; step < 300; ++step) {
    still.learn(uniform(n, step), uniform(1, step, 2));
    drifting.learn(uniform(n, step), uniform(1, step, 2));
  }
  expect_near(drifting.weights(), still.weights(), 1e-9);
  expect_near(drifting.learning_rates(), still.learning_rates(), 1e-10);
}

TEST(Bayes, KeepsItsRatesFromVanishingWhenTheTargetDrifts) {
  // In equilibrium alpha = v with 1/v = 1/(v + q) + r^2, so v (v + q) = q / r^2.
  const Real q = 1e-4;
  const Real r = 0.5;
  Learner<Bayes> learner({.drift = q}, 1);
  for (Index step = 0; step < 5000; ++step) learner.learn({r}, {0});
  const Real v = learner.learning_rates()[0];
  EXPECT_NEAR(v * (v + q), q / (r * r), 1e-12);
}

TEST(Branch, IsBayesWhenABranchIsOneSynapse) {
  constexpr Index n = 100;
  Learner<Branch> branch({.branch_size = 1}, n);
  Learner<Bayes> bayes({.kappa = n}, n);
  for (Index step = 0; step < 500; ++step) {
    branch.learn(uniform(n, step), uniform(1, step, 2));
    bayes.learn(uniform(n, step), uniform(1, step, 2));
  }
  expect_near(branch.weights(), bayes.weights(), 1e-12);
  expect_near(branch.learning_rates(), bayes.learning_rates(), 1e-12);
}

TEST(Branch, IsRlsWhenOneBranchHasAllSynapses) {
  constexpr Index n = 100;
  for (const Real rho : {1.0, 2.5}) {
    Learner<Branch> branch({.branch_size = n, .rho = rho}, n);
    Learner<Rls> rls({.alpha = rho}, n);
    for (Index step = 0; step < 300; ++step) {
      branch.learn(uniform(n, step), uniform(1, step, 2));
      rls.learn(uniform(n, step), uniform(1, step, 2));
    }
    expect_near(branch.weights(), rls.weights(), 1e-9);
    expect_near(branch.learning_rates(), rls.learning_rates(), 1e-9);
  }
}

TEST(Branch, TakesTheVarianceOutsideABranchForKappaByDefault) {
  const Branch::Parameters parameters{.branch_size = 20, .rho = 0.5};
  EXPECT_EQ(parameters.resolved(100).kappa, 80.5);
  expect_near(Learner<Branch>(parameters, 100).learning_rates(), Values(100, 1 / 80.5), 1e-17);
}

TEST(Branch, HasTheSameBitsWhenSpansDivideABranch) {
  for (const Index branch_size : {1, 7, 50, 64, 100, 128, 150, 200}) {
    SCOPED_TRACE(branch_size);
    expect_division_to_keep_bits<Branch>({.branch_size = branch_size});
  }
}

TEST(Branch, ReachesOverTheWholeBranchesOfItsOwnSynapses) {
  const auto reach = [](Index branch_size, Range own) {
    const Branch::Parameters parameters{.branch_size = branch_size};
    return Branch(parameters.resolved(200), {200, own, 1}).reach();
  };
  EXPECT_EQ(reach(50, {64, 128}), (Range{50, 150}));
  EXPECT_EQ(reach(64, {64, 128}), (Range{64, 128}));
  EXPECT_EQ(reach(150, {128, 200}), (Range{0, 200}));
  EXPECT_EQ(reach(30, {128, 200}), (Range{120, 200}));
  EXPECT_EQ(reach(20, {64, 64}).size(), 0);
}

TEST(Branch, LearnsOnEachBranchAsIfTheOthersWereNotThere) {
  constexpr Index n = 30;
  const Branch::Parameters parameters{.branch_size = 10, .kappa = 4};
  Learner<Branch> all(parameters, n);
  Learner<Branch> one(parameters, 10);
  for (Index step = 0; step < 20; ++step) {
    const Values rates = uniform(n, step);
    all.learn(rates, {0.5});
    one.learn(Values(rates.begin() + 10, rates.begin() + 20), {0.5});
  }
  const Values weights = all.weights();
  EXPECT_EQ(Values(weights.begin() + 10, weights.begin() + 20), one.weights());
}

/// How much of an error of 1 one update takes away: sum_i alpha_i r_i^2 for `bayes`.
template <class R>
Real correction(Learner<R>& learner, const Values& rates) {
  const Real before = learner.outputs(rates)[0];
  learner.learn(rates, {1});
  return learner.outputs(rates)[0] - before;
}

/// Rates from all but silent to saturated.
Values rates_of_activity(Index n, Index step) {
  const Real activity = std::array{1.0, 0.999999, 3.0, 0.01, 100.0}[z(step % 5)];
  Values rates = uniform(n, step);
  for (auto& r : rates) r = activity == 1.0 ? std::copysign(1.0, r) : std::tanh(activity * r);
  return rates;
}

TEST(Bayes, NeverCorrectsMoreThanTheWholeError) {
  for (const Index n : {1, 3, 100}) {
    for (const Real kappa : {static_cast<Real>(n), 3.0 * static_cast<Real>(n)}) {
      Learner<Bayes> learner({.kappa = kappa}, n);
      for (Index step = 0; step < 200; ++step) {
        const Real corrected = correction(learner, rates_of_activity(n, step));
        ASSERT_LE(corrected, 1) << n << " neurons, step " << step;
        ASSERT_GE(corrected, 0);
      }
    }
  }
}

TEST(Branch, NeverCorrectsMoreThanTheWholeErrorWithTheDefaultKappa) {
  constexpr Index n = 100;
  for (const Index branch_size : {1, 5, 20, 50, 100}) {
    Learner<Branch> learner({.branch_size = branch_size}, n);
    for (Index step = 0; step < 100; ++step) {
      ASSERT_LE(correction(learner, rates_of_activity(n, step)), 1 + 1e-12) << branch_size << ", step " << step;
    }
  }
}

TEST(Branch, OvershootsByAThirdAtMostWhenTheLastBranchIsShort) {
  // kappa is that of a whole branch, and so too small for a short one: the sum of B/(B + kappa) can exceed 1. The worst
  // case is B = N - 1 with a branch of one synapse left: (N - 1)/(N + 1) + 1/3 for rho = 1.
  constexpr Index n = 100;
  for (const Index branch_size : {3, 30, 51, 64, 99}) {
    Learner<Branch> learner({.branch_size = branch_size}, n);
    EXPECT_LE(correction(learner, Values(n, 1)), 4.0 / 3) << "branches of " << branch_size;
  }
}

TEST(Rls, NeverCorrectsMoreThanTheWholeError) {
  constexpr Index n = 100;
  Learner<Rls> learner({}, n);
  for (Index step = 0; step < 100; ++step) {
    ASSERT_LE(correction(learner, rates_of_activity(n, step)), 1 + 1e-9) << step;
  }
}

TEST(Delta, OvershootsWhenEtaTimesTheSumOfSquaresExceedsTwo) {
  constexpr Index n = 50;
  const Values rates(n, 0.5);  // sum r^2 = 12.5
  const auto error_after = [&](Real eta) {
    Learner<Delta> learner({.eta = eta}, n);
    return 1 - correction(learner, rates);
  };
  EXPECT_GT(std::abs(error_after(2.1 / 12.5)), 1);
  EXPECT_LT(std::abs(error_after(1.9 / 12.5)), 1);
  EXPECT_NEAR(error_after(1 / 12.5), 0, 1e-14);
}

TEST(Delta, DivergesWhereBayesSettles) {
  constexpr Index n = 50;
  Learner<Delta> delta({.eta = 2.1 / 12.5}, n);
  Learner<Bayes> bayes({}, n);
  const Values rates(n, 0.5);
  Real before = 1;
  for (int step = 0; step < 50; ++step) {
    delta.learn(rates, {1 - delta.outputs(rates)[0]});
    bayes.learn(rates, {1 - bayes.outputs(rates)[0]});
    const Real left = 1 - bayes.outputs(rates)[0];
    ASSERT_LT(std::abs(left), before);
    before = std::abs(left);
  }
  EXPECT_GT(std::abs(1 - delta.outputs(rates)[0]), 50);
}

TEST(Rls, IsRidgeRegressionOnWhatItHasSeen) {
  // w solves (alpha I + sum r r^T) w = sum r z*: the residual of the normal equations vanishes.
  constexpr Index n = 12;
  const Real alpha = 0.5;
  Learner<Rls> learner({.alpha = alpha}, n);
  std::vector<Values> seen;
  Values targets;
  for (Index step = 0; step < 40; ++step) {
    seen.push_back(uniform(n, step));
    targets.push_back(std::sin(static_cast<Real>(step)));
    learner.learn(seen.back(), {targets.back() - learner.outputs(seen.back())[0]});
  }
  const Values w = learner.weights();
  for (std::size_t i = 0; i < n; ++i) {
    Real residual = alpha * w[i];
    for (std::size_t t = 0; t < seen.size(); ++t) {
      residual += seen[t][i] * (learner.outputs(seen[t])[0] - targets[t]);
    }
    EXPECT_NEAR(residual, 0, 1e-12);
  }
}

}  // namespace
}  // namespace bayres::rules
