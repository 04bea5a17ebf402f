#pragma once
/// \file
/// Vectors of complex numbers.

#include <complex>

#include "bayres/kernels/dispatch.hpp"

namespace bayres::core {

/// L complex numbers.
template <Index L>
struct Numbers {
  Vector<Real, L> re;
  Vector<Real, L> im;
};

template <Index L>
BAYRES_INLINE void add(const Numbers<L>& a, const Numbers<L>& b, Numbers<L>& sum) {
  sum.re = a.re + b.re;
  sum.im = a.im + b.im;
}
template <Index L>
BAYRES_INLINE void subtract(const Numbers<L>& a, const Numbers<L>& b, Numbers<L>& rest) {
  rest.re = a.re - b.re;
  rest.im = a.im - b.im;
}

/// Numbers in memory, each with its imaginary part after it, as std::complex has them.
struct Pairs {
  Real* numbers;

  template <Index L>
  BAYRES_INLINE static void take(const Real* from, std::size_t at, Numbers<L>& x) {
    Vector<Real, L> low;
    Vector<Real, L> high;
    load(from + 2 * at, low);
    load(from + 2 * at + L, high);
    if constexpr (L == 4) {
      x.re = __builtin_shufflevector(low, high, 0, 2, 4, 6);
      x.im = __builtin_shufflevector(low, high, 1, 3, 5, 7);
    } else {
      x = {low, high};
    }
  }
  template <Index L>
  BAYRES_INLINE void put(std::size_t at, const Numbers<L>& x) const {
    if constexpr (L == 4) {
      store(__builtin_shufflevector(x.re, x.im, 0, 4, 1, 5), numbers + 2 * at);
      store(__builtin_shufflevector(x.re, x.im, 2, 6, 3, 7), numbers + 2 * at + L);
    } else {
      store(x.re, numbers + 2 * at);
      store(x.im, numbers + 2 * at + 1);
    }
  }
};

/// Complex numbers as what they consist of.
/// \{
inline const Real* numbers_of(const std::complex<Real>* x) noexcept { return reinterpret_cast<const Real*>(x); }
inline Real* numbers_of(std::complex<Real>* x) noexcept { return reinterpret_cast<Real*>(x); }
/// \}

}  // namespace bayres::core
