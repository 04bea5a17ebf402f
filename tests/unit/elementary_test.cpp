#include "bayres/core/elementary.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numbers>
#include <random>
#include <span>
#include <vector>

#include "bayres/core/precision.hpp"

namespace bayres::core {
namespace {

constexpr Real infinity = std::numeric_limits<Real>::infinity();

/// Distance from the exact value, in units of the last place of the latter.
Real error_in_ulp(Real value, long double exact) {
  const auto rounded = std::abs(static_cast<Real>(exact));
  const Real unit = std::nextafter(rounded, infinity) - rounded;
  return static_cast<Real>(std::abs(static_cast<long double>(value) - exact)) / unit;
}

std::vector<Real> spread(std::size_t count, Real low_exponent, Real high_exponent) {
  std::mt19937_64 engine(1);
  std::uniform_real_distribution<Real> exponent(low_exponent, high_exponent);
  std::vector<Real> values(count);
  for (auto& value : values) value = std::exp2(exponent(engine));
  return values;
}

TEST(TanhOf, IsWithinThreeUnitsInTheLastPlace) {
  auto x = spread(100000, -40, 6);
  for (std::size_t i = 0; i < x.size(); i += 2) x[i] = -x[i];
  std::vector<Real> out(x.size());
  tanh_of(x, out);
  for (std::size_t i = 0; i < x.size(); ++i) {
    ASSERT_LE(error_in_ulp(out[i], std::tanh(static_cast<long double>(x[i]))), 3) << x[i];
  }
}

TEST(TanhOf, KeepsSignsLimitsAndWhatIsNotANumber) {
  const std::vector<Real> x{0.0, -0.0, infinity, -infinity, std::nan(""), 1e-310, -1e308, 19.5, 20, 20.5};
  std::vector<Real> out(x.size());
  tanh_of(x, out);
  EXPECT_EQ(out[0], 0);
  EXPECT_FALSE(std::signbit(out[0]));
  EXPECT_TRUE(out[1] == 0 && std::signbit(out[1]));
  EXPECT_EQ(out[2], 1);
  EXPECT_EQ(out[3], -1);
  EXPECT_TRUE(std::isnan(out[4]));
  EXPECT_NEAR(out[5], 1e-310, 1e-314);
  EXPECT_EQ(out[6], -1);
  for (std::size_t i = 7; i < 10; ++i) EXPECT_EQ(out[i], 1);
}

TEST(TanhOf, GivesANumberTheSameBitsWhereverItStands) {
  const auto x = spread(41, -10, 4);
  std::vector<Real> whole(x.size());
  tanh_of(x, whole);
  for (std::size_t first = 0; first < x.size(); ++first) {
    for (std::size_t count = 1; first + count <= x.size(); count += 5) {
      std::vector<Real> part(count);
      tanh_of(std::span(x).subspan(first, count), part);
      ASSERT_TRUE(std::equal(part.begin(), part.end(), whole.begin() + static_cast<std::ptrdiff_t>(first)));
    }
  }
}

TEST(LogInPlace, IsWithinAUnitInTheLastPlace) {
  auto x = spread(100000, -1000, 1000);
  for (std::size_t i = 0; i < 20000; ++i) x[i] = 1 - static_cast<Real>(i + 1) * 0x1p-53;
  for (std::size_t i = 20000; i < 40000; ++i) x[i] = 1 + static_cast<Real>(i) * 1e-6;
  auto out = x;
  log_in_place(out);
  for (std::size_t i = 0; i < x.size(); ++i) {
    ASSERT_LE(error_in_ulp(out[i], std::log(static_cast<long double>(x[i]))), 1) << x[i];
  }
  std::vector<Real> one{1};
  log_in_place(one);
  EXPECT_EQ(one[0], 0);
}

TEST(UniformsFromWords, AreTheUpperBitsAsAFractionThatIsNeverZeroOrOne) {
  std::mt19937_64 engine(5);
  for (const std::size_t count : {1U, 4U, 7U, 8U, 31U, 1000U}) {
    std::vector<std::uint64_t> words(count);
    for (auto& word : words) word = engine();
    words.front() = 0;
    words.back() = std::numeric_limits<std::uint64_t>::max();
    std::vector<Real> draws(count);
    std::ranges::transform(words, draws.begin(), [](std::uint64_t word) { return std::bit_cast<Real>(word); });
    uniforms_from_words(draws);
    for (std::size_t i = 0; i < count; ++i) {
      EXPECT_EQ(draws[i], std::ldexp(static_cast<Real>((words[i] >> 11U) | 1U), -53));
      EXPECT_GT(draws[i], 0);
      EXPECT_LT(draws[i], 1);
    }
  }
}

TEST(GeometricFromUniforms, AreTheNumbersOfTheFirstSuccesses) {
  std::mt19937_64 engine(6);
  std::uniform_real_distribution<Real> uniform(1e-300, 1);
  for (const Real success : {0.5, 0.1, 1e-4}) {
    const Real log_failure = std::log1p(-success);
    std::vector<Real> x(10007);
    for (auto& value : x) value = uniform(engine);
    auto logarithms = x;
    log_in_place(logarithms);
    geometric_from_uniforms(x, log_failure);
    Real mean = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
      ASSERT_EQ(x[i], 1 + std::floor(logarithms[i] / log_failure));
      mean += x[i] / static_cast<Real>(x.size());
    }
    EXPECT_NEAR(mean * success, 1, 5 / std::sqrt(static_cast<Real>(x.size())));
  }
}

TEST(NormalsFromUniforms, AreThoseOfBoxAndMuller) {
  std::mt19937_64 engine(2);
  std::uniform_real_distribution<Real> uniform(0x1p-54, 1 - 0x1p-53);
  std::vector<Real> u(100000);
  for (auto& value : u) value = uniform(engine);
  u[0] = 0x1p-60;
  auto normals = u;
  normals_from_uniforms(normals);
  for (std::size_t i = 0; i < u.size(); i += 2) {
    const long double radius = std::sqrt(-2 * std::log(static_cast<long double>(u[i])));
    const long double angle = 2 * std::numbers::pi_v<long double> * static_cast<long double>(u[i + 1]);
    ASSERT_NEAR(normals[i], static_cast<Real>(radius * std::cos(angle)), static_cast<Real>(radius) * 5e-16);
    ASSERT_NEAR(normals[i + 1], static_cast<Real>(radius * std::sin(angle)), static_cast<Real>(radius) * 5e-16);
  }
}

TEST(NormalsFromUniforms, AreTheSameBitsWhereverTheyStand) {
  std::vector<Real> whole(62);
  for (std::size_t i = 0; i < whole.size(); ++i) whole[i] = static_cast<Real>(i + 1) / 64;
  const auto uniforms = whole;
  normals_from_uniforms(whole);
  for (std::size_t first = 0; first < whole.size(); first += 2) {
    std::vector<Real> part(uniforms.begin() + static_cast<std::ptrdiff_t>(first), uniforms.end());
    normals_from_uniforms(part);
    ASSERT_TRUE(std::equal(part.begin(), part.end(), whole.begin() + static_cast<std::ptrdiff_t>(first)));
  }
}

TEST(Bfloat16, IsTheNearestOfEightSignificantBits) {
  EXPECT_EQ(static_cast<Real>(Bfloat16(1.0)), 1.0);
  EXPECT_EQ(static_cast<Real>(Bfloat16(-0.3)), -0.30078125);
  EXPECT_EQ(static_cast<Real>(Bfloat16(1 + 0x1p-8)), 1.0) << "halfway: the even one";
  EXPECT_EQ(static_cast<Real>(Bfloat16(1 + 3 * 0x1p-8)), 1 + 0x1p-6) << "halfway: the even one";
  EXPECT_EQ(static_cast<Real>(Bfloat16(1 + 0x1.1p-8)), 1 + 0x1p-7);
  EXPECT_EQ(static_cast<Real>(Bfloat16(0.0)), 0.0);
}

TEST(OnRateGrid, KeepsSixteenSignificantBitsInMixedPrecision) {
  for (const Real r : spread(10000, -59, 0)) {
    const Real rate = on_rate_grid(Precision::mixed, r);
    EXPECT_NEAR(rate, r, r * 0x1.01p-16);
    const Real scaled = std::ldexp(rate, 15 - std::ilogb(rate));
    ASSERT_EQ(scaled, std::round(scaled));
    ASSERT_EQ(on_rate_grid(Precision::mixed, -r), -rate);
    ASSERT_EQ(on_rate_grid(Precision::mixed, rate), rate);
    ASSERT_EQ(on_rate_grid(Precision::single, r), static_cast<Real>(static_cast<float>(r)));
    ASSERT_EQ(on_rate_grid(Precision::full, r), r);
  }
  EXPECT_EQ(on_rate_grid(Precision::mixed, 0x1p-61), 0);
  EXPECT_EQ(on_rate_grid(Precision::mixed, 1 - 0x1p-20), 1);
  EXPECT_TRUE(std::isnan(on_rate_grid(Precision::mixed, std::nan(""))));
}

}  // namespace
}  // namespace bayres::core
