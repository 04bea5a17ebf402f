#include "bayres/model/connectivity.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "bayres/core/kernels.hpp"
#include "bayres/model/network.hpp"

namespace bayres::model {
namespace {

using core::Philox;
using core::Range;
using Matrix = std::vector<std::vector<Real>>;

constexpr std::size_t z(Index i) { return static_cast<std::size_t>(i); }

ReservoirParameters parameters(Index size, Real connectivity, const std::string& storage = "auto") {
  ReservoirParameters p;
  p.size = size;
  p.connectivity = connectivity;
  p.storage = storage;
  return p;
}

/// The weights that are there, by column, of each row.
std::vector<std::map<Index, Real>> entries(const Connectivity& connectivity) {
  std::vector<std::map<Index, Real>> rows;
  if (const auto* dense = std::get_if<DenseRows>(&connectivity.rows())) {
    for (Index i = 0; i < dense->rows; ++i) {
      auto& row = rows.emplace_back();
      for (Index j = 0; j < dense->stride; ++j) {
        const Real value = dense->values[z(i * dense->stride + j)];
        if (value != 0) row[j] = value;
      }
    }
  } else if (const auto* sparse = std::get_if<SparseRows>(&connectivity.rows())) {
    for (Index i = 0; i < sparse->rows; ++i) {
      auto& row = rows.emplace_back();
      for (Index k = sparse->row_start[z(i)]; k < sparse->row_start[z(i + 1)]; ++k) {
        row[sparse->column[z(k)]] = sparse->value[z(k)];
      }
    }
  }
  return rows;
}

struct Statistics {
  Real count = 0;
  Real mean = 0;
  Real variance = 0;
  Real kurtosis = 0;
};

Statistics statistics(const Connectivity& connectivity) {
  Statistics s;
  Real squares = 0;
  Real fourth = 0;
  for (const auto& row : entries(connectivity)) {
    for (const auto& [column, weight] : row) {
      ++s.count;
      s.mean += weight;
      squares += weight * weight;
      fourth += std::pow(weight, 4);
    }
  }
  s.mean /= s.count;
  s.variance = squares / s.count;
  s.kurtosis = fourth / s.count / (s.variance * s.variance);
  return s;
}

TEST(Connectivity, DrawsWeightsWithVarianceGainSquaredOverPN) {
  for (const Real p : {0.05, 0.1, 0.5, 1.0}) {
    auto reservoir = parameters(400, p);
    reservoir.gain = 1.7;
    const auto s = statistics(Connectivity::draw(reservoir, Philox(1), {0, 400}));
    const Real expected = 1.7 * 1.7 / (p * 400);
    // Five standard errors each.
    EXPECT_NEAR(s.mean, 0, 5 * std::sqrt(expected / s.count)) << "p = " << p;
    EXPECT_NEAR(s.variance / expected, 1, 5 * std::sqrt(2 / s.count)) << "p = " << p;
    EXPECT_NEAR(s.kurtosis, 3, 5 * std::sqrt(24 / s.count)) << "p = " << p;
  }
}

TEST(Connectivity, HasTheFractionPOfAllConnections) {
  for (const Real p : {0.01, 0.1, 0.3, 0.9}) {
    const auto s = statistics(Connectivity::draw(parameters(400, p), Philox(2), {0, 400}));
    EXPECT_NEAR(s.count / 160000, p, 5 * std::sqrt(p * (1 - p) / 160000)) << "p = " << p;
  }
}

TEST(Connectivity, HasEveryConnectionWhenPIsOne) {
  const auto connectivity = Connectivity::draw(parameters(65, 1), Philox(2), {0, 65});
  for (const auto& row : entries(connectivity)) EXPECT_EQ(row.size(), 65U);
  EXPECT_EQ(connectivity.synapses(), 65 * 65);
}

TEST(Connectivity, ConnectsEveryPairOfPlacesAlike) {
  const Real p = 0.1;
  std::array<Real, 4> by_quarter{};
  Real diagonal = 0;
  Real neighbours = 0;  // connections from j and j + 1 at once: independent, so p^2 of the pairs
  Real degree_squares = 0;
  const auto rows = entries(Connectivity::draw(parameters(400, p), Philox(3), {0, 400}));
  for (Index i = 0; i < 400; ++i) {
    const auto& row = rows[z(i)];
    for (const auto& [column, weight] : row) {
      ++by_quarter[z(column / 100)];
      neighbours += row.contains(column + 1) ? 1 : 0;
    }
    diagonal += row.contains(i) ? 1 : 0;
    degree_squares += std::pow(static_cast<Real>(row.size()) - 40, 2);
  }
  for (const Real count : by_quarter) EXPECT_NEAR(count, 4000, 5 * std::sqrt(40000 * p * (1 - p)));
  EXPECT_NEAR(diagonal, 40, 5 * std::sqrt(400 * p * (1 - p)));
  EXPECT_NEAR(neighbours, 1596, 5 * std::sqrt(1596.0));
  // The number of inputs of a neuron is binomial: variance N p (1 - p), known to 7 % from 400 neurons.
  EXPECT_NEAR(degree_squares / 400, 36, 5 * 36 * std::sqrt(2.0 / 400));
}

TEST(Connectivity, DrawsUncorrelatedRows) {
  const auto rows = entries(Connectivity::draw(parameters(400, 1), Philox(4), {0, 400}));
  const Real unit = 400 / 2.25;
  Real product = 0;
  Real transposed = 0;
  for (Index i = 0; i < 399; ++i) {
    for (Index j = 0; j < 400; ++j) product += unit * rows[z(i)].at(j) * rows[z(i + 1)].at(j);
    for (Index j = 0; j < i; ++j) transposed += unit * rows[z(i)].at(j) * rows[z(j)].at(i);
  }
  EXPECT_NEAR(product / 159600, 0, 5 / std::sqrt(159600.0));
  EXPECT_NEAR(transposed / 79401, 0, 5 / std::sqrt(79401.0));
}

TEST(Connectivity, HoldsTheVerySameWeightsDenseAndSparse) {
  for (const Real p : {0.03, 0.2, 0.7, 1.0}) {
    const auto dense = Connectivity::draw(parameters(131, p, "dense"), Philox(5), {0, 131});
    const auto sparse = Connectivity::draw(parameters(131, p, "sparse"), Philox(5), {0, 131});
    EXPECT_FALSE(dense.sparse());
    EXPECT_TRUE(sparse.sparse());
    EXPECT_EQ(entries(dense), entries(sparse)) << "p = " << p;
  }
}

TEST(Connectivity, DrawsRowsInPiecesAsItDrawsThemWhole) {
  for (const std::string storage : {"dense", "sparse"}) {
    for (const Real p : {0.1, 1.0}) {
      const auto reservoir = parameters(131, p, storage);
      const auto whole = entries(Connectivity::draw(reservoir, Philox(6), {0, 131}));
      std::vector<std::map<Index, Real>> pieces;
      for (const Range own : {Range{0, 64}, {64, 64}, {64, 65}, {65, 128}, {128, 131}}) {
        const auto piece = entries(Connectivity::draw(reservoir, Philox(6), own));
        ASSERT_EQ(static_cast<Index>(piece.size()), own.size());
        pieces.insert(pieces.end(), piece.begin(), piece.end());
      }
      EXPECT_EQ(pieces, whole) << storage << ", p = " << p;
    }
  }
}

TEST(Connectivity, IsAnotherNetworkForAnotherSeed) {
  const auto reservoir = parameters(50, 0.5);
  EXPECT_NE(entries(Connectivity::draw(reservoir, Philox(1), {0, 50})),
            entries(Connectivity::draw(reservoir, Philox(2), {0, 50})));
}

TEST(Connectivity, KeepsColumnsAscendingAndPaddingZero) {
  const auto sparse = Connectivity::draw(parameters(131, 0.2, "sparse"), Philox(7), {0, 131});
  const auto& csr = std::get<SparseRows>(sparse.rows());
  EXPECT_EQ(csr.rows, 131);
  EXPECT_EQ(csr.columns, 131);
  ASSERT_EQ(csr.row_start.size(), 132U);
  EXPECT_EQ(csr.row_start.front(), 0);
  EXPECT_EQ(csr.row_start.back(), static_cast<Index>(csr.value.size()));
  EXPECT_EQ(csr.column.size(), csr.value.size());
  EXPECT_EQ(sparse.synapses(), static_cast<Index>(csr.value.size()));
  for (Index i = 0; i < 131; ++i) {
    for (Index k = csr.row_start[z(i)]; k < csr.row_start[z(i + 1)]; ++k) {
      EXPECT_LT(csr.column[z(k)], 131U);
      if (k == csr.row_start[z(i)]) continue;
      EXPECT_GT(csr.column[z(k)], csr.column[z(k - 1)]);
    }
  }
  const auto dense = Connectivity::draw(parameters(131, 0.2, "dense"), Philox(7), {0, 131});
  const auto& rows = std::get<DenseRows>(dense.rows());
  EXPECT_EQ(rows.stride, core::kernels::padded(131));
  for (Index i = 0; i < 131; ++i) {
    for (Index j = 131; j < rows.stride; ++j) EXPECT_EQ(rows.values[z(i * rows.stride + j)], 0);
  }
}

TEST(Connectivity, IsStoredSparseUpToAQuarterUnlessTold) {
  EXPECT_TRUE(stores_sparse(parameters(100, 0.25)));
  EXPECT_FALSE(stores_sparse(parameters(100, 0.26)));
  EXPECT_FALSE(stores_sparse(parameters(100, 0.01, "dense")));
  EXPECT_TRUE(stores_sparse(parameters(100, 1, "sparse")));
}

/// copies x padded(n) rates in (-1, 1).
core::AlignedVector<Real> some_rates(Index copies, Index n) {
  core::AlignedVector<Real> rates(z(copies * core::kernels::padded(n)));
  const Philox random(8);
  for (Index c = 0; c < copies; ++c) {
    for (Index j = 0; j < n; ++j) {
      rates[z(c * core::kernels::padded(n) + j)] = 2 * random.uniform(core::Stream::task_input, c, j) - 1;
    }
  }
  return rates;
}

TEST(Connectivity, MultipliesItsRowsIntoTheRates) {
  constexpr Index n = 131;
  const Index stride = core::kernels::padded(n);
  const auto rates = some_rates(3, n);
  for (const std::string storage : {"dense", "sparse"}) {
    const Range own{64, 131};
    const auto connectivity = Connectivity::draw(parameters(n, 0.3, storage), Philox(9), own);
    const auto rows = entries(connectivity);
    std::vector<Real> out(z(3 * own.size()));
    connectivity.multiply(3, rates, out);
    for (Index c = 0; c < 3; ++c) {
      for (Index i = 0; i < own.size(); ++i) {
        long double exact = 0;
        for (const auto& [column, weight] : rows[z(i)]) {
          exact += static_cast<long double>(weight) * rates[z(c * stride + column)];
        }
        EXPECT_NEAR(out[z(c * own.size() + i)], static_cast<Real>(exact), 1e-14) << storage;
      }
    }
  }
}

TEST(Connectivity, GivesTheSameBitsForAnyNumberOfCopiesAndPieces) {
  constexpr Index n = 131;
  const auto rates = some_rates(5, n);
  const auto stride = z(core::kernels::padded(n));
  for (const std::string storage : {"dense", "sparse"}) {
    const auto reservoir = parameters(n, 0.3, storage);
    const auto whole = Connectivity::draw(reservoir, Philox(10), {0, n});
    std::vector<Real> expected(z(5 * n));
    for (std::size_t c = 0; c < 5; ++c) {
      whole.multiply(1, std::span(rates).subspan(c * stride, stride), std::span(expected).subspan(c * n, n));
    }
    for (const Range own : {Range{0, n}, {0, 64}, {64, 131}, {130, 131}, {64, 64}}) {
      const auto piece = Connectivity::draw(reservoir, Philox(10), own);
      for (const Index copies : {1, 2, 5}) {
        std::vector<Real> out(z(copies * own.size()));
        piece.multiply(copies, std::span(rates).first(z(copies) * stride), out);
        for (Index c = 0; c < copies; ++c) {
          for (Index i = 0; i < own.size(); ++i) {
            ASSERT_EQ(out[z(c * own.size() + i)], expected[z(c * n + own.first + i)]) << storage << ", row " << i;
          }
        }
      }
    }
  }
}

TEST(DrawNetwork, DrawsUniformWeightsTimesTheirScale) {
  auto p = parameters(3000, 0.001);
  p.input_scale = 2;
  p.feedback_scale = 0.5;
  p.bias_scale = 3;
  const auto network = draw_network(p, Philox(11), {0, 3000}, 2, 1);
  EXPECT_EQ(network.inputs, 2);
  EXPECT_EQ(network.outputs, 1);
  ASSERT_EQ(network.input.size(), 6000U);
  ASSERT_EQ(network.feedback.size(), 3000U);
  ASSERT_EQ(network.bias.size(), 3000U);
  const auto expect_uniform = [](std::span<const Real> values, Real scale) {
    Real sum = 0;
    Real squares = 0;
    for (const Real value : values) {
      EXPECT_LE(std::abs(value), scale);
      sum += value / scale;
      squares += value * value / (scale * scale);
    }
    const auto n = static_cast<Real>(values.size());
    EXPECT_NEAR(sum / n, 0, 5 * std::sqrt(1 / (3 * n)));
    EXPECT_NEAR(squares / n, 1.0 / 3, 5 * std::sqrt(4.0 / 45 / n));
  };
  expect_uniform(network.input, 2);
  expect_uniform(network.feedback, 0.5);
  expect_uniform(network.bias, 3);
}

TEST(DrawNetwork, DrawsNormalInitialStatesTimesTheirScale) {
  auto p = parameters(3000, 0.001);
  p.initial_scale = 0.5;
  const auto network = draw_network(p, Philox(12), {0, 3000}, 0, 1);
  ASSERT_EQ(network.initial.size(), 3000U);
  EXPECT_TRUE(network.input.empty());
  Real sum = 0;
  Real squares = 0;
  for (const Real x : network.initial) {
    sum += x;
    squares += x * x;
  }
  EXPECT_NEAR(sum / 3000, 0, 5 * 0.5 / std::sqrt(3000.0));
  EXPECT_NEAR(squares / 3000, 0.25, 5 * 0.25 * std::sqrt(2.0 / 3000));
}

TEST(DrawNetwork, DrawsNeuronsInPiecesAsItDrawsThemWhole) {
  auto p = parameters(131, 0.1);
  p.bias_scale = 1;
  const auto whole = draw_network(p, Philox(13), {0, 131}, 3, 2);
  const auto expect_piece = [](std::span<const Real> part, std::span<const Real> all, Range own, Index width) {
    ASSERT_EQ(static_cast<Index>(part.size()), own.size() * width);
    const auto expected = all.subspan(z(own.first * width), part.size());
    EXPECT_TRUE(std::equal(part.begin(), part.end(), expected.begin()));
  };
  for (const Range own : {Range{0, 64}, {64, 64}, {64, 67}, {67, 131}}) {
    const auto part = draw_network(p, Philox(13), own, 3, 2);
    EXPECT_EQ(part.own, own);
    expect_piece(part.input, whole.input, own, 3);
    expect_piece(part.feedback, whole.feedback, own, 2);
    expect_piece(part.bias, whole.bias, own, 1);
    expect_piece(part.initial, whole.initial, own, 1);
  }
}

}  // namespace
}  // namespace bayres::model
