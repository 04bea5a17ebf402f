#pragma once
/// \file
/// Discrete Fourier transforms whose bits do not depend on the processor.

#include <complex>
#include <span>
#include <vector>

#include "bayres/core/types.hpp"

namespace bayres::core {

/// X_f = sum_t x_t exp(-2 pi i f t / n) by factors of four (Cooley & Tukey 1965, Math. Comput. 19:297), with the sums
/// and products in an order that vectors of any width keep. (FFTW's algorithm depends on the processor.)
class FourierTransform {
 public:
  /// For `size` numbers, a power of two from 4 on, or 0.
  explicit FourierTransform(Index size);
  /// `size` numbers each; they may not overlap.
  void operator()(std::span<const std::complex<Real>> x, std::span<std::complex<Real>> transform) const;

 private:
  std::size_t smallest_ = 4;        // how many numbers the first transforms have: 2 or 4
  std::vector<std::size_t> order_;  // of the numbers in the first transforms
  std::vector<Real> turns_;         // cosines and sines (3 m each) for m = smallest_, 4 smallest_, ...
};

}  // namespace bayres::core
