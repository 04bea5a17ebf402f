#pragma once
/// \file
/// Discrete Fourier transforms whose bits do not depend on the processor.

#include <complex>
#include <span>
#include <vector>

#include "bayres/core/types.hpp"

namespace bayres::core {

/// X_f = sum_t x_t exp(-2 pi i f t / n) by factors of four (Cooley & Tukey 1965, Math. Comput. 19:297), stored in each
/// stage as Stockham does (Cochran et al. 1967, Proc. IEEE 55:1664), with the sums and products in an order that
/// vectors of any width keep. (FFTW's algorithm depends on the processor.) A call writes to memory of the object: it is
/// not for two threads.
class FourierTransform {
 public:
  /// For `size` numbers, a power of two from 4 on, or 0.
  explicit FourierTransform(Index size);
  /// `size` numbers each; they may not overlap.
  void operator()(std::span<const std::complex<Real>> x, std::span<std::complex<Real>> transform);

 private:
  std::size_t size_;
  std::vector<Real> work_;  // 2 size
  // Twiddle factors, 3 m cosines and 3 m sines for each stage after the first: m is the radix of that, 2 or 4, and four
  // times as many from stage to stage.
  std::vector<Real> turns_;
};

}  // namespace bayres::core
