#include "bayres/core/kernels.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <random>
#include <span>
#include <vector>

#include "bayres/core/aligned.hpp"
#include "bayres/core/block_sum.hpp"

namespace bayres::core {
namespace {

using kernels::padded;
using kernels::Vectors;
using Values = AlignedVector<Real>;

constexpr std::size_t z(Index i) { return static_cast<std::size_t>(i); }

Values random_values(Index n, unsigned seed) {
  std::mt19937_64 engine(seed);
  std::uniform_real_distribution<Real> uniform(-1, 1);
  Values values(z(n));
  for (auto& value : values) value = uniform(engine);
  return values;
}

/// rows x padded(columns), zeros in the padding.
Values random_rows(Index rows, Index columns, unsigned seed) {
  Values values = random_values(rows * padded(columns), seed);
  for (Index i = 0; i < rows; ++i) {
    for (Index j = columns; j < padded(columns); ++j) values[z(i * padded(columns) + j)] = 0;
  }
  return values;
}

struct Exact {
  long double sum = 0;
  long double size = 0;  ///< sum of absolute terms
};

Exact naive_dot(const Real* a, const Real* b, Index n) {
  Exact result;
  for (Index j = 0; j < n; ++j) {
    const long double term = static_cast<long double>(a[j]) * b[j];
    result.sum += term;
    result.size += std::abs(term);
  }
  return result;
}

void expect_near(Real value, const Exact& exact, Index terms) {
  // The bound on the rounding of any order of `terms` additions and products.
  const auto tolerance = static_cast<Real>(exact.size * static_cast<long double>(terms + 1) * 1.2e-16L);
  EXPECT_NEAR(value, static_cast<Real>(exact.sum), tolerance + 1e-300);
}

TEST(Padded, RoundsUpToAMultipleOfThePadding) {
  EXPECT_EQ(padded(0), 0);
  for (Index n = 1; n < 100; ++n) {
    EXPECT_EQ(padded(n) % kernels::padding, 0);
    EXPECT_GE(padded(n), n);
    EXPECT_LT(padded(n), n + kernels::padding);
  }
}

TEST(AlignedVector, StartsOnACacheLine) {
  for (std::size_t n = 1; n < 40; ++n) {
    const Values values(n);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(values.data()) % 64, 0U);
  }
}

TEST(BlockDot, IsTheSumOfProductsForEveryLength) {
  for (Index n = 0; n <= 64; ++n) {
    const Values a = random_values(n, 1);
    const Values b = random_values(n, 2);
    expect_near(block_dot(a, b), naive_dot(a.data(), b.data(), n), n);
  }
}

TEST(BlockedDot, AddsTheBlocksInOrder) {
  const Values a = random_values(150, 1);
  const Values b = random_values(150, 2);
  const std::span<const Real> x(a);
  const std::span<const Real> y(b);
  const Real parts = (block_dot(x.first(64), y.first(64)) + block_dot(x.subspan(64, 64), y.subspan(64, 64))) +
                     block_dot(x.subspan(128), y.subspan(128));
  EXPECT_EQ(blocked_dot(x, y, 64), parts);
  EXPECT_EQ(blocked_dot(x.first(0), y.first(0), 64), 0);
}

TEST(DenseProduct, IsTheNaiveProductForEveryShape) {
  for (const Index columns : {1, 2, 7, 15, 16, 17, 31, 64, 65, 131}) {
    for (const Index rows : {0, 1, 2, 3, 4, 5, 8, 9, 17}) {
      const Values matrix = random_rows(rows, columns, 3);
      const Values in = random_rows(1, columns, 4);
      Values out(z(rows) + 1, 99);
      kernels::dense_product(matrix.data(), rows, padded(columns), {.in = in.data(), .out = out.data()});
      for (Index i = 0; i < rows; ++i) {
        expect_near(out[z(i)], naive_dot(matrix.data() + i * padded(columns), in.data(), columns), columns);
      }
      EXPECT_EQ(out[z(rows)], 99) << "written past the last row";
    }
  }
}

TEST(DenseProduct, GivesARowTheSameBitsWhateverTheOtherRowsAndVectors) {
  constexpr Index rows = 13;
  constexpr Index columns = 75;
  constexpr Index most = 9;
  const Index stride = padded(columns);
  const Values matrix = random_rows(rows, columns, 5);
  const Values in = random_rows(most, columns, 6);
  Values alone(z(rows * most));
  for (Index v = 0; v < most; ++v) {
    for (Index i = 0; i < rows; ++i) {
      kernels::dense_product(matrix.data() + i * stride, 1, stride,
                             {.in = in.data() + v * stride, .out = alone.data() + v * rows + i});
    }
  }
  for (Index count = 1; count <= most; ++count) {
    for (Index first = 0; first < rows; ++first) {
      const Index n = rows - first;
      Values together(z(n * count));
      kernels::dense_product(matrix.data() + first * stride, n, stride, {count, in.data(), stride, together.data(), n});
      for (Index v = 0; v < count; ++v) {
        for (Index i = 0; i < n; ++i) {
          ASSERT_EQ(together[z(v * n + i)], alone[z(v * rows + first + i)])
              << count << " vectors, rows from " << first << ", vector " << v << ", row " << first + i;
        }
      }
    }
  }
}

TEST(DenseProduct, PutsResultsAtTheirStride) {
  const Values matrix = random_rows(3, 5, 7);
  const Values in = random_rows(2, 5, 8);
  Values out(10, 99);
  kernels::dense_product(matrix.data(), 3, padded(5), {2, in.data(), padded(5), out.data(), 5});
  for (const Index v : {0, 1}) {
    for (Index i = 0; i < 3; ++i) {
      expect_near(out[z(v * 5 + i)], naive_dot(matrix.data() + i * padded(5), in.data() + v * padded(5), 5), 5);
    }
    EXPECT_EQ(out[z(v * 5 + 3)], 99);
    EXPECT_EQ(out[z(v * 5 + 4)], 99);
  }
}

/// Rows of 0, 1, 2, ... entries, spread over the columns.
struct Csr {
  std::vector<Index> row_start{0};
  std::vector<std::uint32_t> columns;
  Values values;

