#include "bayres/fourier/complex.hpp"

#include "bayres/kernels/dispatch.hpp"
#include "bayres/kernels/elementary.hpp"

namespace bayres::core {
namespace {

/// Four transforms of m numbers become one of 4 m, in place. A plain loop, which the compiler vectorises.
struct Butterflies {
  template <Index Bytes>
  BAYRES_INLINE static void run(Real* __restrict re, Real* __restrict im, const Real* __restrict turns, std::size_t m) {
    const Real* __restrict cosines = turns;
    const Real* __restrict sines = turns + 3 * m;
#pragma GCC ivdep
    for (std::size_t k = 0, k1 = m, k2 = 2 * m, k3 = 3 * m; k < m; ++k, ++k1, ++k2, ++k3) {
      const Real re1 = re[k1] * cosines[k] - im[k1] * sines[k];
      const Real im1 = re[k1] * sines[k] + im[k1] * cosines[k];
      const Real re2 = re[k2] * cosines[k1] - im[k2] * sines[k1];
      const Real im2 = re[k2] * sines[k1] + im[k2] * cosines[k1];
      const Real re3 = re[k3] * cosines[k2] - im[k3] * sines[k2];
      const Real im3 = re[k3] * sines[k2] + im[k3] * cosines[k2];
      const Real re_sum = re[k] + re2;
      const Real im_sum = im[k] + im2;
      const Real re_rest = re[k] - re2;
      const Real im_rest = im[k] - im2;
      re[k] = re_sum + (re1 + re3);
      im[k] = im_sum + (im1 + im3);
      re[k1] = re_rest + (im1 - im3);
      im[k1] = im_rest - (re1 - re3);
      re[k2] = re_sum - (re1 + re3);
      im[k2] = im_sum - (im1 + im3);
      re[k3] = re_rest - (im1 - im3);
      im[k3] = im_rest + (re1 - re3);
    }
  }
};

/// Radices of the stages from the last to the first: numbers are divided into those with k mod 4 = 0, 1, 2, 3, these
/// again, and at last, where needed, by two.
std::vector<Index> radices_of(Index size) {
  std::vector<Index> radices;
  for (Index left = size; left > 1; left /= radices.back()) radices.push_back(left % 4 == 0 ? 4 : 2);
  return radices;
}

/// Which number is at a place before the first stage.
std::size_t number_at(Index place, Index size, const std::vector<Index>& radices) {
  Index number = 0;
  Index weight = 1;
  for (const Index radix : radices) {
    size /= radix;
    number += place / size * weight;
    place %= size;
    weight *= radix;
  }
  return as_size(number);
}

/// The first stage, of two or four numbers x.
template <class Put>
void transform_of_few(std::size_t count, const auto& x, const Put& put) {
  if (count == 2) {
    put(0, x(0) + x(1));
    put(1, x(0) - x(1));
    return;
  }
  const auto even = x(0) + x(2);
  const auto rest = x(0) - x(2);
  const auto odd = x(1) + x(3);
  const auto turned = x(1) - x(3);
  put(0, even + odd);
  put(1, std::complex<Real>{rest.real() + turned.imag(), rest.imag() - turned.real()});
  put(2, even - odd);
  put(3, std::complex<Real>{rest.real() - turned.imag(), rest.imag() + turned.real()});
}

}  // namespace

FourierTransform::FourierTransform(Index size) {
  const auto radices = radices_of(size);
  if (size > 0) smallest_ = as_size(radices.back());
  for (Index place = 0; place < size; ++place) order_.push_back(number_at(place, size, radices));
  Index apart = smallest_ == 2 ? size / 8 : size / 16;  // size / (4 m)
  for (auto m = static_cast<Index>(smallest_); m < size; m *= 4, apart /= 4) {
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

void FourierTransform::operator()(std::span<const std::complex<Real>> x,
                                  std::span<std::complex<Real>> transform) const {
  const std::size_t n = order_.size();
  std::vector<Real> parts(2 * n);
  Real* re = parts.data();
  Real* im = re + n;
  for (std::size_t first = 0; first < n; first += smallest_) {
    transform_of_few(
        smallest_, [&](std::size_t k) { return x[order_[first + k]]; },
        [&](std::size_t k, std::complex<Real> value) {
          re[first + k] = value.real();
          im[first + k] = value.imag();
        });
  }
  const Real* turns = turns_.data();
  for (std::size_t m = smallest_; m < n; turns += 6 * m, m *= 4) {
    for (std::size_t first = 0; first < n; first += 4 * m) dispatch<Butterflies>(re + first, im + first, turns, m);
  }
  for (std::size_t f = 0; f < n; ++f) transform[f] = {re[f], im[f]};
}

}  // namespace bayres::core
