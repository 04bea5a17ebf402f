#include "bayres/kernels/random.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <cstdint>
#include <set>

namespace bayres::core {
namespace {

/// High and low word of a 64 x 64 bit product, by halves.
std::array<std::uint64_t, 2> product(std::uint64_t a, std::uint64_t b) {
  const std::uint64_t mask = 0xffffffffU;
  const std::uint64_t low = (a & mask) * (b & mask);
  const std::uint64_t middle = (a >> 32U) * (b & mask) + (low >> 32U);
  const std::uint64_t other = (a & mask) * (b >> 32U) + (middle & mask);
  return {(a >> 32U) * (b >> 32U) + (middle >> 32U) + (other >> 32U), a * b};
}

/// Philox4x64-10 as in table 2 and section 3.3 of Salmon et al. 2011.
std::array<std::uint64_t, 4> naive_philox(std::array<std::uint64_t, 4> counter, std::uint64_t seed) {
  std::array<std::uint64_t, 2> key{seed, 0};
  for (int round = 0; round < 10; ++round) {
    const auto first = product(0xD2E7470EE14C6C93U, counter[0]);
    const auto second = product(0xCA5A826395121157U, counter[2]);
    counter = {second[0] ^ counter[1] ^ key[0], second[1], first[0] ^ counter[3] ^ key[1], first[1]};
    key = {key[0] + 0x9E3779B97F4A7C15U, key[1] + 0xBB67AE8584CAA73BU};
  }
  return counter;
}

constexpr std::array all_streams{
    Stream::connection_gap, Stream::connection_weight, Stream::input_weight, Stream::feedback_weight,
    Stream::bias,           Stream::initial_state,     Stream::state_noise,  Stream::task_input,
};

TEST(Philox, GivesThePublishedNumbersForCounterAndKeyZero) {
  // kat_vectors of Random123: philox4x64 10, all zero.
  const std::array<std::uint64_t, 4> published{0x16554d9eca36314cU, 0xdb20fe9d672d0fdcU, 0xd7e772cee186176bU,
                                               0x7e68b68aec7ba23bU};
  EXPECT_EQ(naive_philox({0, 0, 0, 0}, 0), published);
  const auto draws = Philox(0).uniforms(static_cast<Stream>(0), 0, 0);
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_NEAR(draws[i], std::ldexp(static_cast<double>(published[i]), -64), 1e-15);
  }
}

TEST(Philox, KeepsItsNumbersBetweenVersions) {
  // Counter (minor, major, stream, 0), key (seed, 0): a change here changes every result.
  for (const Stream stream : all_streams) {
    const auto bits = naive_philox({7, 123456789, static_cast<std::uint64_t>(stream), 0}, 42);
    const auto draws = Philox(42).uniforms(stream, 123456789, 7);
    for (std::size_t i = 0; i < 4; ++i) {
      EXPECT_NEAR(draws[i], std::ldexp(static_cast<double>(bits[i]), -64), 1e-15);
    }
  }
}

TEST(Philox, IsAPureFunctionOfItsIndex) {
  const Philox random(3);
  const auto first = random.uniforms(Stream::bias, 5, 9);
  (void)random.uniforms(Stream::state_noise, 1, 2);
  EXPECT_EQ(random.uniforms(Stream::bias, 5, 9), first);
  EXPECT_EQ(Philox(3).uniforms(Stream::bias, 5, 9), first);
}

TEST(Philox, DrawsDifferWhenAnyPartOfTheIndexDiffers) {
  std::set<double> seen;
  std::size_t drawn = 0;
  const auto add = [&](const Philox& random, Stream stream, Index major, Index minor) {
    for (const double draw : random.uniforms(stream, major, minor)) seen.insert(draw);
    drawn += 4;
  };
  for (std::uint64_t seed = 0; seed < 3; ++seed) {
    for (const Stream stream : all_streams) {
      for (Index major = 0; major < 5; ++major) {
        for (Index minor = 0; minor < 5; ++minor) add(Philox(seed), stream, major, minor);
      }
    }
  }
  // Indices and seeds beyond 32 bits count in full.
  constexpr Index wide = Index{1} << 40;
  add(Philox(1), Stream::bias, wide, 0);
  add(Philox(1), Stream::bias, 0, wide);
  add(Philox(std::uint64_t{1} << 40U), Stream::bias, 0, 0);
  EXPECT_EQ(seen.size(), drawn);
}

TEST(Philox, UniformAndNormalTakeTheFourOfACounterInTurn) {
  const Philox random(11);
  for (Index index = 0; index < 12; ++index) {
    const auto lane = static_cast<std::size_t>(index % 4);
    EXPECT_EQ(random.uniform(Stream::input_weight, 3, index),
              random.uniforms(Stream::input_weight, 3, index / 4)[lane]);
    EXPECT_EQ(random.normal(Stream::input_weight, 3, index), random.normals(Stream::input_weight, 3, index / 4)[lane]);
  }
}

TEST(Philox, UniformsFillTheOpenUnitIntervalEvenly) {
  const Philox random(1);
  constexpr Index draws = 40000;
  std::array<int, 10> bins{};
  double sum = 0;
  double squares = 0;
  double lag_product = 0;
  double previous = 0.5;
  for (Index i = 0; i < draws; ++i) {
    const double u = random.uniform(Stream::task_input, 0, i);
    ASSERT_GT(u, 0.0);
    ASSERT_LT(u, 1.0);
    ++bins[static_cast<std::size_t>(10 * u)];
    sum += u;
    squares += (u - 0.5) * (u - 0.5);
    lag_product += (u - 0.5) * (previous - 0.5);
    previous = u;
  }
  // Five standard errors: of the mean sqrt(1/12 / 40000) = 0.0014, of a bin sqrt(40000 * 0.09) = 60.
  EXPECT_NEAR(sum / draws, 0.5, 0.0072);
  EXPECT_NEAR(squares / draws, 1.0 / 12, 0.0019);
  EXPECT_NEAR(lag_product / draws, 0, 0.0021);
  for (const int count : bins) EXPECT_NEAR(count, 4000, 300);
}

TEST(Philox, NormalsHaveTheMomentsOfAStandardNormal) {
  const Philox random(2);
  constexpr Index draws = 40000;
  std::array<double, 4> moments{};
  double pair_product = 0;
  int beyond_two = 0;
  for (Index i = 0; i < draws / 4; ++i) {
    const auto x = random.normals(Stream::state_noise, 17, i);
    for (const double value : x) {
      ASSERT_TRUE(std::isfinite(value));
      for (int k = 0; k < 4; ++k) moments[static_cast<std::size_t>(k)] += std::pow(value, k + 1);
      beyond_two += std::abs(value) > 2 ? 1 : 0;
    }
    pair_product += x[0] * x[1] + x[2] * x[3];  // the two of one Box-Muller pair
  }
  // Five standard errors: sqrt(1, 2, 15, 96 / 40000), and sqrt(40000 * 0.0455) = 43 for the tail.
  EXPECT_NEAR(moments[0] / draws, 0, 0.025);
  EXPECT_NEAR(moments[1] / draws, 1, 0.036);
  EXPECT_NEAR(moments[2] / draws, 0, 0.097);
  EXPECT_NEAR(moments[3] / draws, 3, 0.25);
  EXPECT_NEAR(beyond_two, 0.0455 * draws, 210);
  EXPECT_NEAR(pair_product / (draws / 2.0), 0, 0.036);
}

}  // namespace
}  // namespace bayres::core
