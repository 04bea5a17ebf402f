#include "bayres/neurons/poisson.hpp"

#include "bayres/kernels/elementary.hpp"

namespace bayres::model {

Poisson::Poisson(const Parameters& p, const NeuronContext& context)
    : chance_(1 - core::exp_of(-p.rate * context.dt)),
      own_(context.own),
      filter_(p.tau_rise, p.tau_decay, context.dt) {}

void Poisson::advance(const Drive& drive, std::span<Real> state) const noexcept {
  const auto n = core::as_size(own_.size());
  const auto spiked = state.first(n);
  const auto filter = state.last(n * SpikeFilter::variables);
  drive.random.fill_uniforms(core::Stream::spike_train, drive.step, own_.first / 4, spiked);  // blocks are of 64
  filter_.decay(filter);
  for (std::size_t i = 0; i < n; ++i) {
    spiked[i] = spiked[i] < chance_ ? 1 : 0;
    if (spiked[i] > 0) filter_.add_spike(i, filter);
  }
}

}  // namespace bayres::model
