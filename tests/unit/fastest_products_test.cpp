// Which instruction set products with J use.
#include "bayres/model/fastest_products.hpp"

#include <gtest/gtest.h>

#include <map>

#include "bayres/core/environment.hpp"
#include "bayres/kernels/instruction_set.hpp"
#include "bayres/model/connectivity.hpp"
#include "bayres/neurons/integrate.hpp"

namespace {

using namespace bayres;
using core::Index;
using core::Precision;
using core::Real;
using model::fastest_of;

TEST(FastestOf, IsTheLeastOfRoundsAndTheFirstUnlessAnotherGains) {
  const auto of = [](std::vector<double> seconds) {
    return fastest_of(seconds.size(), 1, [&](std::size_t way, int) { return seconds[way]; });
  };
  EXPECT_EQ(of({0.01, 0.005, 0.02}), 1U);
  EXPECT_EQ(of({0.01, 0.0099}), 0U);  // 1 % less
  EXPECT_EQ(of({0.01, 0.02, 0.009}), 2U);
  // A round in which one was disturbed does not count.
  EXPECT_EQ(fastest_of(2, 1, [](std::size_t way, int round) { return way == 1 && round > 0 ? 0.005 : 0.01; }), 1U);
}

TEST(FastestOf, EndsInTime) {
  std::map<std::size_t, int> calls;
  (void)fastest_of(2, 0.04, [&](std::size_t way, int) {
    ++calls[way];
    return 0.01;
  });
  EXPECT_EQ(calls[0], 2);
  EXPECT_EQ(calls[1], 2);
}

TEST(FastestProducts, AreMeasuredInAllSetsOfTheProcessorUnlessTheEnvironmentNamesOne) {
  const auto sets = core::kernels::sets_for_products();
  if (core::is_set(core::instruction_set_limit)) {
    ASSERT_EQ(sets.size(), 1U);
    EXPECT_EQ(core::kernels::name_of(sets.front()), core::kernels::instruction_set());
    return;
  }
  EXPECT_EQ(core::kernels::name_of(sets.front()), core::kernels::instruction_set());
  EXPECT_EQ(sets.back(), core::InstructionSet::baseline);
  EXPECT_EQ(sets.size(), core::kernels::instruction_set() == "AVX-512" ? 3U
                         : core::kernels::instruction_set() == "AVX2"  ? 2U
                                                                       : 1U);
}

TEST(FastestProducts, AreInASetThatTheProcessorHasAndHaveTheSameBitsInAll) {
  constexpr Index n = 700;
  const auto before = core::kernels::set_of_products();
  const auto sets = core::kernels::sets_for_products();
  for (const char* storage : {"dense", "sparse"}) {
    for (const auto precision : {Precision::full, Precision::single, Precision::mixed}) {
      model::ReservoirParameters p;
      p.size = n;
      p.storage = storage;
      p.connectivity = 0.1;
      const auto J = model::Connectivity::draw(p, precision, core::Philox(7), {0, n});
      for (const Index copies : {Index{1}, Index{5}}) {
        model::use_fastest_products(*J.connections()->by_rows(), n, copies, J.rate_order(copies), precision);
        EXPECT_NE(std::ranges::find(sets, core::kernels::set_of_products()), sets.end());
        model::Rates rates(copies, n, precision, J.rate_order(copies));
        std::vector<Real> some(core::as_size(n));
        for (Index copy = 0; copy < copies; ++copy) {
          core::Philox(3).fill_uniforms(core::Stream::task_input, copy, 0, some);
          model::round_rates(precision, some);
          rates.set(copy, some);
        }
        std::vector<Real> expected(core::as_size(copies * n));
        J.multiply(rates.all(), false, expected);
        for (const auto set : sets) {
          core::kernels::use_for_products(set);
          auto found = expected;
          J.multiply(rates.all(), true, found);
          EXPECT_EQ(found, expected) << core::kernels::name_of(set) << ' ' << storage;
        }
      }
    }
  }
  core::kernels::use_for_products(before);
}

}  // namespace
