#include "bayres/fourier/real.hpp"

#include "bayres/kernels/elementary.hpp"

namespace bayres::core {
namespace {

using Complex = std::complex<Real>;

/// Without the check for infinities, which takes longer than the product.
Complex product(Complex a, Complex b) {
  return {a.real() * b.real() - a.imag() * b.imag(), a.real() * b.imag() + a.imag() * b.real()};
}

}  // namespace

RealFourierTransform::RealFourierTransform(Index size) : half_(size / 2) {
  for (Index f = 0; f <= size / 4; ++f) {
    const Real turns = static_cast<Real>(f) / static_cast<Real>(size);
    roots_.emplace_back(cosine_of_turns(turns), -sine_of_turns(turns));
  }
}

// The pairs' transform is Z_f = E_f + i O_f, of the transforms E and O of the x with even and odd index, which are
// those of real numbers; and X_f = E_f + exp(-2 pi i f / n) O_f.

void RealFourierTransform::forward(std::span<const Complex> pairs, std::span<Complex> transform) const {
  const std::size_t half = pairs.size();
  half_(pairs, transform.first(half));
  transform[half] = transform[0];
  for (std::size_t f = 0; f <= half / 2; ++f) {
    const Complex low = transform[f];
    const Complex high = std::conj(transform[half - f]);
    const Complex even = (low + high) / 2.0;
    const Complex difference = (low - high) / 2.0;
    const Complex odd = product(roots_[f], {difference.imag(), -difference.real()});
    transform[f] = even + odd;
    transform[half - f] = std::conj(even - odd);
  }
}

void RealFourierTransform::backward(std::span<const Complex> transform, std::span<Complex> pairs) const {
  const std::size_t half = pairs.size();
  std::vector<Complex> conjugates(half + 1);
  const auto scale = 1 / static_cast<Real>(2 * half);
  for (std::size_t f = 0; f <= half / 2; ++f) {
    const Complex low = f > 0 ? transform[f] : transform[0].real();
    const Complex high = f > 0 ? std::conj(transform[half - f]) : transform[half].real();
    const Complex even = (low + high) * scale;
    const Complex odd = product(std::conj(roots_[f]), (low - high) * scale);
    const Complex turned(-odd.imag(), odd.real());
    conjugates[f] = std::conj(even + turned);
    conjugates[half - f] = even - turned;
  }
  half_(std::span(conjugates).first(half), pairs);
  for (Complex& pair : pairs) pair = std::conj(pair);
}

}  // namespace bayres::core
