#include "bayres/plasticity/reward_rules.hpp"

#include <algorithm>

namespace bayres::plasticity {
namespace {

Real cube(Real x) { return x * x * x; }

}  // namespace

Miconi::Miconi(const Parameters& parameters, const Synapses& synapses)
    : reward_(parameters.resolved(synapses), synapses),
      synapses_(synapses),
      stays_(parameters.trace),
      trace_(core::as_size(synapses.own.size())),
      pre_(core::as_size(synapses.neurons)),
      post_(core::as_size(synapses.own.size())) {
  std::ranges::copy(synapses.initial, trace_.begin());
}

// (r d)^3 = r^3 d^3: a product of what each side knows.
void Miconi::learn(const Signals& signals, model::AnyConnections& J) {
  if (signals.begins) std::ranges::copy(synapses_.initial, trace_.begin());
  for (std::size_t i = 0; i < trace_.size(); ++i) {
    post_[i] = cube(signals.state[i] - trace_[i]);
    trace_[i] = stays_ * trace_[i] + (1 - stays_) * signals.state[i];
  }
  std::ranges::transform(signals.arrived, pre_.begin(), cube);
  reward_.learn(signals, pre_, post_, J);
}

void Miconi::visit_state(core::StateVisitor& visit, const model::AnyConnections& J) {
  visit(core::neuron_array("trace", 1, synapses_.neurons, synapses_.own), std::span<Real>(trace_));
  reward_.visit_state(visit, J);
}

Index Miconi::bytes(const Parameters&, const Synapses& synapses) {
  return Reward::bytes(synapses) + (synapses.neurons + 2 * synapses.own.size()) * static_cast<Index>(sizeof(Real));
}

}  // namespace bayres::plasticity
