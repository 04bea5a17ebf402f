#include "bayres/model/neurons.hpp"

#include <cmath>

#include "bayres/core/elementary.hpp"

namespace bayres::model {

void advance_state(const Network& network, const Drive& drive, std::span<Real> state) noexcept {
  const Real leak = network.parameters.leak();
  const Real noise_scale = network.parameters.noise * std::sqrt(leak);
  const std::size_t inputs = drive.input.size();
  const std::size_t outputs = drive.feedback.size();
  for (std::size_t i = 0; i < state.size(); ++i) {
    Real current = drive.recurrent[i] + network.bias[i];
    for (std::size_t c = 0; c < inputs; ++c) current += network.input[i * inputs + c] * drive.input[c];
    for (std::size_t m = 0; m < outputs; ++m) current += network.feedback[i * outputs + m] * drive.feedback[m];
    state[i] += leak * (current - state[i]);
    if (!drive.noise.empty()) state[i] += noise_scale * drive.noise[i];
  }
}

void rates_of(core::Precision precision, std::span<const Real> state, std::span<Real> rates) noexcept {
  core::tanh_of(state, rates);
  if (precision == core::Precision::full) return;
  for (auto& rate : rates) rate = core::on_rate_grid(precision, rate);
}

void draw_noise(const core::Philox& random, Index step, core::Range own, std::span<Real> noise) noexcept {
  // Ranks start on block boundaries, so the four draws of one counter never belong to two ranks.
  static_assert(core::Partition::block_size % 4 == 0);
  random.fill_normals(core::Stream::state_noise, step, own.first / 4, noise);
}

}  // namespace bayres::model
