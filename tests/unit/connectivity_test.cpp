#include "bayres/model/connections.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "bayres/model/network.hpp"

namespace bayres::model {
namespace {

using core::Philox;
using core::Precision;
using core::Range;
using core::RateOrder;
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
  std::vector<std::map<Index, Real>> rows(z(connectivity.rows()));
  for (Index i = 0; i < connectivity.rows(); ++i) {
    connectivity.for_each(i, [&](Index j, Real weight) {
      if (weight == 0) return;
      EXPECT_TRUE(rows[z(i)].emplace(j, weight).second) << "two weights of one place";
    });
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
    const auto s = statistics(Connectivity::draw(reservoir, Precision::full, Philox(1), {0, 400}));
    const Real expected = 1.7 * 1.7 / (p * 400);
    // Five standard errors each.
    EXPECT_NEAR(s.mean, 0, 5 * std::sqrt(expected / s.count)) << "p = " << p;
    EXPECT_NEAR(s.variance / expected, 1, 5 * std::sqrt(2 / s.count)) << "p = " << p;
    EXPECT_NEAR(s.kurtosis, 3, 5 * std::sqrt(24 / s.count)) << "p = " << p;
  }
}

TEST(Connectivity, HasTheFractionPOfAllConnections) {
  // The first gap is longer than any whole number, that of 1e-6 than a row.
  for (const Real p : {1e-300, 1e-6, 1e-3, 0.01, 0.1, 0.3, 0.9}) {
    const auto s = statistics(Connectivity::draw(parameters(400, p), Precision::full, Philox(2), {0, 400}));
    EXPECT_NEAR(s.count / 160000, p, 5 * std::sqrt(p * (1 - p) / 160000)) << "p = " << p;
  }
}

TEST(Connectivity, HasEveryConnectionWhenPIsOne) {
  const auto connectivity = Connectivity::draw(parameters(65, 1), Precision::full, Philox(2), {0, 65});
  for (const auto& row : entries(connectivity)) EXPECT_EQ(row.size(), 65U);
  EXPECT_EQ(connectivity.synapses(), 65 * 65);
}

TEST(Connectivity, ConnectsEveryPairOfPlacesAlike) {
  const Real p = 0.1;
  std::array<Real, 4> by_quarter{};
  Real diagonal = 0;
  Real neighbours = 0;  // connections from j and j + 1 at once: independent, so p^2 of the pairs
  Real degree_squares = 0;
  const auto rows = entries(Connectivity::draw(parameters(400, p), Precision::full, Philox(3), {0, 400}));
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
  const auto rows = entries(Connectivity::draw(parameters(400, 1), Precision::full, Philox(4), {0, 400}));
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
    const auto dense = Connectivity::draw(parameters(131, p, "dense"), Precision::full, Philox(5), {0, 131});
    const auto sparse = Connectivity::draw(parameters(131, p, "sparse"), Precision::full, Philox(5), {0, 131});
    EXPECT_FALSE(dense.sparse());
    EXPECT_TRUE(sparse.sparse());
    EXPECT_EQ(entries(dense), entries(sparse)) << "p = " << p;
  }
}

TEST(Connectivity, DrawsRowsInPiecesAsItDrawsThemWhole) {
  for (const std::string storage : {"dense", "sparse"}) {
    for (const Real p : {0.1, 1.0}) {
      const auto reservoir = parameters(131, p, storage);
      const auto whole = entries(Connectivity::draw(reservoir, Precision::full, Philox(6), {0, 131}));
      std::vector<std::map<Index, Real>> pieces;
      for (const Range own : {Range{0, 64}, {64, 64}, {64, 65}, {65, 128}, {128, 131}}) {
        const auto piece = entries(Connectivity::draw(reservoir, Precision::full, Philox(6), own));
        ASSERT_EQ(static_cast<Index>(piece.size()), own.size());
        pieces.insert(pieces.end(), piece.begin(), piece.end());
      }
      EXPECT_EQ(pieces, whole) << storage << ", p = " << p;
    }
  }
}

TEST(Connectivity, IsAnotherNetworkForAnotherSeed) {
  const auto reservoir = parameters(50, 0.5);
  EXPECT_NE(entries(Connectivity::draw(reservoir, Precision::full, Philox(1), {0, 50})),
            entries(Connectivity::draw(reservoir, Precision::full, Philox(2), {0, 50})));
}

