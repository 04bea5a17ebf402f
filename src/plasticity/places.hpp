#pragma once

#include <string>
#include <utility>

#include "bayres/core/aligned.hpp"
#include "bayres/core/state.hpp"
#include "bayres/plasticity/signals.hpp"

namespace bayres::plasticity {

/// Visits an array with a number for each synapse, which is in J's own order, row by row.
template <class T>
void visit_places(core::StateVisitor& visit, std::string name, const Synapses& synapses, const model::AnyConnections& J,
                  core::AlignedVector<T>& values) {
  core::AlignedVector<T> in_order;
  in_order.reserve(core::as_size(synapses.count));
  for (Index row = 0; row < J.rows(); ++row) {
    J.for_each_place(row, [&](Index place) { in_order.push_back(values[core::as_size(place)]); });
  }
  visit(core::synapse_array(std::move(name), synapses.before, synapses.count, synapses.all), std::span<T>(in_order));
  std::size_t next = 0;
  for (Index row = 0; row < J.rows(); ++row) {
    J.for_each_place(row, [&](Index place) { values[core::as_size(place)] = in_order[next++]; });
  }
}

}  // namespace bayres::plasticity
