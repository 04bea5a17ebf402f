#include "bayres/transforms/hadamard.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <type_traits>
#include <vector>

#include "bayres/core/aligned.hpp"
#include "bayres/kernels/random.hpp"
#include "bayres/transforms/diagonals.hpp"
#include "bayres/transforms/transform.hpp"

namespace bayres::model {
namespace {

using core::Philox;
using core::Precision;
using core::Range;

/// Random diagonals, and rates of `count` neurons.
template <class T, class Diagonal>
struct TransformExample {
  explicit TransformExample(Index count)
      : bits(static_cast<Index>(std::bit_width(core::as_size(count - 1)))), r(core::as_size(count)) {
    const auto size = std::size_t{1} << core::as_size(bits);
    const core::Philox random(5);
    std::vector<Real> draws(4 * size);
    random.fill_normals(core::Stream::task_input, 0, 0, draws);
    for (std::size_t k = 0; k < signs.size(); ++k) {
      signs[k].resize(size / 64 + 1);
      for (std::size_t i = 0; i < size; ++i) signs[k][i / 64] |= std::uint64_t{draws[k * size + i] < 0} << (i % 64);
    }
    for (std::size_t i = 0; i < size; ++i) numbers.push_back(static_cast<Diagonal>(draws[3 * size + i]));
    for (std::size_t i = 0; i < r.size(); ++i) r[i] = static_cast<T>(draws[i] * draws[size + i]);
  }
  [[nodiscard]] ThreeTransforms<Diagonal> with(bool by_signs) const {
    return {bits, signs[0].data(), by_signs ? signs[1].data() : nullptr, by_signs ? nullptr : numbers.data(),
            signs[2].data()};
  }
  Index bits;
  std::array<std::vector<std::uint64_t>, 3> signs;
  core::AlignedVector<Diagonal> numbers;
  core::AlignedVector<T> r;
};

bool changes_sign(SignBits signs, std::size_t i) { return ((signs[i / 64] >> (i % 64)) & 1U) != 0; }

template <class T>
void apply_signs(SignBits signs, std::vector<T>& v) {
  for (std::size_t i = 0; i < v.size(); ++i) v[i] = changes_sign(signs, i) ? -v[i] : v[i];
}

/// Butterflies of one bit after the other, pair by pair.
template <class T>
void all_butterflies(std::vector<T>& v, Index bits, bool upwards) {
  for (Index k = 0; k < bits; ++k) {
    const std::size_t step = std::size_t{1} << core::as_size(upwards ? k : bits - 1 - k);
    for (std::size_t i = 0; i < v.size(); ++i) {
      if ((i & step) != 0) continue;
      const T a = v[i];
      const T b = v[i + step];
      v[i] = a + b;
      v[i + step] = a - b;
    }
  }
}

template <class T, class Diagonal>
std::vector<T> plainly(const ThreeTransforms<Diagonal>& three, const core::AlignedVector<T>& r) {
  std::vector<T> v(r.begin(), r.end());
  v.resize(std::size_t{1} << core::as_size(three.bits));
  apply_signs(three.first, v);
  all_butterflies(v, three.bits, true);
  if (three.middle_signs != nullptr) apply_signs(three.middle_signs, v);
  for (std::size_t i = 0; i < v.size() && three.middle_signs == nullptr; ++i) v[i] *= static_cast<T>(three.middle[i]);
  all_butterflies(v, three.bits, false);
  apply_signs(three.last, v);
  all_butterflies(v, three.bits, true);
  return v;
}

template <class T>
bool same_bits(T a, T b) {
  using Word = std::conditional_t<sizeof(T) == 8, std::uint64_t, std::uint32_t>;
  return std::bit_cast<Word>(a) == std::bit_cast<Word>(b);
}

/// Where the lower half of the bits of an index was the upper one.
Index from_halves(Index i, Index bits) {
  const Index lower = bits / 2;
  const Index length = Index{1} << (bits - lower);
  return i % length * (Index{1} << lower) + i / length;
}

template <class T, class Diagonal>
void expect_the_bits_of_plain_loops(const std::vector<Index>& counts) {
  for (const Index count : counts) {
    const TransformExample<T, Diagonal> example(count);
    const Index bits = example.bits;
    core::AlignedVector<T> v(std::size_t{1} << core::as_size(bits));
    core::AlignedVector<T> work(core::as_size(transform_work(bits)));
    for (const bool by_signs : {false, true}) {
      transform(example.with(by_signs), example.r.data(), count, v.data(), work.data());
      const auto expected = plainly(example.with(by_signs), example.r);
      EXPECT_TRUE(std::equal(v.begin(), v.end(), expected.begin(), expected.end(), same_bits<T>)) << count << by_signs;
    }
    for (const Range own : {Range{0, count}, Range{count / 3, 2 * count / 3}, Range{count / 2, count}}) {
      std::vector<Real> out(core::as_size(own.size()));
      exchange_halves(v.data(), bits, own, 0.75, out.data());
      for (Index i = own.first; i < own.last; ++i) {
        const auto from = core::as_size(from_halves(i, bits));
        ASSERT_EQ(out[core::as_size(i - own.first)], 0.75 * static_cast<Real>(v[from])) << count << " " << i;
        ASSERT_EQ(exchanged_halves(i, bits), static_cast<Index>(from));
      }
    }
  }
}

TEST(Transforms, HaveTheBitsOfPlainLoops) {
  const std::vector<Index> counts{1, 2, 3, 63, 64, 65, 128, 200, 256, 1000, 1024, 1025, 5000, 16384, 40000};
  expect_the_bits_of_plain_loops<Real, Real>(counts);
  expect_the_bits_of_plain_loops<float, float>(counts);
  expect_the_bits_of_plain_loops<Real, float>(counts);
  expect_the_bits_of_plain_loops<Real, Real>({140000});
}

TEST(Transforms, AreThoseOfHadamardsMatrix) {
  constexpr Index bits = 5;
  std::vector<Real> v;
  for (Index i = 0; i < 32; ++i) v.push_back(core::as_real(i * i % 7) - 2);
  auto transformed = v;
  hadamard(transformed.data(), bits);
  for (std::size_t i = 0; i < v.size(); ++i) {
    Real sum = 0;
    for (std::size_t j = 0; j < v.size(); ++j) sum += std::popcount(i & j) % 2 == 0 ? v[j] : -v[j];
    EXPECT_EQ(transformed[i], sum);
  }
}

TEST(Transforms, QuarterCircleHasItsMoments) {
  constexpr Index bits = 14;
  const auto all = draw_quarter_circle<Real>(Philox(3), bits);
  Real signs = 0;
  Real squares = 0;
  Real fourth = 0;
  Real neighbours = 0;
  for (std::size_t i = 0; i < all.size(); ++i) {
    EXPECT_LT(std::abs(all[i]), 2.001);
    signs += all[i] > 0 ? 1 : -1;
    squares += all[i] * all[i];
    fourth += std::pow(all[i], 4);
    neighbours += std::abs(all[i]) * std::abs(all[(i + 1) % all.size()]);
  }
  const Real size = core::as_real(std::ssize(all));
  EXPECT_NEAR(squares / size, 1, 1e-12);
  EXPECT_NEAR(fourth / size, 2, 2e-3);                                            // Catalan's number of two pairs
  EXPECT_NEAR(neighbours / size, std::pow(8 / (3 * 3.14159265358979), 2), 0.02);  // of independent ones
  EXPECT_LT(std::abs(signs), 4 * std::sqrt(size));
}

/// Row i of J by products with unit vectors, and by rows.
template <class Check>
void for_each_weight(const Connectivity& J, Index n, Precision precision, Check check) {
  Rates rates(1, n, precision, core::RateOrder::copy_by_copy);
  std::vector<Real> unit(core::as_size(n));
  std::vector<std::vector<Real>> columns;
  for (Index j = 0; j < n; ++j) {
    unit.assign(unit.size(), 0);
    unit[core::as_size(j)] = 1;
    rates.set(0, unit);
    auto& out = columns.emplace_back(core::as_size(J.rows()));
    J.multiply(rates.all(), false, out);
  }
  for (Index i = 0; i < J.rows(); ++i) {
    J.for_each(i, [&](Index j, Real weight) { check(columns[core::as_size(j)][core::as_size(i)], weight); });
  }
}

ReservoirParameters transformed(Index size, bool balanced = false) {
  ReservoirParameters p;
  p.size = size;
  p.gain = 0.8;
  p.transformed = true;
  p.balanced = balanced;
  return p;
}

TEST(Transforms, RowsOfJAreThoseOfItsProducts) {
  for (const char* kind : {"gaussian", "orthogonal"}) {
    for (const Index n : {1, 2, 3, 65, 130, 300}) {
      for (const auto precision : {Precision::full, Precision::single, Precision::full_float32}) {
        const auto p = transformed(n, n == 130);
        const auto J = Transform({kind}).draw(p, precision, Philox(7), {n / 3, n});
        const Real tolerance = precision == Precision::single ? 2e-6 : 1e-14;
        for_each_weight(J, n, precision, [&](Real a, Real b) { ASSERT_NEAR(a, b, tolerance) << kind << " " << n; });
      }
    }
  }
}

TEST(Transforms, OrthogonalJIsAndBalancedRowsHaveMeanZero) {
  const Index n = 128;
  const auto J = Transform({"orthogonal"}).draw(transformed(n), Precision::full, Philox(2), {0, n});
  std::vector<std::vector<Real>> rows;
  for (Index i = 0; i < n; ++i) {
    auto& row = rows.emplace_back();
    J.for_each(i, [&](Index, Real weight) { row.push_back(weight); });
  }
  for (std::size_t i = 0; i < rows.size(); ++i) {
    for (std::size_t k = 0; k <= i; ++k) {
      Real sum = 0;
      for (std::size_t j = 0; j < rows.size(); ++j) sum += rows[i][j] * rows[k][j];
      EXPECT_NEAR(sum, i == k ? 0.64 : 0, 1e-14);
    }
  }
  const auto balanced = Transform({}).draw(transformed(300, true), Precision::full, Philox(2), {0, 300});
  for (Index i = 0; i < 300; ++i) {
    Real sum = 0;
    balanced.for_each(i, [&](Index, Real weight) { sum += weight; });
    EXPECT_NEAR(sum, 0, 1e-13);
  }
}

TEST(Transforms, RowsHaveTheVarianceOfADenseJ) {
  for (const Index n : {1000, 1025}) {
    const auto J = Transform({}).draw(transformed(n), Precision::full, Philox(4), {0, n});
    Real sum = 0;
    for (Index i = 0; i < n; i += 10) J.for_each(i, [&](Index, Real weight) { sum += weight * weight; });
    EXPECT_NEAR(sum / core::as_real((n + 9) / 10) / 0.64, 1, 0.03) << n;
  }
}

TEST(Transforms, SpikesDeliverTheirColumnsAndRanksHaveTheSameBits) {
  const Index n = 200;
  const auto p = transformed(n, true);
  std::vector<core::SpikeWord> spikes{0x8000000000000005, 0, 0xf0, 1};
  std::vector<Real> whole(core::as_size(n));
  const auto J = Transform({}).draw(p, Precision::full, Philox(9), {0, n});
  J.deliver(spikes, whole);
  std::vector<Real> expected(core::as_size(n));
  for (Index i = 0; i < n; ++i) {
    J.for_each(i, [&](Index j, Real weight) {
      if (core::spikes_in(spikes, j)) expected[core::as_size(i)] += weight;
    });
    EXPECT_NEAR(whole[core::as_size(i)], expected[core::as_size(i)], 1e-14);
  }
  for (const Range own : {Range{0, 64}, {64, 192}, {192, 200}, {128, 128}}) {
    std::vector<Real> part(core::as_size(own.size()));
    Transform({}).draw(p, Precision::full, Philox(9), own).deliver(spikes, part);
    for (Index i = own.first; i < own.last; ++i) EXPECT_EQ(part[core::as_size(i - own.first)], whole[core::as_size(i)]);
  }
}

}  // namespace
}  // namespace bayres::model
