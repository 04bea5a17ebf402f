#include "bayres/model/neurons.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "bayres/core/elementary.hpp"

namespace bayres::model {

namespace {

/// current += (weights, of which neuron i has row i) signals.
void add_currents(std::span<const Real> weights, std::span<const Real> signals, std::span<Real> current) noexcept {
  const std::size_t width = signals.size();
  for (std::size_t c = 0; c < width; ++c) {
    const Real signal = signals[c];
    for (std::size_t i = 0; i < current.size(); ++i) current[i] += weights[i * width + c] * signal;
  }
}

/// The step for some neurons in a row, of which `drive` and `state` hold just these.
void advance_some(const Network& network, std::size_t first, const Drive& drive, std::span<Real> state,
                  std::span<Real> current) noexcept {
  const std::size_t count = state.size();
  for (std::size_t i = 0; i < count; ++i) current[i] = drive.recurrent[i] + network.bias[first + i];
  const auto rows = [&](const auto& weights, std::size_t width) {
    return std::span<const Real>(weights).subspan(first * width, count * width);
  };
  add_currents(rows(network.input, drive.input.size()), drive.input, current);
  add_currents(rows(network.feedback, drive.feedback.size()), drive.feedback, current);
  const Real leak = network.parameters.leak();
  for (std::size_t i = 0; i < count; ++i) state[i] += leak * (current[i] - state[i]);
  if (drive.noise.empty()) return;
  const Real noise_scale = network.parameters.noise * std::sqrt(leak);
  for (std::size_t i = 0; i < count; ++i) state[i] += noise_scale * drive.noise[i];
}

}  // namespace

void advance_state(const Network& network, const Drive& drive, std::span<Real> state) noexcept {
  constexpr std::size_t at_once = 256;  // whose currents stay in the cache
  std::array<Real, at_once> current;
  for (std::size_t first = 0; first < state.size(); first += at_once) {
    const std::size_t count = std::min(at_once, state.size() - first);
    const auto part = [&](std::span<const Real> all) { return all.empty() ? all : all.subspan(first, count); };
    advance_some(network, first, {part(drive.recurrent), drive.input, drive.feedback, part(drive.noise)},
                 state.subspan(first, count), std::span(current).first(count));
  }
}

void rates_of(core::Precision precision, std::span<const Real> state, std::span<Real> rates) noexcept {
  core::tanh_of(state, rates);
  if (precision == core::Precision::single) {
    for (auto& rate : rates) rate = core::on_rate_grid(core::Precision::single, rate);
  } else if (precision == core::Precision::mixed) {
    for (auto& rate : rates) rate = core::on_rate_grid(core::Precision::mixed, rate);
  }
}

void draw_noise(const core::Philox& random, Index step, core::Range own, std::span<Real> noise) noexcept {
  // Ranks start on block boundaries, so the four draws of one counter never belong to two ranks.
  static_assert(core::Partition::block_size % 4 == 0);
  random.fill_normals(core::Stream::state_noise, step, own.first / 4, noise);
}

}  // namespace bayres::model
