#include "bayres/loop/workload.hpp"

#include <algorithm>

namespace bayres::sim {

model::ProductWay product_way(const Workload& w, const Share& part) {
  if (w.groups().any()) return model::ProductWay::alone;
  return model::product_way(w.c.reservoir, part.ranks, part.shares_memory);
}

bool needs_other_rates(const Workload& w, const Share& part) {
  const auto synapses = w.features().synapses(part.own, w.groups().of_each(w.outputs));
  return part.ranks > 1 && std::ranges::any_of(w.c.learners, [&](const LearnerParameters& learner) {
           return learner.rule->hears(synapses) != synapses.own;
         });
}

comm::Sends sends_of(const Workload& w, const Share& part) {
  if (w.c.reservoir.spiking) return comm::Sends::spikes;
  const bool all = product_way(w, part) == model::ProductWay::alone || needs_other_rates(w, part);
  return all ? comm::Sends::rates : comm::Sends::nothing;
}

// By parts: rows and columns, and rows as they are sent.
Real Workload::network(const Share& part) const {
  auto stored = J(part.own.size());
  const auto way = product_way(*this, part);
  const Real copies = way == model::ProductWay::split ? 3 : 1;
  if (way != model::ProductWay::alone) stored.bytes -= stored.team_bytes * (1 - copies / part.ranks);
  const Real one = model::Network::bytes(stored, part.own.size(), groups().heard(inputs), groups().heard(outputs));
  return groups().separate() ? core::as_real(part.groups.size()) * one : one;
}

}  // namespace bayres::sim
