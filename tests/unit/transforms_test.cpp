#include "bayres/transforms/hadamard.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <bit>
#include <type_traits>
#include <vector>

#include "bayres/core/aligned.hpp"
#include "bayres/kernels/random.hpp"

namespace bayres::model {
namespace {

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

}  // namespace
}  // namespace bayres::model
