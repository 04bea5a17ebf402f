#include "bayres/model/network.hpp"

#include "bayres/kernels/elementary.hpp"

namespace bayres::model {
namespace {

/// own x width weights, uniform in [-scale, scale], with one scale for all channels or one for each; weight (i, c) is
/// draw c of row i.
core::AlignedVector<Real> draw_uniform(const core::Philox& random, core::Stream stream, core::Range own, Index width,
                                       const std::vector<Real>& scales) {
  core::AlignedVector<Real> weights;
  weights.reserve(static_cast<std::size_t>(own.size() * width));
  for (Index i = own.first; i < own.last; ++i) {
    for (Index c = 0; c < width; ++c)
      weights.push_back(scales[scales.size() == 1 ? 0 : core::as_size(c)] * (2 * random.uniform(stream, i, c) - 1));
  }
  return weights;
}

core::AlignedVector<Real> draw_inputs(const ReservoirParameters& p, const core::Philox& random, core::Range own,
                                      Index inputs) {
  auto weights = draw_uniform(random, core::Stream::input_weight, own, inputs, p.input_scale);
  if (p.input_connectivity == 1) return weights;
  auto* weight = weights.data();
  for (Index i = own.first; i < own.last; ++i) {
    for (Index c = 0; c < inputs; ++c, ++weight) {
      if (random.uniform(core::Stream::input_connection, i, c) >= p.input_connectivity) *weight = 0;
    }
  }
  return weights;
}

}  // namespace

core::AlignedVector<Real> draw_initial(const ReservoirParameters& p, const core::Philox& random, core::Range own) {
  constexpr auto stream = core::Stream::initial_state;
  core::AlignedVector<Real> state;
  state.reserve(static_cast<std::size_t>(own.size()));
  for (Index i = own.first; i < own.last; ++i) {
    state.push_back(p.used_initial_scale() * (p.spiking ? random.uniform(stream, 0, i) : random.normal(stream, 0, i)));
  }
  return state;
}

core::AlignedVector<Real> draw_time_constants(std::array<Real, 2> range, const core::Philox& random, core::Range own) {
  core::AlignedVector<Real> taus;
  if (range[0] == range[1]) return taus;
  const Real low = core::log_of(range[0]);
  const Real width = core::log_of(range[1]) - low;
  for (Index i = own.first; i < own.last; ++i) {
    taus.push_back(core::exp_of(low + width * random.uniform(core::Stream::time_constant, 0, i)));
  }
  return taus;
}

Network draw_network(const ReservoirParameters& p, const core::Philox& random, core::Range own, Index inputs,
                     Index outputs, core::Precision precision) {
  return draw_network(p, random, own, inputs, outputs, precision, Connectivity::draw(p, precision, random, own));
}

Network draw_network(const ReservoirParameters& p, const core::Philox& random, core::Range own, Index inputs,
                     Index outputs, core::Precision precision, Connectivity recurrent) {
  return {p,
          inputs,
          outputs,
          own,
          std::move(recurrent),
          draw_inputs(p, random, own, inputs),
          draw_uniform(random, core::Stream::feedback_weight, own, outputs, {p.feedback_scale}),
          draw_uniform(random, core::Stream::bias, own, 1, {p.bias_scale}),
          draw_initial(p, random, own),
          precision,
          draw_time_constants(p.spiking ? std::array<Real, 2>{1, 1} : p.tau_range(), random, own)};
}

}  // namespace bayres::model
