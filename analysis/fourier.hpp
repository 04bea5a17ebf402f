#pragma once
/// \file
/// Discrete Fourier transforms whose bits do not depend on the processor: those of Eigen take sines and cosines of the
/// C library, and FFTW chooses its algorithm by what the processor can do.

#include <complex>
#include <span>
#include <vector>

#include "bayres/core/types.hpp"

namespace bayres::analysis {

using core::Index;
using core::Real;

/// X_f = sum_t x_t exp(-2 pi i f t / n) of n numbers, a power of two (Cooley and Tukey 1965, Math. Comput. 19:297-301).
class FourierTransform {
 public:
  explicit FourierTransform(Index size);

  /// In place; `size` numbers.
  void operator()(std::span<std::complex<Real>> numbers) const noexcept;

 private:
  std::vector<std::size_t> reversed_;        // index with its bits in reverse order
  std::vector<std::complex<Real>> factors_;  // exp(-2 pi i k / n), k < n/2
};

}  // namespace bayres::analysis
