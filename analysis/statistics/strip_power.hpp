#pragma once
/// \file
/// Powers of many signals at once, whose bits depend on no processor.

#include <span>
#include <vector>

#include "bayres/core/aligned.hpp"
#include "bayres/kernels/strips.hpp"

namespace bayres::analysis {

using core::Index;
using core::Real;

/// Power spectra of segments of a strip of columns (kernels/strips.hpp), each without its mean and under a Hann window.
///
/// Two columns are one complex signal, whose powers add up, and the eight signals of a strip are transformed side by
/// side, in decimation in time with radix 4 and a last radix of 2 where one is needed.
class StripPower {
 public:
  /// Of segments of `size` times, a power of 2 from 4 on, or 0: none.
  explicit StripPower(Index size);
  /// Memory in bytes.
  [[nodiscard]] static Index bytes(Index size) noexcept;
  /// power[f] += sum over columns of |sum_t w(t) (x(t) - mean) exp(-2 pi i f t/size)|^2, f = 0..size/2, of the `size`
  /// times of a strip.
  void add(const Real* strip, std::span<Real> power);
  /// w(t) = (1 - cos(2 pi t/size))/2.
  [[nodiscard]] std::span<const Real> window() const noexcept { return window_; }

 private:
  void fill(const Real* strip);

  Index size_;
  std::vector<Real> window_;
  std::vector<Real> cosines_;         ///< cos(2 pi k/size)
  std::vector<Real> sines_;           ///< -sin(2 pi k/size)
  std::vector<Index> radices_;        ///< the first is of the last step
  std::vector<Index> places_;         ///< of each time in what is transformed
  core::AlignedVector<Real> values_;  ///< (place, part, signal)
};

}  // namespace bayres::analysis
