#include "bayres/kernels/elementary.hpp"

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

TEST(ExpInPlace, IsWithinAUnitInTheLastPlace) {
  auto x = spread(200000, -60, 9.53);  // up to 740
  for (std::size_t i = 0; i < x.size(); i += 2) x[i] = -x[i];
  for (std::size_t i = 0; i < 100000; ++i) x[i] = -745.13 + 0.0145 * static_cast<Real>(i);
  auto out = x;
  exp_in_place(out);
  std::size_t subnormal = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const auto exact = std::exp(static_cast<long double>(x[i]));
    if (exact > std::numeric_limits<Real>::max()) {
      ASSERT_EQ(out[i], infinity);
      continue;
    }
    subnormal += static_cast<std::size_t>(exact < std::numeric_limits<Real>::min());
    ASSERT_LE(error_in_ulp(out[i], exact), 1) << x[i];
  }
  EXPECT_GT(subnormal, 100);
}

TEST(ExpInPlace, KeepsLimitsAndWhatIsNotANumber) {
  const Real largest = std::log(std::numeric_limits<Real>::max());
  std::vector<Real> x{0,      -0.0,    infinity, -infinity, std::nan(""), std::nextafter(largest, infinity),
                      1e300,  -745.13, -746,     -1e300,    5e-324,       -5e-324,
                      largest};
  exp_in_place(x);
  EXPECT_EQ(x[0], 1);
  EXPECT_EQ(x[1], 1);
  EXPECT_EQ(x[2], infinity);
  EXPECT_EQ(x[3], 0);
  EXPECT_TRUE(std::isnan(x[4]));
  EXPECT_EQ(x[5], infinity);
  EXPECT_EQ(x[6], infinity);
  EXPECT_EQ(x[7], 5e-324);
  EXPECT_EQ(x[8], 0);
  EXPECT_EQ(x[9], 0);
  EXPECT_EQ(x[10], 1);
  EXPECT_EQ(x[11], 1);
  EXPECT_NEAR(x[12] / std::numeric_limits<Real>::max(), 1, 1e-12);
}

TEST(ExpInPlace, GivesANumberTheSameBitsWhereverItStands) {
  const auto x = spread(41, -10, 9);
  auto whole = x;
  exp_in_place(whole);
  for (std::size_t first = 0; first < x.size(); ++first) {
    std::vector<Real> part(x.begin() + static_cast<std::ptrdiff_t>(first), x.end());
    exp_in_place(part);
    ASSERT_TRUE(std::equal(part.begin(), part.end(), whole.begin() + static_cast<std::ptrdiff_t>(first)));
  }
}

TEST(LogOfRest, IsWithinTwoUnitsInTheLastPlace) {
  auto p = spread(100000, -1074, -1e-9);
  for (std::size_t i = 0; i < 30000; ++i) p[i] = 1 - p[i + 50000];
  for (std::size_t i = 30000; i < 60000; ++i) p[i] = std::pow(p[i], 0.02);
  for (const Real value : p) {
    if (value == 1) continue;
    ASSERT_LE(error_in_ulp(log_of_rest(value), std::log1p(-static_cast<long double>(value))), 2) << value;
  }
  EXPECT_EQ(log_of_rest(0), 0);
  EXPECT_EQ(log_of_rest(5e-324), -5e-324);
  EXPECT_EQ(log_of_rest(1 - 0x1p-53), std::log(0x1p-53));
}

/// Any numbers of turns: small and large ones, and near to multiples of a quarter.
std::vector<Real> some_turns() {
  auto turns = spread(300000, -1074, 60);
  for (std::size_t i = 0; i < 100000; ++i) turns[i] = std::ldexp(turns[i], -std::ilogb(turns[i]) % 8);
  for (std::size_t i = 0; i < 50000; ++i) turns[i] = static_cast<Real>(i) / 4 + std::ldexp(turns[i], -45);
  for (std::size_t i = 0; i < turns.size(); i += 2) turns[i] = -turns[i];
  return turns;
}

/// Whole turns are taken off exactly, and then what is left of quarters.
long double sine_of_exact_turns(Real turns, int quarters) {
  const long double rest = turns - std::round(turns);
  const long double quarter = std::round(4 * rest);
  const long double angle = 2 * std::numbers::pi_v<long double> * (rest - quarter / 4);
  switch ((static_cast<int>(quarter) + quarters + 4) % 4) {
    case 0:
      return std::sin(angle);
    case 1:
      return std::cos(angle);
    case 2:
      return -std::sin(angle);
    default:
      return -std::cos(angle);
  }
}

TEST(SineOfTurns, IsWithinAUnitInTheLastPlace) {
  for (const Real turns : some_turns()) {
    ASSERT_LE(error_in_ulp(sine_of_turns(turns), sine_of_exact_turns(turns, 0)), 1) << turns;
    ASSERT_LE(error_in_ulp(cosine_of_turns(turns), sine_of_exact_turns(turns, 1)), 1) << turns;
  }
}

TEST(SineOfTurns, IsThatOfTheAngle) {
  for (Real turns = -3; turns < 3; turns += 0.0137) {
    EXPECT_NEAR(sine_of_turns(turns), std::sin(2 * std::numbers::pi * turns), 1e-14);
    EXPECT_NEAR(cosine_of_turns(turns), std::cos(2 * std::numbers::pi * turns), 1e-14);
  }
}

TEST(SineOfTurns, IsExactAtQuartersAndKnowsNoneOfWhatIsNotFinite) {
  for (const Real whole : {0.0, 1.0, -3.0, 1e15, 0x1p1023}) {
    EXPECT_EQ(sine_of_turns(whole), 0);
    EXPECT_EQ(cosine_of_turns(whole), 1);
  }
  for (const Real whole : {0.0, 1.0, -3.0, 1e15}) {
    EXPECT_EQ(sine_of_turns(whole + 0.25), 1);
    EXPECT_EQ(cosine_of_turns(whole + 0.25), 0);
    EXPECT_EQ(sine_of_turns(whole + 0.5), 0);
    EXPECT_EQ(cosine_of_turns(whole + 0.5), -1);
    EXPECT_EQ(sine_of_turns(whole - 0.25), -1);
    EXPECT_EQ(cosine_of_turns(whole - 0.25), 0);
  }
  for (const Real turns : {infinity, -infinity, Real{std::nan("")}}) {
    EXPECT_TRUE(std::isnan(sine_of_turns(turns)));
    EXPECT_TRUE(std::isnan(cosine_of_turns(turns)));
  }
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
