#include "bayres/fourier/complex.hpp"

#include <bit>
#include <utility>

#include "bayres/kernels/elementary.hpp"
#include "bayres/kernels/transpose.hpp"
#include "numbers.hpp"

namespace bayres::core {
namespace {

/// Numbers in memory, real and imaginary parts apart.
struct Parts {
  Real* re;
  Real* im;

  template <Index L>
  BAYRES_INLINE void take(std::size_t at, Numbers<L>& x) const {
    load(re + at, x.re);
    load(im + at, x.im);
  }
  template <Index L>
  BAYRES_INLINE void put(std::size_t at, const Numbers<L>& x) const {
    store(x.re, re + at);
    store(x.im, im + at);
  }
};

/// Four numbers become their transform; and X_k of four transforms of m numbers, of which the last three were
/// multiplied by their twiddle factors, become X_k, X_(k+m), X_(k+2m), X_(k+3m) of one of 4 m.
template <Index L>
BAYRES_INLINE void transform_of_four(Numbers<L> (&x)[4]) {
  Numbers<L> even;
  Numbers<L> difference;
  Numbers<L> odd;
  Numbers<L> turned;
  add(x[0], x[2], even);
  subtract(x[0], x[2], difference);
  add(x[1], x[3], odd);
  subtract(x[1], x[3], turned);
  add(even, odd, x[0]);
  x[1] = {difference.re + turned.im, difference.im - turned.re};
  subtract(even, odd, x[2]);
  x[3] = {difference.re - turned.im, difference.im + turned.re};
}

/// Number q is multiplied by its twiddle factor, cosine + i sine q - 1, which are a number or a vector of them.
template <Index L, class Turn>
BAYRES_INLINE void turn(Numbers<L> (&x)[4], const Turn (&cosines)[3], const Turn (&sines)[3]) {
  BAYRES_UNROLL
  for (std::size_t q = 1; q < 4; ++q) {
    const auto [re, im] = x[q];
    x[q] = {re * cosines[q - 1] - im * sines[q - 1], re * sines[q - 1] + im * cosines[q - 1]};
  }
}

/// All stages, L numbers at a time. After a stage there are n / m transforms, each of the m numbers whose index has the
/// same remainder s when divided by n / m, and X_k of it is at k n / m + s.
struct Stages {
  template <Index Bytes>
  BAYRES_INLINE static void run(const Real* x, Real* transform, Real* work, const Real* turns, std::size_t n) {
    // From 16 on, four divides every number of remainders but the last, and m of the last stage.
    if (n < 16) return run_all<1>(x, transform, work, turns, n);
    run_all<4>(x, transform, work, turns, n);
  }

  template <Index L>
  BAYRES_INLINE static void run_all(const Real* x, Real* transform, Real* work, const Real* turns, std::size_t n) {
    if (n == 4) return by_four<L>(x, Pairs{transform}, n);
    // The last stage comes from `work`; stages before it take turns.
    Parts from{work, work + n};
    Parts to{transform, transform + n};
    const auto stages = static_cast<std::size_t>(std::countr_zero(n) + 1) / 2;
    if (stages % 2 == 1) std::swap(from, to);
    const bool by_two = std::countr_zero(n) % 2 == 1;
    std::size_t m = by_two ? 2 : 4;
    by_two ? by_two_first<L>(x, from, n) : by_four<L>(x, from, n);
    for (; 4 * m < n; turns += 6 * m, m *= 4) {
      middle<L>(from, to, turns, m, n / (4 * m));
      std::swap(from, to);
    }
    last<L>(from, Pairs{transform}, turns, m);
  }

  template <Index L>
  BAYRES_INLINE static void by_two_first(const Real* x, Parts to, std::size_t n) {
    for (std::size_t s = 0; s < n / 2; s += L) {
      Numbers<L> a;
      Numbers<L> b;
      Numbers<L> c;
      Pairs::take(x, s, a);
      Pairs::take(x, s + n / 2, b);
      add(a, b, c);
      to.put(s, c);
      subtract(a, b, c);
      to.put(s + n / 2, c);
    }
  }

