#include "bayres/kernels/kernels.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <span>
#include <utility>
#include <vector>

#include "bayres/core/aligned.hpp"
#include "bayres/kernels/block_sum.hpp"
#include "bayres/kernels/synapses.hpp"

namespace bayres::core {
namespace {

using Values = AlignedVector<Real>;

constexpr std::size_t z(Index i) { return static_cast<std::size_t>(i); }

Values random_values(Index n, unsigned seed) {
  std::mt19937_64 engine(seed);
  std::uniform_real_distribution<Real> uniform(-1, 1);
  Values values(z(n));
  for (auto& value : values) value = uniform(engine);
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

TEST(AlignedVector, StartsOnACacheLine) {
  for (std::size_t n = 1; n < 40; ++n) {
    const Values values(n);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(values.data()) % 64, 0U);
  }
}

TEST(LargePages, AreWholeAndOnTheirBoundaryForWhatTakesAQuarterOfOne) {
  constexpr std::size_t page = std::size_t{2} << 20U;
  for (const std::size_t bytes : {std::size_t{8}, page / 4 - 8, page / 4, page, page + 8, 3 * page}) {
    void* block = large_pages().allocate(bytes, alignof(Real));
    const auto address = reinterpret_cast<std::uintptr_t>(block);
    EXPECT_EQ(address % (bytes < page / 4 ? 64 : page), 0U) << bytes;
    std::fill_n(static_cast<std::byte*>(block), bytes, std::byte{1});
    large_pages().deallocate(block, bytes, alignof(Real));
  }
}

TEST(BlockDot, IsTheSumOfProductsForEveryLength) {
  for (Index n = 0; n <= 64; ++n) {
    const Values a = random_values(n, 1);
    const Values b = random_values(n, 2);
    expect_near(block_dot(a, b), naive_dot(a.data(), b.data(), n), n);
  }
}

TEST(BlockDots, AreBlockDotsOfTheRows) {
  for (Index n = 0; n <= 64; ++n) {
    const Index stride = n + 3;
    const Values weights = random_values(5 * stride, 1);
    const Values rates = random_values(n, 2);
    Values sums(6, 99);
    block_dots(weights.data(), stride, rates, std::span(sums).first(5));
    for (Index q = 0; q < 5; ++q) {
      ASSERT_EQ(sums[z(q)], block_dot(std::span(weights).subspan(z(q * stride), z(n)), rates)) << n << " rates";
    }
    EXPECT_EQ(sums[5], 99);
  }
}

TEST(AddScaled, DoesElementByElementWhatItSays) {
  for (const Index n : {0, 1, 7, 8, 30, 101}) {
    const Values rates = random_values(n, 3);
    const Values before = random_values(n, 4);
    Values scaled = before;
    Values ratio = before;
    Values precision(z(n), 2);
    add_scaled(0.3, rates, scaled);
    add_squares(rates, precision);
    add_scaled_ratio(0.3, rates, precision, ratio);
    for (std::size_t i = 0; i < rates.size(); ++i) {
      const Real product = 0.3 * rates[i];
      const Real square = rates[i] * rates[i];
      EXPECT_EQ(scaled[i], before[i] + product);
      EXPECT_EQ(precision[i], 2 + square);
      EXPECT_EQ(ratio[i], before[i] + product / precision[i]);
    }
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

/// Types of weights and of rates.
template <class W, class R>
struct Types {
  using Weight = W;
  using Rate = R;
};

/// Weights and rates of such types, and what they are as reals.
template <class Case>
class Product : public ::testing::Test {
 public:
  using Weight = typename Case::Weight;
  using T = typename Case::Rate;
  static constexpr Precision precision = sizeof(T) == 8        ? Precision::full
                                         : sizeof(Weight) == 4 ? Precision::single
                                                               : Precision::mixed;
  /// Half a unit in the last place of 1.
  static constexpr Real roundoff = sizeof(T) == 8 ? 0x1p-53 : 0x1p-24;

  static AlignedVector<T> rates(Index n, unsigned seed) {
    AlignedVector<T> values(z(n));
    const Values draws = random_values(n, seed);
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<T>(on_rate_grid(precision, draws[i]));
    return values;
  }

  /// The bound that kernels.hpp states, for a sum over these terms.
  static void expect_near_sum(Real value, const Exact& exact, Index terms) {
    const auto additions = std::min(terms, kernels::chunk_columns) + terms / kernels::chunk_columns + 2;
    const auto bound = static_cast<Real>(exact.size) * static_cast<Real>(additions) * roundoff;
    EXPECT_NEAR(value, static_cast<Real>(exact.sum), bound + 1e-300);
  }
};
using Cases = ::testing::Types<Types<Real, Real>, Types<float, Real>, Types<Bfloat16, Real>, Types<float, float>,
                               Types<Bfloat16, float>>;
TYPED_TEST_SUITE(Product, Cases);

/// The products for these types.
/// \{
template <class Fixture>
void tiled_product(const typename Fixture::Weight* tiles, Index rows, Index columns, bool backwards,
                   const kernels::Vectors<typename Fixture::T>& vectors) {
  kernels::tiled_product(tiles, rows, columns, backwards, vectors);
}
template <class Fixture>
void sparse_product(const kernels::SparseBlock<typename Fixture::Weight>& block, bool backwards,
                    const kernels::Vectors<typename Fixture::T>& vectors) {
  kernels::sparse_product(block, backwards, vectors);
}
template <class Fixture>
void sparse_product_side_by_side(const kernels::SparseBlock<typename Fixture::Weight>& block, bool backwards,
                                 const kernels::Vectors<typename Fixture::T>& vectors) {
  kernels::sparse_product_side_by_side(block, backwards, vectors);
}
/// \}

/// Rows in tiles, and the same as reals.
template <class Weight>
struct Tiles {
  Index rows;
  Index columns;
  AlignedVector<Weight> tiles;
  Values plain;

  Tiles(Index row_count, Index column_count, unsigned seed)
      : rows(row_count), columns(column_count), tiles(z((rows + 63) / 64 * 64 * columns)), plain(z(rows * columns)) {
    const Values draws = random_values(rows * columns, seed);
    for (Index i = 0; i < rows; ++i) {
      for (Index j = 0; j < columns; ++j) {
        const auto weight = static_cast<Weight>(draws[z(i * columns + j)]);
        tiles[z((i / 64 * columns + j) * 64 + kernels::place_in_tile<Weight>(i % 64))] = weight;
        plain[z(i * columns + j)] = static_cast<Real>(weight);
      }
    }
  }
};

TYPED_TEST(Product, OfTilesIsTheNaiveProductForEveryShape) {
  for (const Index columns : {1, 2, 7, 64, 255, 256, 257, 700}) {
    for (const Index rows : {0, 1, 2, 31, 32, 33, 63, 64, 65, 130}) {
      const Tiles<typename TestFixture::Weight> m(rows, columns, 3);
      const auto in = TestFixture::rates(columns, 4);
      const Values plain_in(in.begin(), in.end());
      Values out(z(rows) + 1, 99);
      tiled_product<TestFixture>(m.tiles.data(), rows, columns, false, {.in = in.data(), .out = out.data()});
      for (Index i = 0; i < rows; ++i) {
        TestFixture::expect_near_sum(out[z(i)], naive_dot(m.plain.data() + i * columns, plain_in.data(), columns),
                                     columns);
      }
      EXPECT_EQ(out[z(rows)], 99) << "written past the last row";
    }
  }
}

/// The order of additions that kernels.hpp promises, one number at a time.
template <class T>
T chunked_sum(const Real* weights, const T* in, Index columns) {
  T total = 0;
  for (Index first = 0; first < columns; first += kernels::chunk_columns) {
    T sum = 0;
    for (Index j = first; j < std::min(columns, first + kernels::chunk_columns); ++j) {
      const T product = static_cast<T>(weights[j]) * in[j];
      sum += product;
    }
    total += sum;
  }
  return total;
}

TYPED_TEST(Product, OfTilesAddsColumnsInOrderAndChunksInOrder) {
  struct Shape {
    Index rows, columns;
  };
  // The last two are larger than a second-level cache: six tiles, of which the last is not full, are read in two turns.
  for (const auto& [rows, columns] : {Shape{70, 256}, {70, 257}, {70, 600}, {70, 1024}, {70, 12000}, {330, 2500}}) {
    const Tiles<typename TestFixture::Weight> m(rows, columns, 5);
    const auto in = TestFixture::rates(columns, 6);
    Values expected;
    for (Index i = 0; i < rows; ++i) {
      expected.push_back(static_cast<Real>(chunked_sum(m.plain.data() + i * columns, in.data(), columns)));
    }
    for (const bool backwards : {false, true}) {
      Values out(z(rows) + 1, 99);
      tiled_product<TestFixture>(m.tiles.data(), rows, columns, backwards, {.in = in.data(), .out = out.data()});
      EXPECT_EQ(out.back(), 99) << "written past the last row";
      out.pop_back();
      EXPECT_EQ(out, expected) << rows << " x " << columns << (backwards ? " backwards" : "");
    }
  }
}

TYPED_TEST(Product, OfTilesGivesARowTheSameBitsWhateverTheVectorsAndTheDirection) {
  constexpr Index rows = 130;
  constexpr Index columns = 300;
  constexpr Index most = 37;
  const Tiles<typename TestFixture::Weight> m(rows, columns, 7);
  const auto in = TestFixture::rates(columns * most, 8);
  Values alone(z(rows * most));
  for (Index v = 0; v < most; ++v) {
    tiled_product<TestFixture>(m.tiles.data(), rows, columns, false,
                               {.in = in.data() + v * columns, .out = alone.data() + v * rows});
  }
  for (const bool backwards : {false, true}) {
    for (const Index count : {1, 2, 3, 4, 5, 7, 8, 16, 32, 33, 37}) {
      Values together(z(rows * count));
      tiled_product<TestFixture>(m.tiles.data(), rows, columns, backwards,
                                 {count, in.data(), columns, together.data(), rows});
      EXPECT_TRUE(std::equal(together.begin(), together.end(), alone.begin())) << count << " vectors";
    }
  }
}

/// Rows of 0, 1, 2, ... entries, spread over the columns.
template <class Weight>
struct Csr {
  std::vector<std::uint32_t> row_start{0};
  std::vector<std::uint16_t> columns;
  AlignedVector<Weight> values;

  Csr(Index rows, Index width) {
    const Values draws = random_values(rows * rows, 9);
    for (Index i = 0; i < rows; ++i) {
      for (Index k = 0; k < i; ++k) {
        columns.push_back(static_cast<std::uint16_t>((k * width / i + i) % width));
        values.push_back(static_cast<Weight>(draws[z(i * rows + k)]));
      }
      row_start.push_back(static_cast<std::uint32_t>(values.size()));
    }
    columns.resize(columns.size() + z(kernels::sparse_reach));
    values.resize(values.size() + z(kernels::sparse_reach), static_cast<Weight>(Real{1}));
  }
  [[nodiscard]] kernels::SparseBlock<Weight> block() const {
    return {row_start.data(), columns.data(), values.data(), static_cast<Index>(row_start.size()) - 1};
  }
};

TYPED_TEST(Product, OfSparseRowsAddsTheNaiveProductForEveryRowLength) {
  constexpr Index rows = 40;
  constexpr Index columns = 101;
  const Csr<typename TestFixture::Weight> csr(rows, columns);
  const auto in = TestFixture::rates(columns, 10);
  Values out(rows + 1);
  sparse_product<TestFixture>(csr.block(), false, {.in = in.data(), .out = out.data()});
  for (Index i = 0; i < rows; ++i) {
    Values gathered;
    Values weights;
    for (std::size_t k = csr.row_start[z(i)]; k < csr.row_start[z(i + 1)]; ++k) {
      gathered.push_back(static_cast<Real>(in[csr.columns[k]]));
      weights.push_back(static_cast<Real>(csr.values[k]));
    }
    TestFixture::expect_near_sum(out[z(i)], naive_dot(weights.data(), gathered.data(), i), i);
  }
  EXPECT_EQ(out[rows], 0);
  Values twice = out;
  sparse_product<TestFixture>(csr.block(), false, {.in = in.data(), .out = twice.data()});
  for (std::size_t i = 0; i < out.size(); ++i) EXPECT_EQ(twice[i], 2 * out[i]) << "added to what was there";
}

TYPED_TEST(Product, OfSparseRowsHasTheBitsOfTheSameWeightsInTheTypeOfTheRates) {
  constexpr Index rows = 131;
  constexpr Index columns = 101;
  using Number = typename TestFixture::T;
  const Csr<typename TestFixture::Weight> narrow(rows, columns);
  Csr<Number> wide(rows, columns);
  for (std::size_t k = 0; k < wide.values.size(); ++k) wide.values[k] = static_cast<Number>(narrow.values[k]);
  const auto in = TestFixture::rates(columns, 12);
  Values out(rows);
  Values expected(rows);
  sparse_product<TestFixture>(narrow.block(), false, {.in = in.data(), .out = out.data()});
  kernels::sparse_product<Number, Number>(wide.block(), false, {.in = in.data(), .out = expected.data()});
  EXPECT_EQ(out, expected);
}

TYPED_TEST(Product, OfSparseRowsIsOfEveryRowsOwnColumnsAlone) {
  constexpr Index rows = 40;
  constexpr Index columns = 101;
  const Csr<typename TestFixture::Weight> csr(rows, columns);
  auto in = TestFixture::rates(columns, 10);
  Values before(rows);
  sparse_product<TestFixture>(csr.block(), false, {.in = in.data(), .out = before.data()});
  for (Index column = 0; column < columns; ++column) {
    const auto rate = std::exchange(in[z(column)], std::numeric_limits<typename TestFixture::T>::quiet_NaN());
    Values out(rows);
    sparse_product<TestFixture>(csr.block(), false, {.in = in.data(), .out = out.data()});
    for (Index i = 0; i < rows; ++i) {
      const auto first = csr.columns.begin() + csr.row_start[z(i)];
      const auto last = csr.columns.begin() + csr.row_start[z(i + 1)];
      if (std::find(first, last, column) != last) {
        EXPECT_TRUE(std::isnan(out[z(i)])) << "row " << i << ", column " << column;
      } else {
        EXPECT_EQ(out[z(i)], before[z(i)]) << "row " << i << ", column " << column;
      }
    }
    in[z(column)] = rate;
  }
}

TYPED_TEST(Product, OfSparseRowsHasTheSameBitsForVectorsApartAndSideBySide) {
  constexpr Index rows = 131;
  constexpr Index columns = 64;
  constexpr Index most = 21;
  using Number = typename TestFixture::T;
  const Csr<typename TestFixture::Weight> csr(rows, columns);
  const auto in = TestFixture::rates(most * columns, 11);
  Values alone(z(rows * most));
  for (Index v = 0; v < most; ++v) {
    sparse_product<TestFixture>(csr.block(), false, {.in = in.data() + v * columns, .out = alone.data() + v * rows});
  }
  for (const bool backwards : {false, true}) {
    for (Index count = 1; count <= most; ++count) {
      Values apart(z(rows * count));
      sparse_product<TestFixture>(csr.block(), backwards, {count, in.data(), columns, apart.data(), rows});
      EXPECT_TRUE(std::equal(apart.begin(), apart.end(), alone.begin())) << count << " vectors";
      AlignedVector<Number> beside(z(count * columns + kernels::side_by_side_reach));
      for (Index v = 0; v < count; ++v) {
        for (Index j = 0; j < columns; ++j) beside[z(j * count + v)] = in[z(v * columns + j)];
      }
      Values together(z(rows * count));
      sparse_product_side_by_side<TestFixture>(csr.block(), backwards,
                                               {count, beside.data(), count, together.data(), rows});
      EXPECT_EQ(together, apart) << count << " vectors";
    }
  }
}

/// In float32 what is stored is rounded once all downdates are subtracted.
template <class T>
void check_downdate_and_multiply() {
  for (const Index size : {1, 5, 8, 20, 64, 100, 300}) {
    const Index rows = std::min<Index>((size + 7) / 8 * 8, 64);
    for (const Index count : {0, 1, 3}) {
      const Values drawn = random_values(rows * size, 12);
      const std::vector<T> before(drawn.begin(), drawn.end());
      std::vector<T> panel = before;
      const Values k = random_values(std::max<Index>(count, 1) * (size + 64), 13);
      const Values in = random_values(size, 14);
      Values out(z(rows) + 1, 99);
      kernels::downdate_and_multiply<T>({panel.data(), rows, rows, size}, {count, size + 64, k.data(), k.data()},
                                        in.data(), out.data());
      for (Index i = 0; i < rows; ++i) {
        Values row;
        for (Index j = 0; j < size; ++j) {
          Real value = static_cast<Real>(before[z(j * rows + i)]);
          for (Index s = 0; s < count; ++s) {
            const Real product = k[z(s * (size + 64) + i)] * k[z(s * (size + 64) + j)];
            value -= product;
          }
          ASSERT_EQ(panel[z(j * rows + i)], static_cast<T>(value));
          row.push_back(static_cast<Real>(static_cast<T>(value)));
        }
        ASSERT_EQ(out[z(i)], chunked_sum(row.data(), in.data(), size))
            << "size " << size << ", row " << i << ", " << sizeof(T) << " bytes, " << count;
      }
      EXPECT_EQ(out[z(rows)], 99);
    }
  }
}
TEST(DowndateAndMultiply, IsTheNaiveDowndateAndProduct) {
  check_downdate_and_multiply<Real>();
  check_downdate_and_multiply<float>();
}

/// The vectors of `count` steps in strips, with room for `room`.
Values in_strips(const std::vector<Values>& vectors, Index room) {
  const Index n = std::ssize(vectors.front());
  Values strips(z((n + kernels::stripped_width - 1) / kernels::stripped_width * kernels::stripped_width * room), 99);
  for (Index s = 0; s < std::ssize(vectors); ++s) {
    for (Index j = 0; j < n; ++j) strips[z(kernels::place_in_strips(j, s, room))] = vectors[z(s)][z(j)];
  }
  return strips;
}

TEST(AddOuterProducts, IsTheSumOverStepsInTheirOrderToTheBit) {
  for (const Index columns : {1, 4, 31, 32, 33, 70, 129}) {
    for (const Index count : {0, 1, 5, 64}) {
      const std::vector<Range> rows{{0, columns}, {columns / 4 * 4, columns}, {0, columns / 2}, {0, 0}};
      for (const Range own : rows) {
        std::vector<Values> vectors{random_values(columns, 1)};  // never empty
        for (Index s = 1; s < count; ++s) vectors.push_back(random_values(columns, static_cast<unsigned>(100 + s)));
        Values matrix = random_values(own.size() * columns + 1, 14);
        Values expected = matrix;
        for (Index s = 0; s < count; ++s) {
          const auto& v = vectors[z(s)];
          for (Index i = 0; i < own.size(); ++i) {
            for (Index j = 0; j < columns; ++j) expected[z(i * columns + j)] += v[z(own.first + i)] * v[z(j)];
          }
        }
        kernels::add_outer_products(matrix.data(), own, columns, {in_strips(vectors, 64).data(), 64, count});
        ASSERT_EQ(matrix, expected) << columns << " columns, " << count << " steps, rows from " << own.first;
      }
    }
  }
}

TEST(AddOuterProducts, DoesNotDependOnHowManyAreAddedAtOnce) {
  constexpr Index n = 75;
  Values together(n * n);
  Values apart(n * n);
  std::vector<Values> vectors;
  for (unsigned s = 0; s < 50; ++s) vectors.push_back(random_values(n, s));
  kernels::add_outer_products(together.data(), {0, n}, n, {in_strips(vectors, 50).data(), 50, 50});
  for (const auto& v : vectors) {
    kernels::add_outer_products(apart.data(), {0, n}, n, {in_strips({v}, 3).data(), 3, 1});
  }
  EXPECT_EQ(together, apart);
  for (Index i = 0; i < n; ++i) {
    for (Index j = 0; j < i; ++j) ASSERT_EQ(together[z(i * n + j)], together[z(j * n + i)]);
  }
}

}  // namespace
}  // namespace bayres::core
