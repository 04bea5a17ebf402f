#include "bayres/kernels/strips.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "bayres/kernels/random.hpp"

namespace {

using namespace bayres::core;
using namespace bayres::core::kernels;

std::vector<Real> numbers(Index rows, Index major) {
  std::vector<Real> values(static_cast<std::size_t>(rows * strip_width));
  Philox(1).fill_uniforms(Stream::resample, major, 0, values);
  return values;
}

TEST(Strips, AddProductsInTheOrderOfTime) {
  const auto left = numbers(strip_rows, 0);
  const auto right = numbers(strip_rows, 1);
  std::vector<Real> sums(strip_width * strip_width, 3);
  add_strip_products(left.data(), right.data(), strip_rows, sums.data());
  for (std::size_t a = 0; a < strip_width; ++a) {
    for (std::size_t b = 0; b < strip_width; ++b) {
      Real sum = 0;
      for (std::size_t t = 0; t < strip_rows; ++t) sum += left[t * strip_width + a] * right[t * strip_width + b];
      EXPECT_EQ(sums[a * strip_width + b], 3 + sum);
    }
  }
}

TEST(Strips, AddLaggedProductsInTheOrderOfTime) {
  constexpr std::size_t lags = 21;
  const auto strip = numbers(strip_rows + lags, 2);
  std::vector<Real> sums((lags + 1) * strip_width, -1);
  add_lagged_products(strip.data() + lags * strip_width, strip_rows, lags, sums.data());
  for (std::size_t k = 0; k <= lags; ++k) {
    for (std::size_t c = 0; c < strip_width; ++c) {
      Real sum = 0;
      for (std::size_t t = lags; t < lags + strip_rows; ++t) {
        sum += strip[t * strip_width + c] * strip[(t - k) * strip_width + c];
      }
      EXPECT_EQ(sums[k * strip_width + c], sum - 1);
    }
  }
}

}  // namespace