  template <Index L, class To>
  BAYRES_INLINE static void by_four(const Real* x, To to, std::size_t n) {
    for (std::size_t s = 0; s < n / 4; s += L) {
      Numbers<L> few[4];
      BAYRES_UNROLL
      for (std::size_t q = 0; q < 4; ++q) Pairs::take(x, s + q * (n / 4), few[q]);
      transform_of_four(few);
      BAYRES_UNROLL
      for (std::size_t q = 0; q < 4; ++q) to.put(s + q * (n / 4), few[q]);
    }
  }

  /// So many `remainders`, transforms of 4 m numbers.
  template <Index L>
  BAYRES_INLINE static void middle(Parts from, Parts to, const Real* turns, std::size_t m, std::size_t remainders) {
    for (std::size_t k = 0; k < m; ++k) {
      const Real cosines[3] = {turns[k], turns[m + k], turns[2 * m + k]};
      const Real sines[3] = {turns[3 * m + k], turns[4 * m + k], turns[5 * m + k]};
      for (std::size_t s = 0; s < remainders; s += L) {
        Numbers<L> few[4];
        BAYRES_UNROLL
        for (std::size_t q = 0; q < 4; ++q) from.take((4 * k + q) * remainders + s, few[q]);
        turn(few, cosines, sines);
        transform_of_four(few);
        BAYRES_UNROLL
        for (std::size_t q = 0; q < 4; ++q) to.put((k + q * m) * remainders + s, few[q]);
      }
    }
  }

  /// One transform of 4 m numbers.
  template <Index L>
  BAYRES_INLINE static void last(Parts from, Pairs to, const Real* turns, std::size_t m) {
    for (std::size_t k = 0; k < m; k += L) {
      Vector<Real, L> re[4];
      Vector<Real, L> im[4];
      BAYRES_UNROLL
      for (std::size_t i = 0; i < 4; ++i) {
        load(from.re + 4 * k + i * L, re[i]);
        load(from.im + 4 * k + i * L, im[i]);
      }
      if constexpr (L == 4) {
        transpose(re);
        transpose(im);
      }
      Numbers<L> few[4];
      Vector<Real, L> cosines[3];
      Vector<Real, L> sines[3];
      BAYRES_UNROLL
      for (std::size_t q = 0; q < 4; ++q) few[q] = {re[q], im[q]};
      BAYRES_UNROLL
      for (std::size_t q = 0; q < 3; ++q) {
        load(turns + q * m + k, cosines[q]);
        load(turns + (3 + q) * m + k, sines[q]);
      }
      turn(few, cosines, sines);
      transform_of_four(few);
      BAYRES_UNROLL
      for (std::size_t q = 0; q < 4; ++q) to.put(k + q * m, few[q]);
    }
  }
};

}  // namespace

FourierTransform::FourierTransform(Index size) : size_(as_size(size)), work_(2 * size_) {
  for (Index m = std::countr_zero(size_) % 2 == 1 ? 2 : 4; m < size; m *= 4) {
    const Index apart = size / (4 * m);
    const auto fill = [&](const auto& number) {
      for (Index q = 1; q < 4; ++q) {
        for (Index k = 0; k < m; ++k) {
          turns_.push_back(number(static_cast<Real>(q * k * apart) / static_cast<Real>(size)));
        }
      }
    };
    fill([](Real turns) { return cosine_of_turns(turns); });
    fill([](Real turns) { return -sine_of_turns(turns); });
  }
}

void FourierTransform::operator()(std::span<const std::complex<Real>> x, std::span<std::complex<Real>> transform) {
  if (size_ == 0) return;
  dispatch<Stages>(numbers_of(x.data()), numbers_of(transform.data()), work_.data(), std::as_const(turns_).data(),
                   size_);
}

}  // namespace bayres::core
