#include "bayres/kernels/elementary.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numbers>
#include <utility>

#include "bayres/kernels/dispatch.hpp"

namespace bayres::core {
namespace {

/// ln 2 in two parts; the first has few bits, so that its products with small integers are exact.
constexpr Real ln2_high = 0x1.62e42fefa0000p-1;
constexpr Real ln2_low = 0x1.cf79abc9e3b39p-40;
/// Adding this to a number below 2^51 rounds it to the nearest integer, which is then in the lowest bits.
constexpr Real rounder = 0x1.8p52;
/// exp f = 1 + f + f^2 (1/2 + f/6 + ...), |f| <= ln 2 / 2: Taylor up to f^14, to 1e-18.
constexpr std::array<Real, 13> exp_series{
    1.0 / 2,      1.0 / 6,       1.0 / 24,       1.0 / 120,       1.0 / 720,        1.0 / 5040,       1.0 / 40320,
    1.0 / 362880, 1.0 / 3628800, 1.0 / 39916800, 1.0 / 479001600, 1.0 / 6227020800, 1.0 / 87178291200};

template <Index N>
struct Functions {
  using Reals = Vector<Real, N>;
  using Words = Vector<std::int64_t, N>;

  static BAYRES_INLINE void bits_of(const Reals& x, Words& bits) { load(&x, bits); }
  static BAYRES_INLINE void from_bits(const Words& bits, Reals& x) { load(&bits, x); }

  /// sum_k coefficients[k] x^k.
  template <std::size_t Size>
  static BAYRES_INLINE void polynomial(const Reals& x, const std::array<Real, Size>& coefficients, Reals& sum) {
    sum = Reals{} + coefficients[Size - 1];
    for (std::size_t k = Size - 1; k-- > 0;) sum = sum * x + coefficients[k];
  }

  /// tanh |x| = E/(E + 2) with E = exp(2|x|) - 1 = 2^k (exp f - 1) + (2^k - 1), 2|x| = k ln 2 + f. Beyond 20 it is 1.
  static BAYRES_INLINE void tanh(const Reals& x, Reals& out) {
    Words bits;
    bits_of(x, bits);
    const Words sign = bits & std::numeric_limits<std::int64_t>::min();
    Reals size;
    from_bits(bits ^ sign, size);
    // Written so that NaN stays NaN.
    const Reals y = size > 20.0 ? Reals{} + 40.0 : 2.0 * size;
    const Reals shifted = y * std::numbers::log2e + rounder;
    const Reals k = shifted - rounder;
    const Reals f = (y - k * ln2_high) - k * ln2_low;
    Reals series;
    polynomial(f, exp_series, series);
    Reals power;
    power_of_two(shifted, power);
    const Reals e = power * (f + f * f * series) + (power - 1.0);
    const Reals result = e / (e + 2.0);
    bits_of(result, bits);
    from_bits(bits | sign, out);
  }

  /// 2^k for integers k, given as rounder + k, where 2^k is a normal number.
  static BAYRES_INLINE void power_of_two(const Reals& shifted, Reals& power) {
    Words exponent;
    bits_of(shifted, exponent);
    from_bits((exponent + 1023) << 52, power);
  }

  /// exp x = 2^k exp f, x = k ln 2 + f, with two factors of about 2^(k/2), each a normal number.
  static BAYRES_INLINE void exp(const Reals& x, Reals& out) {
    // Beyond these the result is 0 or infinity. Written so that NaN stays NaN.
    const Reals below = x > 710.0 ? Reals{} + 710.0 : x;
    const Reals y = below < -746.0 ? Reals{} - 746.0 : below;
    const Reals k = (y * std::numbers::log2e + rounder) - rounder;
    const Reals high = y - k * ln2_high;  // exact
    const Reals low = k * ln2_low;
    const Reals f = high - low;
    const Reals lost = (high - f) - low;
    Reals series;
    polynomial(f, exp_series, series);
    const Reals half = k * 0.5 + rounder;
    const Reals other_half = (k - (half - rounder)) + rounder;
    Reals first;
    Reals second;
    power_of_two(half, first);
    power_of_two(other_half, second);
    out = (1.0 + (f + (lost + f * f * series))) * first * second;
  }

