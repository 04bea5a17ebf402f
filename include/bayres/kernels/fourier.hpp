#pragma once
/// \file
/// Discrete Fourier transforms whose bits do not depend on the processor.

#include <complex>
#include <memory>
#include <span>

#include "bayres/core/types.hpp"

namespace bayres::core {

/// X_f = sum_t x_t exp(-2 pi i f t / n) by the KISS FFT of Eigen, with other sines than those of the C library,
/// which depend on the processor. (So does the algorithm of FFTW.)
class FourierTransform {
 public:
  /// For `size` numbers, a power of two from 4 on, or 0.
  explicit FourierTransform(Index size);
  FourierTransform(FourierTransform&&) noexcept;
  FourierTransform& operator=(FourierTransform&&) noexcept;
  ~FourierTransform();

  /// `size` numbers each; they may not overlap.
  void operator()(std::span<const std::complex<Real>> x, std::span<std::complex<Real>> transform) const;

 private:
  struct Plan;
  std::unique_ptr<Plan> plan_;
};

}  // namespace bayres::core
