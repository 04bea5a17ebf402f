#pragma once
/// \file
/// Discrete Fourier transforms whose bits do not depend on the processor.

#include <complex>
#include <memory>
#include <span>

#include "bayres/core/types.hpp"

namespace bayres::analysis {

using core::Index;
using core::Real;

/// X_f = sum_t x_t exp(-2 pi i f t / n) by the KISS FFT that Eigen has, with factors of our own: its take the C
/// library's sines. (FFTW chooses even its algorithm by what the processor can do.)
class FourierTransform {
 public:
  /// Of `size` numbers, a power of two from 4 on; 0: of none.
  explicit FourierTransform(Index size);
  ~FourierTransform();

  /// `size` numbers each, which do not overlap.
  void operator()(std::span<const std::complex<Real>> x, std::span<std::complex<Real>> transform);

 private:
  struct Plan;
  std::unique_ptr<Plan> plan_;
};

}  // namespace bayres::analysis
