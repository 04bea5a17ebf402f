#include "bayres/neurons/spike_filter.hpp"

#include <algorithm>

#include "bayres/kernels/dispatch.hpp"

namespace bayres::model {
namespace {

struct DecayFilter {
  template <Index Bytes>
  BAYRES_INLINE static void run(const Propagators* p, Real* __restrict s, Real* __restrict r, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      r[i] = p->keep_I * r[i] + p->I_from_h * s[i];
      s[i] = p->keep_h * s[i];
    }
  }
};

}  // namespace

void SpikeFilter::decay(std::span<Real> filter) const noexcept {
  const std::size_t n = filter.size() / variables;
  core::dispatch<DecayFilter>(&propagators_, filter.data(), filter.data() + n, n);
}

void SpikeFilter::follow(core::SpikeMap map, std::span<Real> filter) const noexcept {
  decay(filter);
  core::for_each_spike(map, [&](Index neuron) { add_spike(core::as_size(neuron), filter); });
}

void write_spikes(std::span<const Real> spiked, std::span<core::SpikeWord> map) noexcept {
  constexpr auto block = static_cast<std::size_t>(core::Partition::block_size);
  for (std::size_t b = 0; b < map.size(); ++b) {
    const auto some = spiked.subspan(b * block, std::min(block, spiked.size() - b * block));
    map[b] = 0;
    Real any = 0;
    for (const Real one : some) any += one;
    for (std::size_t k = 0; k < some.size() && any > 0; ++k) {
      map[b] |= static_cast<core::SpikeWord>(some[k]) << k;
    }
  }
}

}  // namespace bayres::model