TEST(Connectivity, KeepsColumnsAscending) {
  for (const std::string storage : {"dense", "sparse"}) {
    const auto connectivity = Connectivity::draw(parameters(131, 0.2, storage), Precision::full, Philox(7), {0, 131});
    EXPECT_EQ(connectivity.rows(), 131);
    Index count = 0;
    for (Index i = 0; i < 131; ++i) {
      Index last = -1;
      connectivity.for_each(i, [&](Index j, Real) {
        EXPECT_GT(j, last);
        EXPECT_LT(j, 131);
        last = j;
        ++count;
      });
    }
    EXPECT_EQ(count, connectivity.synapses()) << storage;
  }
}

TEST(Connectivity, CountsItsBytes) {
  const auto bytes = [](const char* storage, Precision precision) {
    const auto j = Connectivity::draw(parameters(128, 0.2, storage), precision, Philox(7), {0, 128});
    return std::pair(j.bytes(), j.synapses());
  };
  for (const auto& [precision, width] :
       {std::pair(Precision::full, 8), std::pair(Precision::full_float32, 4), std::pair(Precision::full_bfloat16, 2),
        std::pair(Precision::single, 4), std::pair(Precision::mixed, 2)}) {
    EXPECT_EQ(bytes("dense", precision), std::pair(Index{128 * 128 * width}, Index{128 * 128}));
    const auto [sparse, synapses] = bytes("sparse", precision);
    EXPECT_EQ(sparse, synapses * (width + 2) + 129 * 4);
  }
}

TEST(Ring, IsTheSameInPiecesAndInEitherStorage) {
  constexpr Index n = 131;
  const auto ring = core::choose<ConnectionChoice, Ring>();
  for (const char* storage : {"auto", "dense", "sparse"}) {
    auto p = parameters(n, 0.1, storage);
    p.gain = 0.75;
    for (const auto& own : {Range{0, n}, Range{0, 64}, Range{64, n}}) {
      const auto rows = entries(ring->draw(p, Precision::full, Philox(1), own));
      ASSERT_EQ(std::ssize(rows), own.size());
      for (Index i = 0; i < own.size(); ++i) {
        auto row = rows[core::as_size(i)];
        std::erase_if(row, [](const auto& entry) { return entry.second == 0; });
        EXPECT_EQ(row, (std::map<Index, Real>{{(own.first + i + n - 1) % n, 0.75}}));
      }
    }
  }
  EXPECT_TRUE(ring->draw(parameters(n, 0.1), Precision::full, Philox(1), {0, n}).sparse());
}

TEST(Connectivity, TakesChangedWeightsOnTheGridOfItsType) {
  constexpr Index n = 131;
  for (const char* storage : {"dense", "sparse"}) {
    for (const auto precision : core::every_precision) {
      auto connectivity = Connectivity::draw(parameters(n, 0.2, storage), precision, Philox(3), {0, n});
      const auto starts = connectivity.row_starts();
      ASSERT_EQ(std::ssize(starts), n + 1);
      EXPECT_EQ(starts.back(), connectivity.synapses());
      Index k = 0;
      for (Index i = 0; i < n; ++i) {
        EXPECT_EQ(starts[core::as_size(i)], k);
        connectivity.update(i, [&](Index, Real& weight) { weight = 1 / core::as_real(++k); });
      }
      k = 0;
      for (Index i = 0; i < n; ++i) {
        connectivity.for_each(i, [&](Index, Real weight) {
          const Real wanted = 1 / core::as_real(++k);
          EXPECT_NEAR(weight, wanted, wanted * (core::weight_bytes(precision) == 8 ? 0 : 0.005));
        });
      }
    }
  }
}

TEST(Connectivity, IsStoredAsWhatIsReadFaster) {
  const auto sparse = [](Index n, Real p, Precision precision, const char* storage = "auto") {
    return storage_of(parameters(n, p, storage), p, precision) == Storage::sparse;
  };
  EXPECT_TRUE(sparse(1000, 0.1, Precision::full));
  EXPECT_TRUE(sparse(1000, 0.25, Precision::full));
  EXPECT_FALSE(sparse(1000, 0.5, Precision::full));
  EXPECT_TRUE(sparse(10000, 0.5, Precision::full)) << "from memory a dense J takes longer";
  EXPECT_FALSE(sparse(1000, 0.25, Precision::mixed));
  EXPECT_FALSE(sparse(1000, 1, Precision::full));
  EXPECT_FALSE(sparse(1000, 0.01, Precision::full, "dense"));
  EXPECT_TRUE(sparse(1000, 1, Precision::full, "sparse"));
}