  /// ln x = e ln 2 + 2 artanh s, s = (m - 1)/(m + 1), x = 2^e m with m between sqrt(1/2) and sqrt(2).
  static BAYRES_INLINE void log(const Reals& x, Reals& out) {
    // artanh s = s (1 + s^2/3 + s^4/5 + ...), |s| < 0.172: up to s^21, to 1e-18.
    constexpr std::array<Real, 10> series{1.0 / 3,  1.0 / 5,  1.0 / 7,  1.0 / 9,  1.0 / 11,
                                          1.0 / 13, 1.0 / 15, 1.0 / 17, 1.0 / 19, 1.0 / 21};
    constexpr std::int64_t root_half = 0x3fe6a09e667f3bcd;  // the bits of sqrt(1/2)
    constexpr std::int64_t mantissa = 0x000fffffffffffff;
    Words bits;
    bits_of(x, bits);
    const Words above = bits - root_half;
    const Words exponent = above >> 52;
    Reals m;
    from_bits((above & mantissa) + root_half, m);
    Reals e;  // a small integer, from the bits of rounder + e
    Words shifted;
    bits_of(Reals{} + rounder, shifted);
    from_bits(shifted + exponent, e);
    e -= rounder;
    const Reals s = (m - 1.0) / (m + 1.0);
    const Reals s2 = s * s;
    Reals sum;
    polynomial(s2, series, sum);
    // 2 s = (m - 1) - s (m - 1), where the large part is exact.
    const Reals difference = m - 1.0;
    out = e * ln2_high + (difference - (s * difference - (e * ln2_low + 2.0 * s * s2 * sum)));
  }

  /// cos and sin of 2 pi v, 0 <= v <= 1.
  static BAYRES_INLINE void cos_sin_turn(const Reals& v, Reals& cosine, Reals& sine) {
    // Taylor up to v^16 and v^15, to 1e-17 where |angle| <= pi/4.
    constexpr std::array<Real, 9> cos_series{1.0,
                                             -1.0 / 2,
                                             1.0 / 24,
                                             -1.0 / 720,
                                             1.0 / 40320,
                                             -1.0 / 3628800,
                                             1.0 / 479001600,
                                             -1.0 / 87178291200,
                                             1.0 / 20922789888000};
    constexpr std::array<Real, 8> sin_series{1.0,          -1.0 / 6,        1.0 / 120,        -1.0 / 5040,
                                             1.0 / 362880, -1.0 / 39916800, 1.0 / 6227020800, -1.0 / 1307674368000};
    const Reals shifted = v * 4.0 + rounder;
    const Reals quarter = shifted - rounder;
    const Reals angle = (v - quarter * 0.25) * (2 * std::numbers::pi);  // within pi/4 of 0; the difference is exact
    const Reals square = angle * angle;
    Reals c;
    Reals s;
    polynomial(square, cos_series, c);
    polynomial(square, sin_series, s);
    s *= angle;
    Words quadrant;
    bits_of(shifted, quadrant);
    const Words odd = (quadrant & 1) != 0;
    const Reals swapped_c = odd ? s : c;
    const Reals swapped_s = odd ? c : s;
    Words bits;
    bits_of(swapped_c, bits);  // negative in the second and third quarter
    from_bits(bits ^ (((quadrant + 1) & 2) << 62), cosine);
    bits_of(swapped_s, bits);  // negative in the third and fourth
    from_bits(bits ^ ((quadrant & 2) << 62), sine);
  }