  Csr(Index rows, Index width) {
    const Values draws = random_values(rows * rows, 9);
    for (Index i = 0; i < rows; ++i) {
      for (Index k = 0; k < i; ++k) {
        columns.push_back(static_cast<std::uint32_t>((k * width / i + i) % width));
        values.push_back(draws[z(i * rows + k)]);
      }
      row_start.push_back(static_cast<Index>(values.size()));
    }
  }
};

TEST(SparseProduct, IsTheNaiveProductForEveryRowLength) {
  constexpr Index rows = 40;
  constexpr Index columns = 101;
  const Csr csr(rows, columns);
  const Values in = random_rows(1, columns, 10);
  Values out(rows + 1, 99);
  kernels::sparse_product(csr.row_start.data(), csr.columns.data(), csr.values.data(), rows,
                          {.in = in.data(), .out = out.data()});
  for (Index i = 0; i < rows; ++i) {
    Values gathered;
    for (Index k = csr.row_start[z(i)]; k < csr.row_start[z(i + 1)]; ++k) gathered.push_back(in[csr.columns[z(k)]]);
    expect_near(out[z(i)], naive_dot(csr.values.data() + csr.row_start[z(i)], gathered.data(), i), i);
  }
  EXPECT_EQ(out[0], 0) << "a row without entries";
  EXPECT_EQ(out[rows], 99);
}

TEST(SparseProduct, GivesARowTheSameBitsWhateverTheOtherRowsAndVectors) {
  constexpr Index rows = 23;
  constexpr Index columns = 64;
  constexpr Index most = 6;
  const Csr csr(rows, columns);
  const Values in = random_rows(most, columns, 11);
  Values alone(z(rows * most));
  for (Index v = 0; v < most; ++v) {
    for (Index i = 0; i < rows; ++i) {
      kernels::sparse_product(csr.row_start.data() + i, csr.columns.data(), csr.values.data(), 1,
                              {.in = in.data() + v * columns, .out = alone.data() + v * rows + i});
    }
  }
  for (Index count = 1; count <= most; ++count) {
    Values together(z(rows * count));
    kernels::sparse_product(csr.row_start.data(), csr.columns.data(), csr.values.data(), rows,
                            {count, in.data(), columns, together.data(), rows});
    EXPECT_TRUE(std::equal(together.begin(), together.end(), alone.begin())) << count << " vectors";
  }
}

TEST(SymmetricProduct, IsTheNaiveProductForEverySize) {
  for (Index n = 1; n <= 70; ++n) {
    Values matrix = random_values(n * n, 12);
    for (Index i = 0; i < n; ++i) {
      for (Index j = 0; j < i; ++j) matrix[z(i * n + j)] = matrix[z(j * n + i)];
    }
    const Values vector = random_values(n, 13);
    Values out(z(n) + 1, 99);
    kernels::symmetric_product(matrix.data(), n, vector.data(), out.data());
    for (Index i = 0; i < n; ++i) {
      expect_near(out[z(i)], naive_dot(matrix.data() + i * n, vector.data(), n), n);
    }
    EXPECT_EQ(out[z(n)], 99);
  }
}

TEST(SubtractOuter, IsTheNaiveRankOneStep) {
  for (const Index stride : {1, 3, 16, 21, 48}) {
    for (const Index rows : {0, 1, 2, 5, 9}) {
      const Values before = random_values(rows * stride, 14);
      const Values left = random_values(rows, 15);
      const Values right = random_values(stride, 16);
      Values matrix = before;
      kernels::subtract_outer(matrix.data(), rows, stride, 0.7, left.data(), right.data());
      for (Index i = 0; i < rows; ++i) {
        for (Index j = 0; j < stride; ++j) {
          const long double exact =
              before[z(i * stride + j)] - 0.7L * static_cast<long double>(left[z(i)]) * right[z(j)];
          EXPECT_NEAR(matrix[z(i * stride + j)], static_cast<Real>(exact), 5e-16);
        }
      }
    }
  }
}

TEST(SubtractOuter, GivesARowTheSameBitsWhateverTheOtherRows) {
  constexpr Index rows = 11;
  constexpr Index stride = 37;
  Values whole = random_values(rows * stride, 17);
  Values pieces = whole;
  const Values left = random_values(rows, 18);
  const Values right = random_values(stride, 19);
  kernels::subtract_outer(whole.data(), rows, stride, 0.3, left.data(), right.data());
  for (Index i = 0; i < rows; ++i) {
    kernels::subtract_outer(pieces.data() + i * stride, 1, stride, 0.3, left.data() + i, right.data());
  }
  EXPECT_EQ(whole, pieces);
}

TEST(SubtractOuter, KeepsASymmetricMatrixSymmetricToTheBit) {
  constexpr Index n = 29;
  Values matrix(n * n);
  for (Index i = 0; i < n; ++i) matrix[z(i * n + i)] = 1;
  for (unsigned step = 0; step < 200; ++step) {
    const Values k = random_values(n, 100 + step);
    kernels::subtract_outer(matrix.data(), n, n, 1.0 / 3, k.data(), k.data());
  }
  for (Index i = 0; i < n; ++i) {
    for (Index j = 0; j < i; ++j) ASSERT_EQ(matrix[z(i * n + j)], matrix[z(j * n + i)]);
  }
}

}  // namespace
}  // namespace bayres::core
