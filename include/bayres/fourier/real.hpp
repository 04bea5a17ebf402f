#pragma once
/// \file
/// Discrete Fourier transforms of real numbers.

#include <complex>
#include <vector>

#include "bayres/fourier/complex.hpp"

namespace bayres::core {

/// X_f = sum_t x_t exp(-2 pi i f t / n) of n real numbers, by the transform of half as many complex ones: f = 0 to n /
/// 2, as the others are their conjugates. Pairs are x_(2j) + i x_(2j + 1), j = 0 to n / 2 - 1.
class RealFourierTransform {
 public:
  using Complex = std::complex<Real>;
  /// For n numbers, a power of two from 8 on.
  explicit RealFourierTransform(Index size);

  /// From pairs (n / 2) to the transform (n / 2 + 1); they may not overlap.
  void forward(std::span<const Complex> pairs, std::span<Complex> transform);
  /// From a transform to the pairs; they may not overlap. The imaginary parts of X_0 and X_(n/2), which are none of
  /// real numbers, have no effect.
  void backward(std::span<const Complex> transform, std::span<Complex> pairs);

 private:
  FourierTransform half_;
  std::vector<Complex> roots_;       // exp(-2 pi i f / n), f = 0 to n / 4
  std::vector<Complex> conjugates_;  // n / 2 + 1
};

}  // namespace bayres::core
