#include "fourier.hpp"

#include <utility>

#include "bayres/core/elementary.hpp"

namespace bayres::analysis {

FourierTransform::FourierTransform(Index size) : reversed_(static_cast<std::size_t>(size)) {
  for (std::size_t i = 1; i < reversed_.size(); ++i) {
    reversed_[i] = reversed_[i / 2] / 2 + (i % 2 == 1 ? reversed_.size() / 2 : 0);
  }
  for (Index k = 0; k < size / 2; ++k) {
    const Real turns = static_cast<Real>(k) / static_cast<Real>(size);
    factors_.emplace_back(core::cosine_of_turns(turns), -core::sine_of_turns(turns));
  }
}

void FourierTransform::operator()(std::span<std::complex<Real>> numbers) const noexcept {
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    if (i < reversed_[i]) std::swap(numbers[i], numbers[reversed_[i]]);
  }
  for (std::size_t half = 1; half < numbers.size(); half *= 2) {
    const std::size_t step = factors_.size() / half;
    for (std::size_t start = 0; start < numbers.size(); start += 2 * half) {
      for (std::size_t k = 0; k < half; ++k) {
        auto& even = numbers[start + k];
        auto& odd = numbers[start + k + half];
        const auto factor = factors_[k * step];
        // Written out: the operator of std::complex looks for infinite parts.
        const std::complex<Real> turned{odd.real() * factor.real() - odd.imag() * factor.imag(),
                                        odd.real() * factor.imag() + odd.imag() * factor.real()};
        odd = even - turned;
        even += turned;
      }
    }
  }
}

}  // namespace bayres::analysis