  /// Normals from the N pairs (u, v) in two vectors.
  static BAYRES_INLINE void normals(const Reals& u, const Reals& v, Reals& first, Reals& second) {
    Reals radius;
    log(u, radius);
    radius *= -2.0;
    for (Index l = 0; l < N; ++l) radius[l] = __builtin_sqrt(radius[l]);
    cos_sin_turn(v, first, second);
    first *= radius;
    second *= radius;
  }
};

/// out = every second one of the 2 N numbers in a and b, starting with number First.
/// \{
template <Index First, class Reals, std::size_t... K>
BAYRES_INLINE void every_other(const Reals& a, const Reals& b, Reals& out, std::index_sequence<K...>) {
  out = __builtin_shufflevector(a, b, int(2 * K + First)...);
}
template <Index First, Index N>
BAYRES_INLINE void every_other(const Vector<Real, N>& a, const Vector<Real, N>& b, Vector<Real, N>& out) {
  every_other<First>(a, b, out, std::make_index_sequence<std::size_t{N}>());
}
/// \}

/// out = a[from], b[from], a[from + 1], b[from + 1], ...
/// \{
template <Index From, class Reals, std::size_t... K>
BAYRES_INLINE void in_turn(const Reals& a, const Reals& b, Reals& out, std::index_sequence<K...>) {
  out = __builtin_shufflevector(a, b, int(From + K / 2 + K % 2 * sizeof...(K))...);
}
template <Index From, Index N>
BAYRES_INLINE void in_turn(const Vector<Real, N>& a, const Vector<Real, N>& b, Vector<Real, N>& out) {
  in_turn<From>(a, b, out, std::make_index_sequence<std::size_t{N}>());
}
/// \}

/// Calls `function` on Size numbers at a time, from and to memory; the rest is padded with `filling`.
template <Index Size, class Function>
BAYRES_INLINE void for_each_stretch(const Real* x, Real* out, std::size_t count, Real filling, Function function) {
  std::size_t i = 0;
  for (; i + Size <= count; i += Size) function(x + i, out + i);
  if (i == count) return;
  Real rest[std::size_t{Size}];
  std::fill_n(rest, Size, filling);
  std::copy_n(x + i, count - i, rest);
  function(rest, rest);
  std::copy_n(rest, count - i, out + i);
}

/// The same on vectors of N numbers, from and to registers.
template <Index N, class Function>
BAYRES_INLINE void for_each_vector(const Real* x, Real* out, std::size_t count, Function function) {
  for_each_stretch<N>(
      x, out, count, 1, [&](const Real* from, Real* to) __attribute__((always_inline)) {
        Vector<Real, N> in;
        Vector<Real, N> result;
        load(from, in);
        function(in, result);
        store(result, to);
      });
}

struct Tanh {
  template <Index Bytes>
  BAYRES_INLINE static void run(const Real* x, Real* out, std::size_t count) {
    constexpr Index n = Bytes / Index{sizeof(Real)};
    for_each_vector<n>(
        x, out, count, [](const Vector<Real, n>& in, Vector<Real, n>& result) __attribute__((always_inline)) {
          Functions<n>::tanh(in, result);
        });
  }
};

struct Exp {
  template <Index Bytes>
  BAYRES_INLINE static void run(Real* x, std::size_t count) {
    constexpr Index n = Bytes / Index{sizeof(Real)};
    for_each_vector<n>(
        x, x, count, [](const Vector<Real, n>& in, Vector<Real, n>& result) __attribute__((always_inline)) {
          Functions<n>::exp(in, result);
        });
  }
};

struct Log {
  template <Index Bytes>
  BAYRES_INLINE static void run(Real* x, std::size_t count) {
    constexpr Index n = Bytes / Index{sizeof(Real)};
    for_each_vector<n>(
        x, x, count, [](const Vector<Real, n>& in, Vector<Real, n>& result) __attribute__((always_inline)) {
          Functions<n>::log(in, result);
        });
  }
};

struct Geometric {
  template <Index Bytes>
  BAYRES_INLINE static void run(Real* x, std::size_t count, Real log_failure) {
    Log::run<Bytes>(x, count);
    for (std::size_t i = 0; i < count; ++i) x[i] = 1 + __builtin_floor(x[i] / log_failure);
  }
};

struct Uniforms {
  template <Index Bytes>
  BAYRES_INLINE static void run(Real* words, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      std::uint64_t word;
      load(words + i, word);
      words[i] = static_cast<Real>(static_cast<std::int64_t>((word >> 11U) | 1U)) * 0x1p-53;
    }
  }
};

struct Normals {
  template <Index Bytes>
  BAYRES_INLINE static void run(Real* pairs, std::size_t count) {
    constexpr Index n = Bytes / Index{sizeof(Real)};
    for_each_stretch<2 * n>(
        pairs, pairs, count, 0.5,
        [](const Real* some, Real* out) __attribute__((always_inline)) { of_vectors<n>(some, out); });
  }

