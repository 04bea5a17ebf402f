#include <gtest/gtest.h>

#include <Eigen/Core>

#include <Eigen/QR>
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

#include "bayres/core/settings.hpp"
#include "bayres/kernels/kernels.hpp"
#include "bayres/kernels/random.hpp"
#include "bayres/rules/registry.hpp"
#include "state_visit.hpp"

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
      : parameters_(parameters), neurons_(neurons), outputs_(outputs), spans_(spans) {
    for (const Range own : spans) {
      rules_.emplace_back(resolved(parameters, neurons), Synapses{neurons, own, outputs, core::Philox(7)});
      weights_.emplace_back(z(outputs * own.size()));
      if constexpr (HasInitialWeights<R>) rules_.back().initial_weights(weights_.back());
    }
  }
  Learner(typename R::Parameters parameters, Index neurons, Index outputs = 1)
      : Learner(parameters, neurons, outputs, {{0, neurons}}) {}

  /// `rates` of all neurons.
  void learn(const Values& rates, const Values& delta) {
    if constexpr (CollectiveRule<R>) {
      together([&](std::size_t s, auto& gather) { rules_[s].learn(rates, delta, weights_[s], gather); });
    } else {
      for (std::size_t s = 0; s < spans_.size(); ++s) {
        Range seen = spans_[s];
        if constexpr (BranchRule<R>) seen = R::reach(parameters_, {neurons_, seen, outputs_});
        // Aligned differently from the whole, and with nothing of the other neurons behind it.
        const Values part(rates.begin() + seen.first, rates.begin() + seen.last);
        rules_[s].learn(part, delta, weights_[s]);
      }
    }
  }

  /// The end of training.
  void finish() {
    if constexpr (FinishesTraining<R>) {
      together([&](std::size_t s, auto& gather) { rules_[s].finish_training(weights_[s], gather); });
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
  /// call(span, gather) with one thread for each span, as a collective rule waits for the others.
  template <class Call>
  void together(Call call) {
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
        call(s, gather);
      });
    }
    for (auto& thread : threads) thread.join();
  }

  typename R::Parameters parameters_;
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
    learner.finish();
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

TYPED_TEST_SUITE(EveryRule, TypesOf<BuiltIn>::type, RuleName);

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
  const Real before = learner.outputs(rates)[0];
  learner.learn(rates, {1});
  learner.finish();
  EXPECT_GT(learner.outputs(rates)[0], before);
}

TYPED_TEST(EveryRule, StartsFromTheSameWeightsOnOneSpanAndOnSeveral) {
  const Values whole = Learner<TypeParam>({}, 200, 2).weights();
  if constexpr (!HasInitialWeights<TypeParam>) {
    EXPECT_EQ(whole, Values(400, 0));
  }
  for (const auto& spans : divisions) EXPECT_EQ(Learner<TypeParam>({}, 200, 2, spans).weights(), whole);
}

TYPED_TEST(EveryRule, HasTheSameBitsOnOneSpanAndOnSeveral) { expect_division_to_keep_bits<TypeParam>({}); }

TYPED_TEST(EveryRule, StaysFiniteOverManyRandomSteps) {
  constexpr Index n = 70;
  typename TypeParam::Parameters parameters{};
  // The prior of `dale` has to allow for a target of this size, or it overshoots.
  if constexpr (requires { parameters.v0; }) parameters.w0 = 0.2;
  Learner<TypeParam> learner(parameters, n);
  for (Index step = 0; step < 2000; ++step) {
    const Values rates = uniform(n, step);
    const Real target = std::sin(0.1 * static_cast<Real>(step));
    learner.learn(rates, {target - learner.outputs(rates)[0]});
  }
  learner.finish();
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
  both.finish();
  first.finish();
  second.finish();
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
  original.finish();
  EXPECT_NE(original.weights(), frozen.weights());
  twin.learn(uniform(n, 1), {-0.5});
  twin.finish();
  EXPECT_EQ(twin.weights(), original.weights());
  EXPECT_EQ(twin.learning_rates(), original.learning_rates());
}

TYPED_TEST(EveryRule, NeedsNoLessMemoryForMoreSynapses) {
  const typename TypeParam::Parameters parameters{};
  const auto bytes = [&](Index n) { return TypeParam::bytes(resolved(parameters, n), Synapses{n, {0, n}, 1}); };
  EXPECT_GE(bytes(64), 0);
  EXPECT_GE(bytes(128), bytes(64));
}

