// Rules for recurrent synapses: the kernels that learn J, and the eligibility.
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "bayres/model/connections.hpp"
#include "bayres/plasticity/registry.hpp"

namespace bayres::plasticity {
namespace {

using core::Philox;
using core::Precision;
using core::Range;
using model::Connectivity;
using model::Divisor;

std::size_t z(Index i) { return static_cast<std::size_t>(i); }

/// Random numbers of so many learning steps.
template <class T>
struct Steps {
  Steps(Index count_, Index rows, Index columns)
      : count(count_),
        room(count_ + 1),
        post(z(room * ((rows + 63) / 64 * 64))),
        square(post.size()),
        pre(z(columns * room)),
        pre_square(pre.size()) {
    const Philox random(5);
    for (Index k = 0; k < count; ++k) {
      for (Index i = 0; i < rows; ++i) {
        post[z(model::place_of_post(i, k, room))] = static_cast<T>(random.normal(core::Stream::bias, k, i));
        square[z(model::place_of_post(i, k, room))] = static_cast<T>(random.uniform(core::Stream::resample, k, i));
      }
      for (Index j = 0; j < columns; ++j) {
        T& value = pre[z(j * room + k)];
        value = static_cast<T>(random.normal(core::Stream::input_weight, k, j));
        pre_square[z(j * room + k)] = value * value;
      }
    }
  }
  [[nodiscard]] model::Gathered<T> gathered(Divisor divisor, T* sums) const {
    return {count, room, post.data(), square.data(), pre.data(), pre_square.data(), divisor, T{0.5}, T{2}, sums};
  }
  Index count;
  Index room;
  std::vector<T> post;
  std::vector<T> square;
  std::vector<T> pre;
  std::vector<T> pre_square;
};

/// The same change, synapse by synapse. `sums` are in order of rows and columns.
template <class T>
void learn_one_by_one(const Steps<T>& steps, Divisor divisor, std::vector<T>& sums, Connectivity& J) {
  std::size_t at = 0;
  for (Index i = 0; i < J.rows(); ++i) {
    J.update(i, [&](Index j, Real& weight) {
      T g = 0;
      T s = 0;
      for (Index k = 0; k < steps.count; ++k) {
        const T pre = steps.pre[z(j * steps.room + k)];
        g += steps.post[z(model::place_of_post(i, k, steps.room))] * pre;
        s += steps.square[z(model::place_of_post(i, k, steps.room))] * (pre * pre);
      }
      T change = T{0.5} * g;
      if (divisor != Divisor::none) {
        sums[at] += s;
        change /= T{2} + (divisor == Divisor::root ? std::sqrt(sums[at]) : sums[at]);
      }
      weight += static_cast<Real>(change);
      ++at;
    });
  }
}

std::vector<Real> weights(const Connectivity& J) {
  std::vector<Real> all;
  for (Index i = 0; i < J.rows(); ++i) J.for_each(i, [&](Index, Real weight) { all.push_back(weight); });
  return all;
}

Connectivity drawn(bool sparse, Precision precision, Index rows, Index columns) {
  model::ReservoirParameters p;
  p.size = columns;
  p.connectivity = sparse ? 0.3 : 1;
  p.storage = sparse ? "sparse" : "dense";
  return Connectivity::draw(p, precision, Philox(3), {0, rows});
}

template <class T>
void expect_as_one_by_one(bool sparse, Precision precision, Index rows, Index columns, Index count, Divisor divisor) {
  const Steps<T> steps(count, rows, columns);
  auto J = drawn(sparse, precision, rows, columns);
  auto expected = drawn(sparse, precision, rows, columns);
  std::vector<T> sums(z(J.connections()->places()));
  std::vector<T> expected_sums(z(J.synapses()));
  auto any = J.connections();
  for (int repeat = 0; repeat < 2; ++repeat) {
    any->learn(steps.gathered(divisor, sums.data()));
    learn_one_by_one(steps, divisor, expected_sums, expected);
  }
  std::vector<Real> learned;
  std::vector<T> learned_sums;
  for (Index i = 0; i < rows; ++i) {
    any->for_each(i, [&](Index, Real weight) { learned.push_back(weight); });
    any->for_each_place(i, [&](Index place) { learned_sums.push_back(sums[z(place)]); });
  }
  EXPECT_EQ(learned, weights(expected));
  EXPECT_NE(learned, weights(drawn(sparse, precision, rows, columns)));
  EXPECT_EQ(learned_sums, expected_sums);
}

TEST(LearnJ, IsWhatSynapseBySynapseGivesToTheBit) {
  for (const auto divisor : {Divisor::none, Divisor::sum, Divisor::root}) {
    for (const bool sparse : {false, true}) {
      for (const auto precision : {Precision::full, Precision::single, Precision::full_float32}) {
        for (const auto& [rows, columns, count] : {std::array<Index, 3>{1, 1, 1}, {64, 64, 16}, {70, 131, 3}}) {
          expect_as_one_by_one<Real>(sparse, precision, rows, columns, count, divisor);
          expect_as_one_by_one<float>(sparse, precision, rows, columns, count, divisor);
        }
      }
    }
  }
}

TEST(LearnJ, CanTakeSumsAloneAndLeaveTheWeights) {
  for (const bool sparse : {false, true}) {
    const Steps<Real> steps(3, 70, 131);
    auto J = drawn(sparse, Precision::full, 70, 131);
    auto any = J.connections();
    std::vector<Real> sums(z(any->places()), 1);
    any->learn(steps.gathered(Divisor::only_sums, sums.data()));
    for (Index i = 0; i < 70; ++i) {
      std::vector<Real> places;
      any->for_each_place(i, [&](Index place) { places.push_back(sums[z(place)]); });
      std::size_t next = 0;
      any->for_each(i, [&](Index j, Real) {
        Real g = 0;
        for (Index k = 0; k < 3; ++k) {
          g += steps.post[z(model::place_of_post(i, k, steps.room))] * steps.pre[z(j * steps.room + k)];
        }
        EXPECT_EQ(places[next++], 1 + g);
      });
    }
    std::vector<Real> after;
    for (Index i = 0; i < 70; ++i) any->for_each(i, [&](Index, Real weight) { after.push_back(weight); });
    EXPECT_EQ(after, weights(J));
  }
}

TEST(LearnJ, GoesBeyondTheFirstBlockOfColumns) {
  expect_as_one_by_one<Real>(true, Precision::full, 2, 70'000, 2, Divisor::sum);
}

TEST(LearnJ, RefusesBfloat16) {
  auto J = drawn(false, Precision::mixed, 3, 3).connections();
  const Steps<Real> steps(1, 3, 3);
  EXPECT_THROW(J->learn(steps.gathered(Divisor::none, nullptr)), core::Error);
}

/// Two neurons and one readout of the worked example's kind, without noise; 1 is the only one that is read.
struct Example {
  Real J12 = 0.5;
  Real J21 = -0.4;
  std::array<Real, 2> x{0.2, -0.1};
  std::array<Real, 2> r{std::tanh(0.2), std::tanh(-0.1)};
  std::array<Real, 2> before{};
  void step(Real leak, Real u) {
    before = r;
    x = {x[0] + leak * (-x[0] + J12 * before[1] + u), x[1] + leak * (-x[1] + J21 * before[0] - 0.5 * u)};
    r = {std::tanh(x[0]), std::tanh(x[1])};
  }
};

Synapses two_neurons() { return {.neurons = 2, .own = {0, 2}, .count = 2, .all = 2, .places = 2, .leak = 0.1}; }

TEST(Eligibility, IsTheDerivativeOfTheStateWherePathsThroughOthersAreCut) {
  // With J21 = 0, neuron 1 has no way back to itself: e is exact.
  constexpr Real h = 1e-6;
  Example low;
  Example high;
  low.J21 = high.J21 = 0;
  low.J12 -= h;
  high.J12 += h;
  Example middle;
  middle.J21 = 0;
  // A rule for a rate of 1 whose signals are all 1 changes J by its trace, rbar.
  model::SparseRows<Real> rows(2, 2, 2);
  rows.add(0, 1, 0);
  rows.end_row();
  rows.end_row();
  auto J = Connectivity(std::move(rows)).connections();
  Delta::Parameters unit;
  unit.eta = 1;
  Synapses synapses = two_neurons();
  synapses.count = synapses.all = synapses.places = 1;
  Delta rule(unit, synapses);
  const std::array<Real, 2> ones{1, 1};
  Real learned_so_far = 0;
  for (int t = 0; t < 50; ++t) {
    const Real u = std::sin(0.3 * t);
    for (auto* one : {&low, &high, &middle}) one->step(0.1, u);
    rule.learn({middle.before, middle.r, ones, std::span(ones).first(1), ones, middle.x, 1, 0, false, {}}, *J);
    Real weight = 0;
    J->for_each(0, [&](Index, Real value) { weight = value; });
    EXPECT_NEAR((high.x[0] - low.x[0]) / (2 * h), weight - learned_so_far, 1e-10);
    learned_so_far = weight;
  }
}

TEST(Eligibility, OfInputAndFeedbackIsTheDerivativeOfTheState) {
  // One neuron without recurrent synapses, whose two inputs and one output fed back are pure functions of the step:
  // exact.
  constexpr Real h = 1e-6;
  const auto drive = [](int t) { return std::array<Real, 3>{std::sin(0.3 * t), std::cos(0.2 * t), std::sin(0.7 * t)}; };
  const std::array<Real, 3> first{0.5, -0.3, 0.8};
  model::SparseRows<Real> rows(1, 1, 0);
  rows.end_row();
  auto J = Connectivity(std::move(rows)).connections();
  Delta::Parameters unit;
  unit.eta = 1;
  unit.weights = "J+W_in+W_fb";
  const Synapses synapses{.neurons = 1, .own = {0, 1}, .driving = 2, .fed_back = 1, .leak = 0.1};
  for (std::size_t c = 0; c < 3; ++c) {
    Delta rule(unit, synapses);
    auto W = first;
    std::array<Real, 2> x{0.2, 0.2};  // with a lower and a higher weight of channel c
    const std::array<Real, 1> one{1};
    const std::array<Real, 1> rate{0};
    for (int t = 0; t < 50; ++t) {
      const auto d = drive(t);
      for (std::size_t k = 0; k < 2; ++k) {
        Real current = (k == 0 ? -h : h) * d[c];
        for (std::size_t other = 0; other < 3; ++other) current += first[other] * d[other];
        x[k] += 0.1 * (current - x[k]);
      }
      const auto before = W;
      rule.learn({.arrived = rate,
                  .rates = rate,
                  .slope = one,
                  .delta = one,
                  .readout = one,
                  .state = rate,
                  .input = std::span(d).first(2),
                  .fed_back = std::span(d).last(1)},
                 {*J, std::span(W).first(2), std::span(W).last(1)});
      EXPECT_NEAR((x[1] - x[0]) / (2 * h), W[c] - before[c], 1e-9) << "channel " << c << " in step " << t;
    }
  }
}

TEST(Eligibility, ChannelsThatAreAbsentOrNotAskedForAreLeftAlone) {
  for (const char* weights : {"J", "J+W_in+W_fb"}) {
    Bayes::Parameters p;
    p.kappa = 1;
    p.weights = weights;
    model::SparseRows<Real> rows(1, 1, 0);
    rows.end_row();
    auto J = Connectivity(std::move(rows)).connections();
    Bayes rule(p, {.neurons = 1, .own = {0, 1}, .driving = 2});
    std::array<Real, 2> W_in{0, 0.5};
    const std::array<Real, 2> u{1, 1};
    const std::array<Real, 1> one{1};
    rule.learn({.arrived = one, .rates = one, .slope = one, .delta = one, .readout = one, .state = one, .input = u},
               {*J, W_in, {}});
    EXPECT_EQ(W_in[0], 0);
    const Real square = 0.1 * 0.1;  // of the trace, leak u
    EXPECT_EQ(W_in[1], p.learns_projections() ? 0.5 + 0.1 / (1 + square) : 0.5);
  }
}

/// Runs a rule on the example with a readout of weight w of neuron 1, towards 0.5.
template <class R>
std::vector<Real> learned(const typename R::Parameters& parameters, int steps, Real weight = 1) {
  model::SparseRows<Real> rows(2, 2, 2);
  rows.add(0, 1, 0.5);
  rows.end_row();
  rows.add(1, 0, -0.4);
  rows.end_row();
  Connectivity J(std::move(rows));
  auto any = J.connections();
  R rule(parameters, two_neurons());
  Example example;
  const std::array<Real, 2> w{0.7, -0.2};
  for (int t = 0; t < steps; ++t) {
    any->for_each(0, [&](Index, Real value) { example.J12 = value; });
    any->for_each(1, [&](Index, Real value) { example.J21 = value; });
    example.step(0.1, 1);
    const std::array<Real, 1> delta{0.5 - w[0] * example.r[0] - w[1] * example.r[1]};
    const std::array<Real, 2> slope{1 - example.r[0] * example.r[0], 1 - example.r[1] * example.r[1]};
    const std::array<Real, 2> sums{};
    rule.learn({example.before, example.r, slope, delta, w, example.x, weight, 0, false, sums}, *any);
  }
  if constexpr (Gathers<R>) rule.apply(*any);
  std::vector<Real> all;
  for (Index i = 0; i < 2; ++i) any->for_each(i, [&](Index, Real value) { all.push_back(value); });
  return all;
}

Bayes::Parameters bayes(Real kappa, Index apply_every = 1) {
  Bayes::Parameters p;
  p.kappa = kappa;
  p.apply_every = apply_every;
  return p;
}

TEST(RecurrentRules, AnInfinitePriorPrecisionLeavesJAsItIs) {
  EXPECT_EQ(learned<Bayes>(bayes(1e300), 100), (std::vector<Real>{0.5, -0.4}));
  EXPECT_NE(learned<Bayes>(bayes(1), 100), (std::vector<Real>{0.5, -0.4}));
}

TEST(RecurrentRules, BayesWithHardlyAnySumsIsDelta) {
  Delta::Parameters delta;
  delta.eta = 1e-7;
  const auto a = learned<Bayes>(bayes(1e7), 100);
  const auto b = learned<Delta>(delta, 100);
  EXPECT_NE(a[0], 0.5);
  for (std::size_t k = 0; k < 2; ++k) EXPECT_NEAR(a[k], b[k], 1e-13);
}

TEST(RecurrentRules, AStepOfWeightZeroMovesOnlyTraces) {
  EXPECT_EQ(learned<Bayes>(bayes(1), 100, 0), (std::vector<Real>{0.5, -0.4}));
  EXPECT_NE(learned<Bayes>(bayes(1), 100, 0.5), learned<Bayes>(bayes(1), 100, 1));
}

TEST(RecurrentRules, GatheringChangesLittle) {
  const auto each = learned<Bayes>(bayes(2), 40);
  const auto gathered = learned<Bayes>(bayes(2, 16), 40);  // 8 are left at the end
  for (std::size_t k = 0; k < 2; ++k) {
    EXPECT_NE(each[k], gathered[k]);
    EXPECT_NEAR(each[k], gathered[k], 0.1 * std::abs(each[k] - (k == 0 ? 0.5 : -0.4)));
  }
}

TEST(RecurrentRules, SumsInFloat32AreTheSameToItsPrecision) {
  auto narrow = bayes(2);
  narrow.sum_type = "float32";
  const auto wide = learned<Bayes>(bayes(2), 100);
  const auto seen = learned<Bayes>(narrow, 100);
  for (std::size_t k = 0; k < 2; ++k) EXPECT_NEAR(wide[k], seen[k], 1e-6);
  EXPECT_NE(wide, seen);
}

TEST(RecurrentRules, DefaultKappaIsThreeTimesTheInputsOfANeuron) {
  Synapses synapses = two_neurons();
  synapses.inputs = 50;
  synapses.learn_every = 5;
  EXPECT_EQ(Bayes::Parameters().resolved(synapses).kappa, 30);
  EXPECT_EQ(DeltaDecay::Parameters().resolved(synapses).kappa, 30);
  EXPECT_EQ(bayes(7).resolved(synapses).kappa, 7);
  synapses.projected = 5;
  EXPECT_EQ(Bayes::Parameters().resolved(synapses).kappa, 30) << "they do not learn";
  Bayes::Parameters all;
  all.weights = "J+W_in+W_fb";
  EXPECT_EQ(all.resolved(synapses).kappa, 33);
}

TEST(RecurrentRules, MemoryIsThatOfTheirArrays) {
  Synapses synapses{.neurons = 100, .own = {0, 64}, .count = 6400, .all = 10000, .places = 6400};
  EXPECT_EQ(Delta::bytes({}, synapses), 8 * (100 + 2 * 100 + 64));
  EXPECT_EQ(Bayes::bytes(bayes(1, 16), synapses), 8 * (100 + 16 * (3 * 100 + 2 * 64) + 6400));
  synapses.driving = 2;
  synapses.fed_back = 1;
  EXPECT_EQ(Delta::bytes({}, synapses), 8 * (100 + 2 * 100 + 64)) << "they do not learn";
  auto all = bayes(1, 16);
  all.weights = "J+W_in+W_fb";
  EXPECT_EQ(Bayes::bytes(all, synapses), 8 * (100 + 16 * (3 * 100 + 2 * 64) + 6400 + 3 * (1 + 16 + 64)));
}

// What a rule of this kind is given is of its own rank, apart from rates that arrive and broadcast errors. That it has
// no way to ask for more is in its type.
template <class T>
concept Communicates = requires(T signals) {
  signals.comm;
};
static_assert(!Communicates<Signals> && !Communicates<Synapses>);
static_assert(Rule<Delta> && Rule<Bayes> && Rule<Adagrad> && Rule<DeltaDecay>);
static_assert(!SumsOverNeurons<Bayes> && SumsOverNeurons<DeltaDecay>);

}  // namespace
}  // namespace bayres::plasticity
