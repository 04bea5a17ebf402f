#include "bayres/transforms/diagonals.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <span>

#include "bayres/kernels/elementary.hpp"

namespace bayres::model {
namespace {

constexpr auto stream = core::Stream::structure;

/// A random permutation of 2^bits numbers, of which any can be asked for alone: lower and upper bits of the number are
/// changed in turn, each by random numbers that the others choose (Luby & Rackoff 1988).
class RandomOrder {
 public:
  RandomOrder(const core::Philox& random, Index bits) : lower_(bits / 2), upper_(bits - bits / 2) {
    for (Index k = 0; k < rounds; ++k) {
      const bool changes_lower = k % 2 == 0;
      tables_.push_back(draw(random, k, changes_lower ? upper_ : lower_, changes_lower ? lower_ : upper_));
    }
  }
  [[nodiscard]] Index operator()(Index i) const noexcept {
    Index low = i & ((Index{1} << lower_) - 1);
    Index high = i >> lower_;
    for (std::size_t k = 0; k < tables_.size(); ++k) {
      if (k % 2 == 0) low ^= tables_[k][core::as_size(high)];
      if (k % 2 == 1) high ^= tables_[k][core::as_size(low)];
    }
    return (high << lower_) | low;
  }

 private:
  static constexpr Index rounds = 6;
  /// For each number of `by` bits one of `bits` bits.
  [[nodiscard]] static std::vector<Index> draw(const core::Philox& random, Index round, Index by, Index bits) {
    std::vector<Real> draws(std::size_t{1} << core::as_size(by));
    random.fill_uniforms(stream, static_cast<Index>(DiagonalNumber::order) + round, 0, draws);
    std::vector<Index> table;
    for (const Real draw : draws) table.push_back(static_cast<Index>(draw * core::as_real(Index{1} << bits)));
    return table;
  }
  Index lower_;
  Index upper_;
  std::vector<std::vector<Index>> tables_;
};

/// Quantile p of the density sqrt(4 - x^2)/pi on [0, 2]: x = 2 sin(a/2) with a + sin(a) = pi p.
Real quarter_circle_quantile(Real p) {
  Real low = 0;  // of a, in turns: up to half a turn
  Real high = 0.5;
  constexpr int halvings = 60;
  for (int k = 0; k < halvings; ++k) {
    const Real middle = (low + high) / 2;
    constexpr Real pi = 3.141592653589793;
    (2 * middle + core::sine_of_turns(middle) / pi < p ? low : high) = middle;
  }
  return 2 * core::sine_of_turns(low / 2);
}

/// So many equally likely ones, of mean square 1.
std::vector<Real> quantiles(Index count) {
  std::vector<Real> all;
  Real sum = 0;
  for (Index k = 0; k < count; ++k) {
    all.push_back(quarter_circle_quantile((core::as_real(k) + 0.5) / core::as_real(count)));
    sum += all.back() * all.back();
  }
  const Real norm = std::sqrt(sum / core::as_real(count));
  for (Real& x : all) x /= norm;
  return all;
}

/// Calls `visit(i, negative)` for all of 2^bits signs.
template <class Visit>
void for_each_sign(const core::Philox& random, DiagonalNumber which, Index bits, Visit visit) {
  std::array<Real, 1024> draws;
  const Index size = Index{1} << bits;
  for (Index i = 0; i < size; i += std::ssize(draws)) {
    const auto some = std::span(draws).first(core::as_size(std::min<Index>(std::ssize(draws), size - i)));
    random.fill_uniforms(stream, static_cast<Index>(which), i / 4, some);
    for (std::size_t k = 0; k < some.size(); ++k) visit(i + static_cast<Index>(k), some[k] < 0.5);
  }
}

}  // namespace

std::vector<std::uint64_t> draw_signs(const core::Philox& random, DiagonalNumber which, Index bits) {
  std::vector<std::uint64_t> signs(core::as_size(((Index{1} << bits) + 63) / 64));
  for_each_sign(random, which, bits,
                [&](Index i, bool negative) { signs[core::as_size(i / 64)] |= std::uint64_t{negative} << (i % 64); });
  return signs;
}

template <class T>
core::AlignedVector<T> draw_quarter_circle(const core::Philox& random, Index bits) {
  constexpr Index most_levels = 12;  // 2^12 of them
  const Index levels = std::min(bits, most_levels);
  const auto moduli = quantiles(Index{1} << levels);
  const RandomOrder order(random, bits);
  core::AlignedVector<T> all(std::size_t{1} << core::as_size(bits));
  for_each_sign(random, DiagonalNumber::middle, bits, [&](Index i, bool negative) {
    const Real modulus = moduli[core::as_size(order(i) >> (bits - levels))];
    all[core::as_size(i)] = static_cast<T>(negative ? -modulus : modulus);
  });
  return all;
}
template core::AlignedVector<Real> draw_quarter_circle(const core::Philox&, Index);
template core::AlignedVector<float> draw_quarter_circle(const core::Philox&, Index);

}  // namespace bayres::model