TEST(Connectivity, DrawsTheSameNetworkOnTheGridOfItsPrecision) {
  const auto reservoir = parameters(131, 0.3);
  const auto full = entries(Connectivity::draw(reservoir, Precision::full, Philox(5), {0, 131}));
  const auto single = entries(Connectivity::draw(reservoir, Precision::single, Philox(5), {0, 131}));
  const auto mixed = entries(Connectivity::draw(reservoir, Precision::mixed, Philox(5), {0, 131}));
  EXPECT_EQ(entries(Connectivity::draw(reservoir, Precision::full_float32, Philox(5), {0, 131})), single);
  EXPECT_EQ(entries(Connectivity::draw(reservoir, Precision::full_bfloat16, Philox(5), {0, 131})), mixed);
  for (std::size_t i = 0; i < full.size(); ++i) {
    ASSERT_EQ(single[i].size(), full[i].size());
    ASSERT_EQ(mixed[i].size(), full[i].size());
    for (const auto& [j, weight] : full[i]) {
      EXPECT_EQ(single[i].at(j), static_cast<Real>(static_cast<float>(weight)));
      EXPECT_NEAR(mixed[i].at(j), weight, std::abs(weight) * 0x1.01p-8);  // 8 significant bits
      EXPECT_EQ(std::ldexp(mixed[i].at(j), 7 - std::ilogb(mixed[i].at(j))),
                std::round(std::ldexp(mixed[i].at(j), 7 - std::ilogb(mixed[i].at(j)))));
    }
  }
}

/// Columns beyond 2^16 are in blocks of their own.
TEST(Connectivity, HoldsMoreColumnsThanSixteenBitsCount) {
  constexpr Index n = 150000;
  const Range own{64, 74};
  auto p = parameters(n, 0.01, "sparse");
  const auto j = Connectivity::draw(p, Precision::single, Philox(5), own);
  const auto rows = entries(j);
  Rates rates(4, n, Precision::single, RateOrder::copy_by_copy);
  Rates beside(4, n, Precision::single, RateOrder::neuron_by_neuron);
  for (Index c = 0; c < 4; ++c) {
    std::vector<Real> some(n);
    for (Index i = 0; i < n; ++i) {
      some[z(i)] = core::on_rate_grid(Precision::single, std::sin(static_cast<Real>(i * (c + 1))));
    }
    rates.set(c, some);
    beside.set(c, some);
  }
  std::vector<Real> out(40);
  std::vector<Real> out_beside(40);
  j.multiply(rates.all(), false, out);
  j.multiply(beside.all(), true, out_beside);
  EXPECT_EQ(out, out_beside);
  for (std::size_t i = 0; i < 10; ++i) {
    EXPECT_NEAR(static_cast<Real>(rows[i].size()), 1500, 5 * std::sqrt(1500.0));
    EXPECT_GT(rows[i].rbegin()->first, 131072);
    for (Index c = 0; c < 4; ++c) {
      Real exact = 0;
      for (const auto& [column, weight] : rows[i]) exact += weight * rates.of(c)[z(column)];
      EXPECT_NEAR(out[z(c * 10) + i], exact, 1e-5);
    }
  }
}

/// copies x n rates in (-1, 1).
Rates some_rates(Index copies, Index n, Precision precision, RateOrder order) {
  Rates rates(copies, n, precision, order);
  const Philox random(8);
  for (Index c = 0; c < copies; ++c) {
    std::vector<Real> some(z(n));
    for (Index j = 0; j < n; ++j) {
      some[z(j)] = core::on_rate_grid(precision, 2 * random.uniform(core::Stream::task_input, c, j) - 1);
    }
    rates.set(c, some);
  }
  return rates;
}

TEST(Connectivity, MultipliesItsRowsIntoTheRates) {
  constexpr Index n = 131;
  for (const Precision precision : core::every_precision) {
    auto rates = some_rates(3, n, precision, RateOrder::copy_by_copy);
    for (const std::string storage : {"dense", "sparse"}) {
      const Range own{64, 131};
      const auto connectivity = Connectivity::draw(parameters(n, 0.3, storage), precision, Philox(9), own);
      const auto rows = entries(connectivity);
      std::vector<Real> out(z(3 * own.size()));
      connectivity.multiply(rates.all(), false, out);
      for (Index c = 0; c < 3; ++c) {
        for (Index i = 0; i < own.size(); ++i) {
          long double exact = 0;
          for (const auto& [column, weight] : rows[z(i)]) {
            exact += static_cast<long double>(weight) * rates.of(c)[z(column)];
          }
          const Real bound = core::has_double_rates(precision) ? 1e-14 : 5e-6;
          EXPECT_NEAR(out[z(c * own.size() + i)], static_cast<Real>(exact), bound) << storage;
        }
      }
    }
  }
}