  /// N pairs.
  template <Index N>
  BAYRES_INLINE static void of_vectors(const Real* pairs, Real* out) {
    Vector<Real, N> a;
    Vector<Real, N> b;
    Vector<Real, N> u;
    Vector<Real, N> v;
    load(pairs, a);
    load(pairs + N, b);
    every_other<0, N>(a, b, u);
    every_other<1, N>(a, b, v);
    Functions<N>::normals(u, v, u, v);
    in_turn<0, N>(u, v, a);
    in_turn<N / 2, N>(u, v, b);
    store(a, out);
    store(b, out + N);
  }
};

/// A number of turns as an angle 2 pi (quarter/4 + d), |d| <= 1/8, with 2 pi d = high + low.
struct Angle {
  int quarter;
  Real high;
  Real low;
};

Angle angle_of(Real turns) noexcept {
  const Real rest = turns - std::nearbyint(turns);
  const Real quarter = std::nearbyint(4 * rest);
  const Real d = rest - quarter / 4;  // all exact
  // 2 pi and d in two parts; the first has few bits, so that products with it are exact.
  constexpr Real first = 0x1.921fb5p+2;
  constexpr Real second = 0x1.110b4611a6263p-24;
  constexpr Real halves = 0x1p27 + 1;
  const Real scaled = halves * d;
  const Real large = scaled - (scaled - d);
  const Real small = d - large;
  const Real high = d * (first + second);
  const Real low = ((large * first - high) + small * first) + d * second;
  return {static_cast<int>(quarter), high, low};
}

/// sum_k coefficients[k] x^k.
template <std::size_t Size>
Real polynomial(Real x, const std::array<Real, Size>& coefficients) noexcept {
  Real sum = coefficients[Size - 1];
  for (std::size_t k = Size - 1; k-- > 0;) sum = sum * x + coefficients[k];
  return sum;
}

/// sin of high + low, |high| <= pi/4: Taylor up to the 17th power, to 1e-19.
Real sine_near_zero(const Angle& angle) noexcept {
  constexpr std::array<Real, 8> series{-1.0 / 6,        1.0 / 120,        -1.0 / 5040,          1.0 / 362880,
                                       -1.0 / 39916800, 1.0 / 6227020800, -1.0 / 1307674368000, 1.0 / 355687428096000};
  const Real square = angle.high * angle.high;
  const Real cubic = angle.high * square * polynomial(square, series);
  return angle.high + (angle.low * (1 - square / 2) + cubic);
}

/// cos likewise, up to the 18th power.
Real cosine_near_zero(const Angle& angle) noexcept {
  constexpr std::array<Real, 8> series{
      1.0 / 24,        -1.0 / 720,         1.0 / 40320,          -1.0 / 3628800,
      1.0 / 479001600, -1.0 / 87178291200, 1.0 / 20922789888000, -1.0 / 6402373705728000};
  const Real square = angle.high * angle.high;
  const Real half = square / 2;
  const Real large = 1 - half;
  return large + (((1 - large) - half) + (square * square * polynomial(square, series) - angle.high * angle.low));
}

/// sin of an angle plus `quarters` quarter turns.
Real sine_of(const Angle& angle, int quarters) noexcept {
  const int quarter = (angle.quarter + quarters) & 3;
  const Real size = quarter % 2 == 0 ? sine_near_zero(angle) : cosine_near_zero(angle);
  return quarter < 2 ? size : -size;
}

Real sine_of_turns(Real turns, int quarters) noexcept {
  if (!std::isfinite(turns)) return std::numeric_limits<Real>::quiet_NaN();
  return sine_of(angle_of(turns), quarters);
}

}  // namespace

void tanh_of(std::span<const Real> x, std::span<Real> out) noexcept { dispatch<Tanh>(x.data(), out.data(), x.size()); }
void exp_in_place(std::span<Real> x) noexcept { dispatch<Exp>(x.data(), x.size()); }
void log_in_place(std::span<Real> x) noexcept { dispatch<Log>(x.data(), x.size()); }
void geometric_from_uniforms(std::span<Real> x, Real log_failure) noexcept {
  dispatch<Geometric>(x.data(), x.size(), log_failure);
}
void uniforms_from_words(std::span<Real> words) noexcept { dispatch<Uniforms>(words.data(), words.size()); }
void normals_from_uniforms(std::span<Real> pairs) noexcept { dispatch<Normals>(pairs.data(), pairs.size()); }

Real log_of_rest(Real p) noexcept {
  const Real rest = 1 - p;
  Real logarithm = rest;
  log_in_place({&logarithm, 1});
  return logarithm + ((1 - rest) - p) / rest;  // corrects the rounding of `rest`
}

Real sine_of_turns(Real turns) noexcept { return sine_of_turns(turns, 0); }
Real cosine_of_turns(Real turns) noexcept { return sine_of_turns(turns, 1); }

}  // namespace bayres::core
