#include "bayres/fourier/real.hpp"

#include <utility>

#include "bayres/kernels/elementary.hpp"
#include "numbers.hpp"

namespace bayres::core {
namespace {

/// L numbers in memory, the last first.
template <Index L>
BAYRES_INLINE void take_reversed(const Real* from, std::size_t at, Numbers<L>& x) {
  Pairs::take(from, at, x);
  if constexpr (L > 1) {
    x.re = __builtin_shufflevector(x.re, x.re, 3, 2, 1, 0);
    x.im = __builtin_shufflevector(x.im, x.im, 3, 2, 1, 0);
  }
}
template <Index L>
BAYRES_INLINE void put_reversed(Pairs to, std::size_t at, const Numbers<L>& x) {
  Numbers<L> reversed = x;
  if constexpr (L > 1) {
    reversed.re = __builtin_shufflevector(x.re, x.re, 3, 2, 1, 0);
    reversed.im = __builtin_shufflevector(x.im, x.im, 3, 2, 1, 0);
  }
  to.put(at, reversed);
}

/// X_f, X_(half - f) and the roots for f of L numbers f.
template <Index L>
BAYRES_INLINE void take_both(const Real* transform, const Real* roots, std::size_t half, std::size_t f, Numbers<L>& low,
                             Numbers<L>& high, Numbers<L>& root) {
  Pairs::take(transform, f, low);
  take_reversed(transform, half - f - (L - 1), high);
  Pairs::take(roots, f, root);
}

/// Without the check for infinities, which takes longer than the product.
template <Index L>
BAYRES_INLINE void multiply(const Numbers<L>& a, const Numbers<L>& b, Numbers<L>& product) {
  product = {a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re};
}

/// Calls `some.template operator()<L>(f)` for f = 0 to half / 2, L = 4 or 1 of them from f on: f and half - f lie apart
/// but for half / 2.
template <class Some>
BAYRES_INLINE void for_each_below_middle(std::size_t half, const Some& some) {
  std::size_t f = 0;
  for (; f + 4 <= half / 2; f += 4) some.template operator()<4>(f);
  for (; f <= half / 2; ++f) some.template operator()<1>(f);
}

// The pairs' transform is Z_f = E_f + i O_f, of the transforms E and O of the x with even and odd index, which are
// those of real numbers; and X_f = E_f + exp(-2 pi i f / n) O_f.

/// X in the place of Z.
struct TransformOfPairs {
  template <Index Bytes>
  BAYRES_INLINE static void run(Real* transform, const Real* roots, std::size_t half) {
    for_each_below_middle(half, [=]<Index L>(std::size_t f) {
      Numbers<L> low;
      Numbers<L> high;
      Numbers<L> root;
      Numbers<L> odd;
      take_both<L>(transform, roots, half, f, low, high, root);
      // The conjugate of `high` belongs to `low`.
      const Numbers<L> even{(low.re + high.re) * Real{0.5}, (low.im - high.im) * Real{0.5}};
      multiply(root, {(low.im + high.im) * Real{0.5}, -((low.re - high.re) * Real{0.5})}, odd);
      Pairs{transform}.put(f, Numbers<L>{even.re + odd.re, even.im + odd.im});
      put_reversed(Pairs{transform}, half - f - (L - 1), Numbers<L>{even.re - odd.re, -(even.im - odd.im)});
    });
  }
};

/// The conjugates of Z, divided by the sum's number of terms.
struct PairsOfTransform {
  template <Index Bytes>
  BAYRES_INLINE static void run(const Real* transform, const Real* roots, Real* conjugates, std::size_t half) {
    const Real scale = 1 / static_cast<Real>(2 * half);
    for_each_below_middle(half, [=]<Index L>(std::size_t f) {
      Numbers<L> low;
      Numbers<L> high;
      Numbers<L> root;
      Numbers<L> odd;
      take_both<L>(transform, roots, half, f, low, high, root);
      high.im = -high.im;
      root.im = -root.im;
      if (f == 0) low.im[0] = high.im[0] = 0;
      multiply(root, {(low.re - high.re) * scale, (low.im - high.im) * scale}, odd);
      const Numbers<L> even{(low.re + high.re) * scale, (low.im + high.im) * scale};
      const Numbers<L> turned{-odd.im, odd.re};
      Pairs{conjugates}.put(f, Numbers<L>{even.re + turned.re, -(even.im + turned.im)});
      put_reversed(Pairs{conjugates}, half - f - (L - 1), Numbers<L>{even.re - turned.re, even.im - turned.im});
    });
  }
};

}  // namespace

RealFourierTransform::RealFourierTransform(Index size) : half_(size / 2), conjugates_(as_size(size / 2 + 1)) {
  for (Index f = 0; f <= size / 4; ++f) {
    const Real turns = static_cast<Real>(f) / static_cast<Real>(size);
    roots_.emplace_back(cosine_of_turns(turns), -sine_of_turns(turns));
  }
}

void RealFourierTransform::forward(std::span<const Complex> pairs, std::span<Complex> transform) {
  half_(pairs, transform.first(pairs.size()));
  transform[pairs.size()] = transform[0];
  dispatch<TransformOfPairs>(numbers_of(transform.data()), numbers_of(std::as_const(roots_).data()), pairs.size());
}

void RealFourierTransform::backward(std::span<const Complex> transform, std::span<Complex> pairs) {
  dispatch<PairsOfTransform>(numbers_of(transform.data()), numbers_of(std::as_const(roots_).data()),
                             numbers_of(conjugates_.data()), pairs.size());
  half_(std::span(conjugates_).first(pairs.size()), pairs);
  for (Complex& pair : pairs) pair = std::conj(pair);
}

}  // namespace bayres::core
