#include "bayres/kernels/fourier.hpp"

#include <unsupported/Eigen/FFT>

#include "bayres/kernels/elementary.hpp"

namespace bayres::core {

struct FourierTransform::Plan : Eigen::internal::kiss_cpx_fft<Real> {};

FourierTransform::FourierTransform(Index size) : plan_(std::make_unique<Plan>()) {
  plan_->m_inverse = false;
  if (size == 0) return;
  plan_->factorize(static_cast<int>(size));
  for (Index k = 0; k < size; ++k) {
    const Real turns = static_cast<Real>(k) / static_cast<Real>(size);
    plan_->m_twiddles.emplace_back(cosine_of_turns(turns), -sine_of_turns(turns));
  }
}

FourierTransform::FourierTransform(FourierTransform&&) noexcept = default;
FourierTransform& FourierTransform::operator=(FourierTransform&&) noexcept = default;
FourierTransform::~FourierTransform() = default;

void FourierTransform::operator()(std::span<const std::complex<Real>> x,
                                  std::span<std::complex<Real>> transform) const {
  plan_->work(0, transform.data(), x.data(), 1, 1);
}

}  // namespace bayres::core