TYPED_TEST(EveryRule, ResolvesParametersOnceAndForAll) {
  const auto of_100 = resolved(typename TypeParam::Parameters{}, 100);
  const core::Settings once(of_100);
  const core::Settings twice(resolved(of_100, 200));
  for (const auto& one : once.table()) {
    // No number says that the synapses of a branch are not coupled.
    if (one.name != "resource_sd") {
      EXPECT_NE(once.text(one), "auto") << one.name;
    }
    EXPECT_EQ(twice.text(one), once.text(one)) << one.name;
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

TEST(Bayes, LearnsWithPriorDecayAsWorkedByHand) {
  // p = 1/10. alpha: 0.81/2 + 0.19/2 = 1/2, so 1/alpha = (2.25, 2.25, 2.0625); then w *= 0.9,
  // alpha = 0.81 alpha + 0.095 = (0.455, 0.455, 0.4877..), and 1/alpha + r^2.
  const Bayes::Parameters parameters{.kappa = 2, .prior_decay = 0.1};
  expect_example<Bayes>(parameters, {4.0 / 9, -4.0 / 9, 8.0 / 33},
                        {7907.0 / 25455, -7639.0 / 13410, 1661109.0 / 3556135});
  Learner<Bayes> learner(parameters, 3);
  learner.learn(first_rates, {2});
  expect_near(learner.learning_rates(), {4.0 / 9, 4.0 / 9, 16.0 / 33}, 1e-15);
  learner.learn(second_rates, {-1});
  expect_near(learner.learning_rates(), {2275.0 / 5091, 2275.0 / 5364, 26825.0 / 64657}, 1e-15);
}

TEST(Branch, LearnsWithResourcesAsWorkedByHand) {
  // s = 1: 1/4 / (1 + 2/2) = 1/8, so A(0) = [[3/8, -1/8], [-1/8, 3/8]]: k = (1/4, -1/4), c = 5/4,
  // A = [[13/40, -3/40], [-3/40, 13/40]]; then k = (0.035, 0.115), c = 1.053.
  // Alone: A(0) = 1/2 - 1/4 / (1 + 1/2) = 1/3, k = 1/12, c = 49/48, A = 16/49; then k = -48/245, c = 1369/1225.
  const Branch::Parameters parameters{.branch_size = 2, .kappa = 2, .resource_sd = 1};
  expect_example<Branch>(parameters, {0.4, -0.4, 8.0 / 49}, {1931.0 / 5265, -2681.0 / 5265, 22712.0 / 67081});
  Learner<Branch> learner(parameters, 3);
  expect_near(learner.learning_rates(), {3.0 / 8, 3.0 / 8, 1.0 / 3}, 1e-15);
  learner.learn(first_rates, {2});
  expect_near(learner.learning_rates(), {13.0 / 40, 13.0 / 40, 16.0 / 49}, 1e-15);
  learner.learn(second_rates, {-1});
  expect_near(learner.learning_rates(), {341.0 / 1053, 329.0 / 1053, 400.0 / 1369}, 1e-15);
}

TEST(DeltaDecay, LearnsAsWorkedByHand) {
  // kappa + S = 3 + 0.5625/3 = 51/16, then + 0.56/3 = 4049/1200.
  expect_example<DeltaDecay>({}, {16.0 / 51, -16.0 / 51, 8.0 / 51},
                             {0.2544515954072417, -0.4322732797737519, 0.3346844294645495});
}

TEST(Nlms, LearnsAsWorkedByHand) {
  // eta/(epsilon + sum r^2): 0.5/(0.4375 + 0.5625) = 1/2, then 0.5/(0.4375 + 0.56) = 200/399.
  expect_example<Nlms>({.eta = 0.5, .epsilon = 0.4375}, {0.5, -0.5, 0.25},
                       {0.5 - 40.0 / 399, -0.5 - 80.0 / 399, 0.25 + 120.0 / 399});
}

TEST(Adagrad, LearnsAsWorkedByHand) {
  // delta r = (1, -1, 1/2), G = (1, 1, 1/4); then delta r = (-0.2, -0.4, 0.6), G = (1.04, 1.16, 0.61).
  expect_example<Adagrad>({.eta = 0.1, .epsilon = 0.5}, {0.1 / 1.5, -0.1 / 1.5, 0.05},
                          {0.0535070741927791, -0.0920307528832337, 0.0968374945984442});
}

TEST(Clipped, LearnsAsWorkedByHand) {
  // As bayes, with the wrong sign set to 0 after each step.
  expect_example<Clipped>({.fraction_excitatory = 1}, {1 / 3.25, 0, 0.5 / 3.0625},
                          {1 / 3.25 - 0.2 / 3.29, 0, 0.5 / 3.0625 + 0.6 / 3.4225});
  expect_example<Clipped>({.fraction_excitatory = 0}, {0, -1 / 3.25, 0}, {-0.2 / 3.29, -1 / 3.25 - 0.4 / 3.41, 0});
}

TEST(Dale, LearnsAsWorkedByHand) {
  // sigma_l^2 = 2, w = (1/2, -1/2, 1/2), v = 1. h = (1/4, 1/4, 1/8), 1/v = (1 + 1/32, 1 + 1/32, 1 + 1/128),
  // change of m = v h delta/2 = (8/33, 8/33, 16/129). Then h = (0.127.., -0.254.., -0.339..).
  const Dale::Parameters parameters{.w0 = 0.5, .v0 = 1, .likelihood_variance = 2};
  Learner<Dale> learner(parameters, 3);
  learner.set_weights({0.5, -0.5, 0.5});
  learner.learn(first_rates, {2});
  expect_near(learner.weights(), {0.5 * std::exp(8.0 / 33), -0.5 * std::exp(8.0 / 33), 0.5 * std::exp(16.0 / 129)},
              1e-15);
  expect_near(learner.weights(), {0.6371673524992668, -0.6371673524992668, 0.5660254864053521}, 1e-15);
  learner.learn(second_rates, {-1});
  expect_near(learner.weights(), {0.5992800947196023, -0.7182596981870751, 0.6638198552327209}, 1e-15);
}

TEST(ExponentiatedGradient, LearnsAsWorkedByHand) {
  // eta delta r = (0.1, -0.1, 0.05), then (-0.02, -0.04, 0.06).
  expect_example<ExponentiatedGradient>({.eta = 0.1, .w0 = 0.5, .fraction_excitatory = 1},
                                        {0.5525854590378239, 0.4524187090179798, 0.5256355481880121},
                                        {0.5416435338374793, 0.4346791176994029, 0.5581390352294356});
  expect_example<ExponentiatedGradient>({.eta = 0.1, .w0 = 0.5, .fraction_excitatory = 0},
                                        {-0.4524187090179798, -0.5525854590378239, -0.4756147122503570},
                                        {-0.4615581731933179, -0.5751368994286137, -0.4479170676482641});
}

TEST(Ridge, LearnsAsWorkedByHand) {
  // sum r r^T + I/2 = [[0.79, -0.17, 0.005], [-0.17, 0.91, -0.365], [0.005, -0.365, 0.9225]] and
  // sum r z* = (0.8, -1.4, 1.1).
  Learner<Ridge> learner({.lambda = 0.5}, 3);
  learner.learn(first_rates, {2});
  EXPECT_EQ(learner.weights(), Values(3, 0));
  learner.learn(second_rates, {-1});
  EXPECT_EQ(learner.weights(), Values(3, 0));
  learner.finish();
  expect_near(learner.weights(), {658.0 / 851, -928.0 / 851, 28.0 / 37}, 1e-14);
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

TEST(Bayes, RelaxesToThePriorWhereNothingIsLearned) {
  constexpr Index n = 20;
  const Real kappa = 7;
  const Real p = 0.01;
  Learner<Bayes> learner({.kappa = kappa, .prior_decay = p}, n, 2);
  for (Index step = 0; step < 50; ++step) learner.learn(uniform(n, step), uniform(2, step, 2));
  const Values weights = learner.weights();
  const Values rates = learner.learning_rates();
  for (Index step = 1; step <= 3000; ++step) {
    learner.learn(Values(n, 0), {1, -1});
    const Real kept = std::pow(1 - p, step);
    Values expected_weights;
    Values expected_rates;
    for (const Real w : weights) expected_weights.push_back(kept * w);
    for (const Real rate : rates) expected_rates.push_back(1 / kappa + kept * kept * (rate - 1 / kappa));
    if (step != 1 && step % 100 != 0) continue;
    expect_near(learner.weights(), expected_weights, 1e-14);
    expect_near(learner.learning_rates(), expected_rates, 1e-14);
  }
  expect_near(learner.weights(), Values(2 * n, 0), 1e-12);
  expect_near(learner.learning_rates(), Values(n, 1 / kappa), 1e-14);
}

TEST(Bayes, ForgetsAtOnceWhenThePriorDecaysWholly) {
  Learner<Bayes> learner({.kappa = 2, .prior_decay = 1}, 3);
  learner.learn(second_rates, {5});
  learner.learn(first_rates, {2});
  expect_near(learner.weights(), {1 / 2.25, -1 / 2.25, 0.5 / 2.0625}, 1e-15);
}

TEST(Bayes, HasTheSameBitsWithoutPriorDecayAndWithOneLostInRounding) {
  constexpr Index n = 70;
  for (const Real drift : {0.0, 1e-4}) {
    Learner<Bayes> none({.drift = drift}, n, 2);
    Learner<Bayes> zero({.drift = drift, .prior_decay = 0}, n, 2);
    Learner<Bayes> tiny({.drift = drift, .prior_decay = 1e-17}, n, 2);
    for (Index step = 0; step < 300; ++step) {
      for (auto* learner : {&none, &zero, &tiny}) learner->learn(uniform(n, step), uniform(2, step, 2));
    }
    for (const auto* learner : {&zero, &tiny}) {
      EXPECT_EQ(learner->weights(), none.weights());
      EXPECT_EQ(learner->learning_rates(), none.learning_rates());
    }
  }
}

TEST(Bayes, HasTheBitsOfItsEquationWithoutDriftAndPriorDecay) {
  constexpr Index n = 70;
  Learner<Bayes> learner({}, n);
  Values precision(n, n);
  Values weights(n);
  for (Index step = 0; step < 300; ++step) {
    const Values rates = uniform(n, step);
    const Real delta = uniform(1, step, 2)[0];
    learner.learn(rates, {delta});
    for (std::size_t i = 0; i < n; ++i) {
      precision[i] += rates[i] * rates[i];
      weights[i] += delta * rates[i] / precision[i];
    }
  }
  EXPECT_EQ(learner.weights(), weights);
}

TEST(Bayes, IsTheLimitOfASmallPriorDecay) {
  constexpr Index n = 20;
  Learner<Bayes> none({}, n);
  Learner<Bayes> decaying({.prior_decay = 1e-13}, n);
  for (Index step = 0; step < 300; ++step) {
    none.learn(uniform(n, step), uniform(1, step, 2));
    decaying.learn(uniform(n, step), uniform(1, step, 2));
  }
  EXPECT_NE(decaying.weights(), none.weights());
  expect_near(decaying.weights(), none.weights(), 1e-9);
  expect_near(decaying.learning_rates(), none.learning_rates(), 1e-10);
}

TEST(Bayes, HasTheSameBitsOnSeveralSpansWithDriftAndPriorDecay) {
  expect_division_to_keep_bits<Bayes>({.drift = 1e-3, .prior_decay = 0.02});
}

/// A(0) of the first branch in a network of n neurons, column by column: w = A e_j / (1 + A_jj) after one step.
std::vector<Values> first_covariance(Branch::Parameters parameters, Index n, Index size) {
  std::vector<Values> columns;
  for (Index j = 0; j < size; ++j) {
    Learner<Branch> learner(parameters, n);
    const Real variance = learner.learning_rates()[z(j)];
    Values rates(z(n));
    rates[z(j)] = 1;
    learner.learn(rates, {1 + variance});
    const Values weights = learner.weights();
    columns.emplace_back(weights.begin(), weights.begin() + size);
  }
  return columns;
}

TEST(Branch, StartsFromAPriorThatCouplesSynapsesThroughTheirTotal) {
  constexpr Index n = 22;
  const Index size = 4;
  for (const Real s : {0.01, 0.5, 3.0}) {
    for (const Real kappa : {core::automatic, 2.0}) {
      const Branch::Parameters parameters{.branch_size = size, .kappa = kappa, .resource_sd = s};
      const Real k = parameters.resolved(n).kappa;
      const Real coupling = 1 / (k * k) / (s * s + static_cast<Real>(size) / k);
      const auto columns = first_covariance(parameters, n, size);
      Real total = 0;  // the variance of the total: 1 / (kappa/B + 1/s^2)
      for (Index j = 0; j < size; ++j) {
        for (Index i = 0; i < size; ++i) {
          EXPECT_NEAR(columns[z(j)][z(i)], (i == j ? 1 / k : 0) - coupling, 1e-15) << s << ", " << k;
          total += columns[z(j)][z(i)];
        }
      }
      EXPECT_NEAR(total, 1 / (k / static_cast<Real>(size) + 1 / (s * s)), 1e-15);
      // The last branch has two synapses.
      const Real of_two = 1 / k - 1 / (k * k) / (s * s + 2 / k);
      EXPECT_NEAR(Learner<Branch>(parameters, n).learning_rates()[n - 1], of_two, 1e-15);
    }
  }
}

TEST(Branch, ChangesSilentSynapsesAgainstTheActiveOnesWhenTheyShareResources) {
  const Branch::Parameters parameters{.branch_size = 4, .resource_sd = 0.5};
  const Values rates{0.5, 0.3, 0, 0, 0, 0, 0, 0};
  for (const Real delta : {1.0, -2.0}) {
    Learner<Branch> coupled(parameters, 8);
    Learner<Branch> alone({.branch_size = 4}, 8);
    coupled.learn(rates, {delta});
    alone.learn(rates, {delta});
    const Values w = coupled.weights();
    for (const std::size_t active : {0U, 1U}) EXPECT_GT(w[active] * delta, 0);
    for (const std::size_t silent : {2U, 3U}) EXPECT_LT(w[silent] * delta, 0);
    EXPECT_EQ(w[2], w[3]);
    for (const std::size_t other : {4U, 5U, 6U, 7U}) EXPECT_EQ(w[other], 0) << "another branch";
    for (const std::size_t silent : {2U, 3U}) EXPECT_EQ(alone.weights()[silent], 0);
  }
}

TEST(Branch, KeepsTheTotalWeightNearZeroWhenResourcesAreScarce) {
  constexpr Index n = 40;
  Learner<Branch> learner({.branch_size = 10, .resource_sd = 1e-4}, n);
  for (Index step = 0; step < 100; ++step) learner.learn(uniform(n, step), uniform(1, step, 2));
  const Values w = learner.weights();
  for (std::size_t first = 0; first < n; first += 10) {
    Real total = 0;
    Real size = 0;
    for (std::size_t i = first; i < first + 10; ++i) {
      total += w[i];
      size += std::abs(w[i]);
    }
    EXPECT_GT(size, 0.1);
    EXPECT_LT(std::abs(total), 1e-6 * size);
  }
}

TEST(Branch, IsNotCoupledByDefaultAndInTheLimitOfPlentifulResources) {
  constexpr Index n = 50;
  const auto run = [](Real resource_sd) {
    Learner<Branch> learner({.branch_size = 20, .resource_sd = resource_sd}, n, 2);
    for (Index step = 0; step < 200; ++step) learner.learn(uniform(n, step), uniform(2, step, 2));
    return std::pair(learner.weights(), learner.learning_rates());
  };
  Learner<Branch> plain({.branch_size = 20}, n, 2);
  for (Index step = 0; step < 200; ++step) plain.learn(uniform(n, step), uniform(2, step, 2));
  for (const Real resource_sd : {core::automatic, 1e200}) {  // the square of 1e200 is infinite: A(0) = I/kappa
    EXPECT_EQ(run(resource_sd).first, plain.weights());
    EXPECT_EQ(run(resource_sd).second, plain.learning_rates());
  }
  Real before = 1;
  for (const Real resource_sd : {1.0, 10.0, 100.0, 1000.0, 1e5}) {
    const Values w = run(resource_sd).first;
    Real difference = 0;
    for (std::size_t i = 0; i < w.size(); ++i) difference = std::max(difference, std::abs(w[i] - plain.weights()[i]));
    EXPECT_GT(difference, 0);
    EXPECT_LT(difference, before) << resource_sd;
    before = difference;
  }
  EXPECT_LT(before, 1e-9);
}

TEST(Branch, HasTheSameBitsWhenSpansDivideABranchWithResources) {
  for (const Index branch_size : {7, 64, 150, 200}) {
    SCOPED_TRACE(branch_size);
    expect_division_to_keep_bits<Branch>({.branch_size = branch_size, .resource_sd = 0.3});
  }
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
    return Branch::reach(parameters, {200, own, 1});
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

// P of this size does not fit in a cache, so that several downdates wait before they are applied.
TEST(Rls, IsTheTextbookRuleWhileDowndatesWait) {
  constexpr Index n = 1450;
  ASSERT_GT(core::CovarianceRows::room(n), 1);
  ASSERT_EQ(core::CovarianceRows::room(1000), 1);
  using Matrix = Eigen::Matrix<Real, Eigen::Dynamic, Eigen::Dynamic>;
  using Vector = Eigen::Matrix<Real, Eigen::Dynamic, 1>;
  Learner<Rls> learner({}, n);
  Learner<Rls> spread({}, n, 1, {{0, 64}, {64, 64}, {64, 1088}, {1088, n}});
  Matrix inverse = Matrix::Identity(n, n);
  Vector expected = Vector::Zero(n);
  for (Index step = 0; step < 20; ++step) {
    const Values rates = uniform(n, step);
    const Values delta{0.1 * static_cast<Real>(step % 3 - 1)};
    learner.learn(rates, delta);
    spread.learn(rates, delta);
    const Eigen::Map<const Vector> r(rates.data(), n);
    const Vector k = inverse * r;
    const Real c = 1 / (1 + r.dot(k));
    inverse -= c * k * k.transpose();
    expected += c * delta[0] * k;
  }
  const Values weights = learner.weights();
  const Values rates = learner.learning_rates();
  for (Index i = 0; i < n; ++i) {
    EXPECT_NEAR(weights[z(i)], expected[i], 1e-13);
    EXPECT_NEAR(rates[z(i)], inverse(i, i), 1e-12);
  }
  EXPECT_EQ(spread.weights(), weights);
  EXPECT_EQ(spread.learning_rates(), rates);
}

TEST(Rls, GoesOnFromAStateInWhichDowndatesWait) {
  constexpr Index n = 1450;
  const auto alone = [](std::span<const Real> own, std::span<Real> all) { std::ranges::copy(own, all.begin()); };
  Rls rule({}, {n, {0, n}, 1, core::Philox(1)});
  Values weights(z(n));
  const Values delta{0.1};
  for (Index step = 0; step < 13; ++step) rule.learn(uniform(n, step), delta, weights, alone);
  std::vector<Values> state;
  core::CallingVisitor save(
      [&](const core::StateArray&, std::span<Real> values) { state.emplace_back(values.begin(), values.end()); });
  rule.visit_state(save);
  Rls other({}, {n, {0, n}, 1, core::Philox(1)});
  std::size_t next = 0;
  core::CallingVisitor restore(
      [&](const core::StateArray&, std::span<Real> values) { std::ranges::copy(state.at(next++), values.begin()); });
  other.visit_state(restore);
  Values others_weights = weights;
  for (Index step = 13; step < 30; ++step) {
    rule.learn(uniform(n, step), delta, weights, alone);
    other.learn(uniform(n, step), delta, others_weights, alone);
  }
  EXPECT_EQ(others_weights, weights);
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

TEST(DeltaDecay, IsBayesWhenAllSynapsesAreEquallyActive) {
  constexpr Index n = 130;
  for (const Real kappa : {core::automatic, 3.0}) {
    Learner<DeltaDecay> common({.kappa = kappa}, n, 2);
    Learner<Bayes> bayes({.kappa = kappa}, n, 2);
    for (Index step = 0; step < 300; ++step) {
      Values rates = uniform(n, step);
      const Real size = std::abs(rates[0]);
      for (auto& r : rates) r = std::copysign(size, r);
      common.learn(rates, uniform(2, step, 2));
      bayes.learn(rates, uniform(2, step, 2));
    }
    expect_near(common.weights(), bayes.weights(), 1e-13);
  }
}

TEST(DeltaDecay, DiffersFromBayesWhenSynapsesDiffer) {
  Learner<DeltaDecay> common({}, 2);
  Learner<Bayes> bayes({}, 2);
  for (int step = 0; step < 10; ++step) {
    common.learn({0.1, 1}, {1});
    bayes.learn({0.1, 1}, {1});
  }
  EXPECT_LT(common.weights()[0], bayes.weights()[0]);
  EXPECT_GT(common.weights()[1], bayes.weights()[1]);
}

TEST(Nlms, CorrectsTheWholeErrorWhenEtaIsOneAndEpsilonVanishes) {
  constexpr Index n = 130;
  Learner<Nlms> learner({.eta = 1, .epsilon = 1e-300}, n);
  for (Index step = 0; step < 50; ++step) {
    const Values rates = rates_of_activity(n, step);
    const Real target = std::sin(static_cast<Real>(step));
    learner.learn(rates, {target - learner.outputs(rates)[0]});
    EXPECT_NEAR(learner.outputs(rates)[0], target, 1e-13) << step;
  }
}

TEST(Nlms, CorrectsTheFractionEtaAtAnyActivity) {
  constexpr Index n = 100;
  for (const Real eta : {0.1, 1.9}) {
    Learner<Nlms> learner({.eta = eta, .epsilon = 1e-300}, n);
    for (Index step = 0; step < 20; ++step) {
      EXPECT_NEAR(correction(learner, rates_of_activity(n, step)), eta, 1e-11) << step;
    }
  }
}

TEST(Nlms, IsDefinedForASilentNetwork) {
  Learner<Nlms> learner({}, 3);
  learner.learn({0, 0, 0}, {1});
  EXPECT_EQ(learner.weights(), Values(3, 0));
}

TEST(Adagrad, FirstMovesAllActiveSynapsesByEta) {
  constexpr Index n = 10;
  Learner<Adagrad> learner({.eta = 0.01, .epsilon = 1e-300}, n);
  Values rates = uniform(n, 0);
  rates[3] = 0;
  learner.learn(rates, {-0.7});
  Values expected;
  for (const Real r : rates) expected.push_back(r == 0 ? 0 : -std::copysign(0.01, r));
  expect_near(learner.weights(), expected, 1e-16);
}

TEST(Adagrad, HasARateForEachSynapseOfEachOutput) {
  // The second output's errors are small: its weights move as far as those of the first, which knows nothing of them.
  Learner<Adagrad> learner({.eta = 0.1, .epsilon = 1e-300}, 2, 2);
  for (int step = 0; step < 4; ++step) learner.learn({0.5, -0.25}, {1, 1e-3});
  const Real moved = 0.1 * (1 + 1 / std::sqrt(2.0) + 1 / std::sqrt(3.0) + 1 / 2.0);
  expect_near(learner.weights(), {moved, -moved, moved, -moved}, 1e-15);
}

template <class R>
void expect_signs_to_be_kept(typename R::Parameters parameters) {
  constexpr Index n = 70;
  Learner<R> learner(parameters, n, 2);
  const Values initial = learner.weights();
  for (Index step = 0; step < 2000; ++step) {
    const Values rates = rates_of_activity(n, step);
    const Values outputs = learner.outputs(rates);
    const Values noise = uniform(2, step, 3);
    const Real target = std::sin(0.1 * static_cast<Real>(step));
    learner.learn(rates, {target - outputs[0], noise[1] - outputs[1]});
    const Values weights = learner.weights();
    for (std::size_t i = 0; i < weights.size(); ++i) ASSERT_GT(weights[i] * std::copysign(1, initial[i]), 0) << step;
  }
  EXPECT_NE(learner.weights(), initial);
}

TEST(Dale, KeepsEverySignAndSilencesNoSynapse) {
  expect_signs_to_be_kept<Dale>({.w0 = 0.2});
  expect_signs_to_be_kept<Dale>({.w0 = 0.1, .v0 = 0.3, .fraction_excitatory = 0.8});
}

TEST(ExponentiatedGradient, KeepsEverySignAndSilencesNoSynapse) { expect_signs_to_be_kept<ExponentiatedGradient>({}); }

TEST(Dale, ChangesTheLogWeightByItsVarianceTimesTheLocalSlopeTimesTheError) {
  constexpr Index n = 66;
  const Dale::Parameters parameters{.w0 = 0.05, .v0 = 0.5};
  const Real sigma2 = n * 0.05 * 0.05 * 0.5;
  EXPECT_NEAR(parameters.resolved(n).likelihood_variance, sigma2, 1e-15);
  Learner<Dale> learner(parameters, n, 2);
  Values precision(2 * n, 1 / 0.5);
  for (Index step = 0; step < 50; ++step) {
    const Values rates = uniform(n, step);
    const Values delta = uniform(2, step, 2);
    const Values before = learner.weights();
    learner.learn(rates, delta);
    const Values after = learner.weights();
    for (std::size_t k = 0; k < before.size(); ++k) {
      const Real h = before[k] * rates[k % n];
      precision[k] += h * h / sigma2;
      EXPECT_NEAR(std::log(after[k] / before[k]), h * delta[k / n] / (sigma2 * precision[k]), 1e-14);
    }
  }
}

template <class R>
Values signs(Real fraction_excitatory, Index n, Index outputs = 1) {
  Values result = Learner<R>({.fraction_excitatory = fraction_excitatory}, n, outputs).weights();
  for (auto& w : result) w = std::copysign(1, w);
  return result;
}

TEST(Dale, DrawsOneSignForEachNeuron) {
  constexpr Index n = 2000;
  EXPECT_EQ(signs<Dale>(1, n), Values(n, 1));
  EXPECT_EQ(signs<Dale>(0, n), Values(n, -1));
  for (const Real fraction : {0.2, 0.5, 0.8}) {
    const Values drawn = signs<Dale>(fraction, n, 2);
    const Values one(drawn.begin(), drawn.begin() + n);
    EXPECT_EQ(Values(drawn.begin() + n, drawn.end()), one);
    EXPECT_EQ(signs<ExponentiatedGradient>(fraction, n), one);
    EXPECT_NEAR(static_cast<Real>(std::count(one.begin(), one.end(), 1.0)) / n, fraction, 0.05);
  }
  for (const Real w : Learner<Dale>({.w0 = 0.3}, n).weights()) ASSERT_EQ(std::abs(w), 0.3);
  for (const Real w : Learner<ExponentiatedGradient>({.w0 = 0.3}, n).weights()) ASSERT_EQ(std::abs(w), 0.3);
}

TEST(Clipped, NeverHasAWeightOfTheWrongSign) {
  constexpr Index n = 70;
  for (const Real fraction : {0.0, 0.3, 0.5, 1.0}) {
    const Values sign = signs<Dale>(fraction, n);
    Learner<Clipped> learner({.kappa = 20, .fraction_excitatory = fraction}, n, 2);
    std::size_t silenced = 0;
    std::size_t revived = 0;
    Values before = learner.weights();
    for (Index step = 0; step < 500; ++step) {
      const Values rates = uniform(n, step);
      const Values outputs = learner.outputs(rates);
      const Values noise = uniform(2, step, 3);
      learner.learn(rates, {noise[0] - outputs[0], noise[1] - outputs[1]});
      const Values after = learner.weights();
      for (std::size_t k = 0; k < after.size(); ++k) {
        ASSERT_GE(after[k] * sign[k % n], 0) << step;
        silenced += before[k] != 0 && after[k] == 0 ? 1U : 0U;
        revived += before[k] == 0 && after[k] != 0 ? 1U : 0U;
      }
      before = after;
    }
    EXPECT_GT(silenced, 100U);
    EXPECT_GT(revived, 100U);
  }
}

TEST(Clipped, IsBayesWhereNoSignIsViolated) {
  constexpr Index n = 130;
  for (const Real fraction : {0.5, 1.0}) {
    const Values sign = signs<Dale>(fraction, n);
    Learner<Clipped> clipped({.fraction_excitatory = fraction}, n, 2);
    Learner<Bayes> bayes({}, n, 2);
    for (Index step = 0; step < 200; ++step) {
      Values rates = uniform(n, step);
      for (std::size_t i = 0; i < n; ++i) rates[i] = std::copysign(rates[i], sign[i]);
      const Values delta{0.5, 1 + uniform(1, step, 2)[0]};
      clipped.learn(rates, delta);
      bayes.learn(rates, delta);
    }
    EXPECT_EQ(clipped.weights(), bayes.weights());
    EXPECT_EQ(clipped.learning_rates(), bayes.learning_rates());
  }
}

TEST(Clipped, HasTheLearningRatesOfBayes) {
  constexpr Index n = 70;
  Learner<Clipped> clipped({}, n);
  Learner<Bayes> bayes({}, n);
  for (Index step = 0; step < 100; ++step) {
    clipped.learn(uniform(n, step), uniform(1, step, 2));
    bayes.learn(uniform(n, step), uniform(1, step, 2));
  }
  EXPECT_EQ(clipped.learning_rates(), bayes.learning_rates());
}

TEST(Ridge, IsTheClosedFormOnAllItHasSeen) {
  // Least squares on the rates with rows sqrt(lambda) I and targets 0 below, by orthogonal transformations.
  constexpr Index n = 30;
  constexpr Index outputs = 3;
  for (const Index steps : {10, 100}) {  // fewer than weights, and more
    for (const Real lambda : {0.1, 4.0}) {
      Learner<Ridge> learner({.lambda = lambda}, n, outputs);
      Eigen::MatrixXd rows = Eigen::MatrixXd::Zero(steps + n, n);
      Eigen::MatrixXd targets = Eigen::MatrixXd::Zero(steps + n, outputs);
      rows.bottomRows(n).diagonal().setConstant(std::sqrt(lambda));
      for (Index step = 0; step < steps; ++step) {
        const Values rates = uniform(n, step);
        const Values target = uniform(outputs, step, 2);
        learner.learn(rates, target);
        for (Index i = 0; i < n; ++i) rows(step, i) = rates[z(i)];
        for (Index m = 0; m < outputs; ++m) targets(step, m) = target[z(m)];
      }
      learner.finish();
      const Eigen::MatrixXd solution = rows.householderQr().solve(targets);
      expect_near(learner.weights(), Values(solution.data(), solution.data() + solution.size()), 1e-12);
    }
  }
}

TEST(Ridge, IsWhatRlsHasLearnedFromTheSame) {
  constexpr Index n = 100;
  for (const Real lambda : {1.0, 2.5}) {
    Learner<Ridge> ridge({.lambda = lambda}, n, 2);
    Learner<Rls> rls({.alpha = lambda}, n, 2);
    for (Index step = 0; step < 300; ++step) {
      const Values rates = uniform(n, step);
      const Values target = uniform(2, step, 2);
      const Values outputs = rls.outputs(rates);
      ridge.learn(rates, target);
      rls.learn(rates, {target[0] - outputs[0], target[1] - outputs[1]});
    }
    ridge.finish();
    expect_near(ridge.weights(), rls.weights(), 1e-8);
  }
}

/// Rates of so many dimensions, in units of their size: G has as many eigenvalues above 0.
Values rates_of(Index n, Index dimensions, Index step) {
  const Values signal = uniform(dimensions, step);
  Values rates(z(n));
  for (Index i = 0; i < n; ++i) {
    const Values mix = uniform(dimensions, i, 5);
    for (std::size_t d = 0; d < mix.size(); ++d) rates[z(i)] += mix[d] * signal[d];
  }
  return rates;
}

struct Solved {
  Values weights;
  core::Fit fit;
};

/// Steps whose number is no multiple of those that wait.
constexpr Index record = 3 * core::Gram::room + 7;

Values target_at(Index step, const Values& rates) {
  return {3 * rates[0] - rates[1] + 0.01 * uniform(1, step, 3)[0], rates[2]};
}

/// What learners of one rank find that share their sums.
std::vector<Solved> solved(const std::vector<Ridge::Parameters>& parameters, Index n, Index dimensions) {
  const AnyGather gather = [](std::span<const Real> own, std::span<Real> all) { std::ranges::copy(own, all.begin()); };
  std::vector<Ridge> rules;
  rules.reserve(parameters.size());
  for (const auto& one : parameters) {
    rules.emplace_back(one, Synapses{.neurons = n, .own = {0, n}, .outputs = 2});
    if (rules.size() > 1 && !rules.back().join(rules.front())) ADD_FAILURE() << "does not join";
  }
  Values weights(z(2 * n));
  for (Index step = 0; step < record; ++step) {
    const Values rates = rates_of(n, dimensions, step);
    for (auto& rule : rules) {
      if (rule.held_out() > 0 && step >= record - 50) rule.begin_validation(gather);
    }
    for (auto& rule : rules) rule.learn(rates, target_at(step, rates), weights, gather);
  }
  std::vector<Solved> all;
  for (auto& rule : rules) {
    EXPECT_TRUE(rule.finish_training(weights, gather));
    all.push_back({weights, rule.fit()});
  }
  return all;
}

/// sum (z* - w.r)^2 over sum z*^2, of an output.
Real misfit_of(const Values& weights, Index n, Index dimensions, std::size_t output, Index first, Index last) {
  Real error = 0;
  Real all = 0;
  for (Index step = first; step < last; ++step) {
    const Values rates = rates_of(n, dimensions, step);
    const Real target = target_at(step, rates)[output];
    Real z_of_step = 0;
    for (Index i = 0; i < n; ++i) z_of_step += weights[z(static_cast<Index>(output) * n + i)] * rates[z(i)];
    error += (target - z_of_step) * (target - z_of_step);
    all += target * target;
  }
  return error / all;
}

TEST(Ridge, FindsTheErrorOnWhatItLearnedFromUnlessRoundingHidesIt) {
  constexpr Index n = 70;
  for (const Real lambda : {10.0, 1e-3, 1e-9}) {  // by Cholesky and by eigenvalues
    const auto [weights, fit] = solved({{.lambda = lambda}}, n, n)[0];
    EXPECT_EQ(fit.lambda, lambda);
    EXPECT_TRUE(fit.candidates.empty());
    for (std::size_t m = 0; m < 2; ++m) {
      const Real exact = misfit_of(weights, n, n, m, 0, record);
      EXPECT_NEAR(fit.error[m], exact, 10 * fit.rounding[m]) << lambda << ", output " << m;
      EXPECT_LT(fit.rounding[m], 1e-12);
    }
  }
  // The second output is a rate: without a penalty nothing is left of it but rounding.
  const auto fit = solved({{.lambda = 0}}, n, n)[0].fit;
  EXPECT_GT(fit.error[0], fit.rounding[0]);
  EXPECT_LT(std::abs(fit.error[1]), 10 * fit.rounding[1]);
}

TEST(Ridge, HasTheSameWeightsWhetherItSharesSumsOrNot) {
  constexpr Index n = 66;
  const std::vector<Ridge::Parameters> parameters{{.lambda = 1e-10}, {.lambda = 1}, {.lambda = 0}, {.lambda = 1e-6}};
  const auto together = solved(parameters, n, n);
  for (std::size_t l = 0; l < parameters.size(); ++l) {
    const auto alone = solved({parameters[l]}, n, n)[0];
    EXPECT_EQ(together[l].weights, alone.weights) << l;
    EXPECT_EQ(together[l].fit.error, alone.fit.error) << l;
  }
}

TEST(Ridge, FindsTheSmallestWeightsWhereRatesSayNoMore) {
  constexpr Index n = 70;
  constexpr Index dimensions = 9;
  Eigen::MatrixXd rows(record, n);
  Eigen::MatrixXd targets(record, 2);
  for (Index step = 0; step < record; ++step) {
    const Values rates = rates_of(n, dimensions, step);
    for (Index i = 0; i < n; ++i) rows(step, i) = rates[z(i)];
    for (Index m = 0; m < 2; ++m) targets(step, m) = target_at(step, rates)[z(m)];
  }
  Eigen::CompleteOrthogonalDecomposition<Eigen::MatrixXd> decomposition;
  decomposition.setThreshold(1e-9);
  const Eigen::MatrixXd smallest = decomposition.compute(rows).solve(targets);
  const Values expected(smallest.data(), smallest.data() + smallest.size());
  expect_near(solved({{.lambda = 0}}, n, dimensions)[0].weights, expected, 1e-8);
  // Rounding that a smaller lambda makes large does not matter for rates like these.
  const auto [weights, fit] = solved({{.lambda = 1e-13}}, n, dimensions)[0];
  for (std::size_t m = 0; m < 2; ++m) {
    EXPECT_NEAR(misfit_of(weights, n, dimensions, m, 0, record), misfit_of(expected, n, dimensions, m, 0, record),
                1e-9);
  }
}

TEST(Ridge, ChoosesTheLambdaWithTheSmallestErrorOnWhatWasHeldOut) {
  constexpr Index n = 190;  // about as many as steps before the last part: a small lambda fits the noise
  const Ridge::Parameters chooser{.lambda = core::automatic, .lambda_select = "validation"};
  const auto all = solved({{.lambda = 1e-9}, chooser, {.lambda = 1e-2}, {.lambda = 1e3}}, n, n);
  const auto& fit = all[1].fit;
  EXPECT_EQ(fit.candidates, (Values{1e-9, 1e-2, 1e3}));
  ASSERT_EQ(fit.validation.size(), 6U);
  std::vector<Real> sums;
  for (std::size_t c = 0; c < 3; ++c) {
    // The solution of the steps before, by a record that ends there.
    sums.push_back(fit.validation[2 * c] + fit.validation[2 * c + 1]);
  }
  const auto best = static_cast<std::size_t>(std::ranges::min_element(sums) - sums.begin());
  EXPECT_EQ(fit.lambda, fit.candidates[best]);
  EXPECT_EQ(all[1].weights, all[best == 0 ? 0 : best + 1].weights);  // from all steps
}

TEST(Ridge, GivesAsManyNumbersWhetherItHasFoundASolutionOrNot) {
  const Ridge::Parameters chooser{.lambda = core::automatic, .lambda_select = "validation"};
  Ridge first({.lambda = 1}, Synapses{.neurons = 3, .own = {0, 3}, .outputs = 2});
  Ridge second(chooser, Synapses{.neurons = 3, .own = {0, 3}, .outputs = 2});
  ASSERT_TRUE(second.join(first));
  const Values of_zero{1, 2};
  for (const auto& [name, values] : core::attributes_of(core::scores_of(second.fit(), of_zero))) {
    EXPECT_EQ(values.size(), 1U) << name;
    EXPECT_EQ(std::isnan(values[0]), name != "fit_validation_lambda") << name;
  }
  EXPECT_EQ(core::attributes_of(core::scores_of(second.fit(), of_zero)).size(), 5U);
  EXPECT_EQ(core::attributes_of(core::scores_of(first.fit(), of_zero)).size(), 3U);
  EXPECT_TRUE(core::attributes_of(core::FitScores()).empty());
}

TEST(Ridge, LeavesAnOutputOutThatIsAlwaysZero) {
  const Real none = core::automatic;
  const core::Fit fit{1, {0.25, none}, {1e-6, none}, {1, 2}, {0.04, none, 0.09, none}};
  const auto scores = core::scores_of(fit, Values{3, none});
  EXPECT_DOUBLE_EQ(scores.nrmse, 1.5);
  EXPECT_DOUBLE_EQ(scores.rounding, 3e-3);
  EXPECT_DOUBLE_EQ(scores.validation[0], 0.6);
  EXPECT_DOUBLE_EQ(scores.validation[1], 0.9);
}

TEST(Ridge, DoesNotPenaliseTheIntercept) {
  // Targets far from 0, with a neuron that is always 1, are those about their mean without it.
  constexpr Index n = 40;
  constexpr Index steps = 300;
  const AnyGather gather = [](std::span<const Real> own, std::span<Real> all) { std::ranges::copy(own, all.begin()); };
  for (const Real lambda : {20.0, 1e-7}) {
    Ridge rule({.lambda = lambda}, Synapses{.neurons = n + 1, .own = {0, n + 1}, .outputs = 1, .bias = n});
    Eigen::MatrixXd rows(steps, n);
    Eigen::VectorXd targets(steps);
    Values weights(z(n + 1));
    for (Index step = 0; step < steps; ++step) {
      Values rates = uniform(n, step);
      for (Index i = 0; i < n; ++i) rows(step, i) = rates[z(i)];
      targets(step) = 1000 + rates[0] + uniform(1, step, 2)[0];
      rates.push_back(1);
      rule.learn(rates, Values{targets(step)}, weights, gather);
    }
    ASSERT_TRUE(rule.finish_training(weights, gather));
    const Eigen::RowVectorXd mean = rows.colwise().mean();
    const Eigen::MatrixXd centred = rows.rowwise() - mean;
    const Eigen::VectorXd about = targets.array() - targets.mean();
    const Eigen::MatrixXd system = centred.transpose() * centred + lambda * Eigen::MatrixXd::Identity(n, n);
    const Eigen::VectorXd w = system.ldlt().solve(centred.transpose() * about);
    expect_near({weights.begin(), weights.end() - 1}, Values(w.data(), w.data() + n), 1e-9);
    EXPECT_NEAR(weights.back(), targets.mean() - mean.dot(w), 1e-9);
    const Real left = (about - centred * w).squaredNorm() / targets.squaredNorm();
    EXPECT_NEAR(rule.fit().error[0], left, 10 * rule.fit().rounding[0] + 1e-13);
  }
}

TEST(Ridge, AddsUpInBlocksThatDoNotFollowTheCachesOfTheProcessor) {
#ifdef EIGEN_CPUID
  FAIL() << "Eigen asks the processor: define EIGEN_NO_CPUID";
#endif
  EXPECT_EQ(Eigen::l1CacheSize(), 32 * 1024);
}

TEST(Ridge, HasTheSameBitsForEveryDivision) {
  for (const Real lambda : {0.0, 1e-12, 1e-3, 1.0, 50.0}) expect_division_to_keep_bits<Ridge>({.lambda = lambda});
}

}  // namespace
}  // namespace bayres::rules
