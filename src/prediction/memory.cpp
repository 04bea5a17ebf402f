#include "bayres/prediction/memory.hpp"

#include <algorithm>

#include "bayres/core/error.hpp"
#include "bayres/datasets/network_file.hpp"
#include "bayres/evaluation/evaluation.hpp"
#include "bayres/results/recorder.hpp"

namespace bayres::sim {
namespace {

/// The network, read and written, and what HDF5 keeps of those that are learned, as counted in runs.
core::Bytes network(const Workload& w, const Share& part) {
  constexpr Index of_learned = 60'000;
  const auto J = w.J(part.own.size());
  core::Bytes all{w.network(part) + core::as_real(w.c.learns_J() ? w.learners() * of_learned : 0)};
  if (!w.c.reservoir.network.empty() || w.c.learns_J()) all.copied = copied_to_read(J);
  if (w.c.records_network()) all.copied = copied_to_write(J);
  return all;
}

Index whole(Real bytes) { return static_cast<Index>(std::min(bytes, 0x1p62)); }

}  // namespace

core::Bytes memory_of(const Workload& w, const Share& part) {
  auto all = network(w, part);
  all += Simulation::bytes(w, part);
  const auto tracks = tracks_of(w.c, w.inputs, w.outputs, part);
  all += Recorder::bytes(layout_of(w.c, tracks, w.inputs, w.outputs), part);
  return all;
}

Index run_bytes(const Workload& w, const Share& part) {
  const auto all = memory_of(w, part);
  return whole(all.held + all.copied);
}

Index evaluation_peak(const Workload& w, const Share& part, Index networks) {
  const auto of_network = network(w, part);
  return whole(of_network.held + std::max(of_network.copied, evaluation_bytes(w, part, networks)));
}

void require_memory(Index own, const Configuration& c, const comm::Communicator& comm) {
  const auto needed = static_cast<double>(comm.sum_on_node((own + library_bytes) / 1024)) * 1024;
  const auto available = static_cast<double>(core::available_bytes());
  comm.together([&] {
    if (needed <= available) return;
    throw core::usage_error("the network and its " + std::to_string(c.learners.size()) + " learners need about " +
                            core::gigabytes(needed) + " on " + comm::host_name() + ", where " +
                            core::gigabytes(available) +
                            " are free: use fewer learners, a smaller reservoir.size, or more machines");
  });
}

}  // namespace bayres::sim
