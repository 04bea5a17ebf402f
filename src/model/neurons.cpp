#include "bayres/model/neurons.hpp"

#include <cmath>

#include "bayres/core/elementary.hpp"
#include "bayres/core/neurons.hpp"

namespace bayres::model {

void advance_state(const Network& network, const Drive& drive, std::span<Real> state) noexcept {
  const Real leak = network.parameters.leak();
  core::integrate({.recurrent = drive.recurrent,
                   .bias = network.bias,
                   .projections = {{{network.input, drive.input}, {network.feedback, drive.feedback}}},
                   .leak = leak,
                   .noise = drive.noise,
                   .noise_scale = network.parameters.noise * std::sqrt(leak)},
                  state);
}

void rates_of(core::Precision precision, std::span<const Real> state, std::span<Real> rates) noexcept {
  core::tanh_of(state, rates);
  core::round_rates(precision, rates);
}

void draw_noise(const core::Philox& random, Index step, core::Range own, std::span<Real> noise) noexcept {
  // Ranks start on block boundaries, so the four draws of one counter never belong to two ranks.
  static_assert(core::Partition::block_size % 4 == 0);
  random.fill_normals(core::Stream::state_noise, step, own.first / 4, noise);
}

}  // namespace bayres::model
