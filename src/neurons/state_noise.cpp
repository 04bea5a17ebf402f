#include "bayres/neurons/state_noise.hpp"

namespace bayres::model {

StateNoise::StateNoise(Real always, Real training, core::Range own)
    : always_(always),
      training_(training),
      own_(own),
      noise_(core::as_size(always > 0 ? own.size() : 0)),
      more_noise_(core::as_size(training > 0 ? own.size() : 0)) {}

std::span<const Real> StateNoise::draw(const core::Philox& random, Index step, bool trains) noexcept {
  if (always_ > 0) draw_noise(random, step, own_, noise_);
  if (!trains || training_ == 0) return noise_;
  draw_noise(random, step, own_, more_noise_, core::Stream::training_state_noise);
  if (always_ == 0) return more_noise_;
  const Real factor = training_ / always_;
  for (std::size_t i = 0; i < noise_.size(); ++i) noise_[i] += factor * more_noise_[i];
  return noise_;
}

}  // namespace bayres::model