/// The same weights, dense and sparse, one and several copies, in double.
TEST(Connectivity, GivesNarrowWeightsTheBitsOfWideOnes) {
  constexpr Index n = 131;
  for (const Precision precision : {Precision::full_float32, Precision::full_bfloat16}) {
    for (const std::string storage : {"dense", "sparse"}) {
      const auto narrow = Connectivity::draw(parameters(n, 0.3, storage), precision, Philox(11), {0, n});
      const auto weights = entries(narrow);
      const auto wide = Connectivity::make(storage_named(storage), Precision::full, n, n, 0, [&](auto& rows) {
        for (Index i = 0; i < n; ++i) {
          for (const auto& [column, weight] : weights[z(i)]) rows.add(i, column, weight);
          rows.end_row();
        }
      });
      for (const Index copies : {1, 5}) {
        std::vector<Real> out(z(copies * n));
        std::vector<Real> expected(z(copies * n));
        narrow.multiply(some_rates(copies, n, precision, narrow.rate_order(copies)).all(), false, out);
        wide.multiply(some_rates(copies, n, Precision::full, wide.rate_order(copies)).all(), false, expected);
        EXPECT_EQ(out, expected) << storage << ", " << core::name_of(precision);
      }
    }
  }
}

TEST(Connectivity, GivesTheSameBitsForAnyNumberOfCopiesAndPieces) {
  constexpr Index n = 131;
  for (const Precision precision : core::every_precision) {
    for (const std::string storage : {"dense", "sparse"}) {
      const auto reservoir = parameters(n, 0.3, storage);
      const auto whole = Connectivity::draw(reservoir, precision, Philox(10), {0, n});
      std::vector<Real> expected(z(9 * n));
      whole.multiply(some_rates(9, n, precision, RateOrder::copy_by_copy).all(), false, expected);
      for (const Range own : {Range{0, n}, {0, 64}, {64, 131}, {130, 131}, {64, 64}}) {
        const auto piece = Connectivity::draw(reservoir, precision, Philox(10), own);
        for (const Index copies : {1, 2, 5, 9}) {
          std::vector<Real> out(z(copies * own.size()));
          piece.multiply(some_rates(copies, n, precision, piece.rate_order(copies)).all(), copies == 5, out);
          for (Index c = 0; c < copies; ++c) {
            for (Index i = 0; i < own.size(); ++i) {
              ASSERT_EQ(out[z(c * own.size() + i)], expected[z(c * n + own.first + i)]) << storage << ", row " << i;
            }
          }
        }
      }
    }
  }
}

TEST(DrawNetwork, ScalesEachInputOnRequest) {
  auto p = parameters(100, 0.1);
  const auto plain = draw_network(p, Philox(11), {0, 100}, 3, 1);
  p.input_scale = {2, 0, 0.5};
  const auto scaled = draw_network(p, Philox(11), {0, 100}, 3, 1);
  for (std::size_t k = 0; k < plain.input.size(); ++k) {
    EXPECT_EQ(scaled.input[k], plain.input[k] * p.input_scale[k % 3]);
  }
  EXPECT_EQ(scaled.feedback, plain.feedback);
}

TEST(DrawNetwork, DrawsUniformWeightsTimesTheirScale) {
  auto p = parameters(3000, 0.001);
  p.input_scale = {2};
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
TEST(Connectivity, SaysWhichNeuronsItHears) {
  ReservoirParameters p;
  p.size = 200;
  p.storage = "sparse";
  const core::Philox random(1);
  const auto ring = core::choose<ConnectionChoice, Ring>();
  EXPECT_EQ(ring->draw(p, Precision::full, random, {64, 128}).sources(), (core::Range{63, 127}));
  EXPECT_EQ(ring->draw(p, Precision::full, random, {0, 64}).sources(), (core::Range{0, 200}));  // the last, and 0 to 62
  EXPECT_EQ(ring->draw(p, Precision::full, random, {64, 64}).sources().size(), 0);
  p.storage = "dense";
  EXPECT_EQ(ring->draw(p, Precision::full, random, {64, 128}).sources(), (core::Range{0, 200}));
}

}  // namespace bayres::model
