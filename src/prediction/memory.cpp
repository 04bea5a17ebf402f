#include "bayres/prediction/memory.hpp"

#include <algorithm>
#include <string>

#include "bayres/core/error.hpp"
#include "bayres/datasets/network_file.hpp"
#include "bayres/evaluation/evaluation.hpp"
#include "bayres/results/recorder.hpp"
#include "bayres/spectra/radius.hpp"

namespace bayres::sim {
namespace {

/// The network, read and written, and what HDF5 keeps of those that are learned, as counted in runs.
core::Bytes network(const Workload& w, const Share& part) {
  constexpr Index of_learned = 60'000;
  const auto J = w.J(part.own.size());
  core::Bytes all{w.network(part) + core::as_real(w.c.learns_J() ? w.learners() * of_learned : 0)};
  if (!w.c.reservoir.network.empty() || w.c.learns_J()) all.copied = copied_to_read(J);
  if (w.c.records_network()) all.copied = copied_to_write(J);
  constexpr Index arrays = 7;  // of time constants, and of rates that leak
  if (w.c.reservoir.leak_on == "rate" || !w.c.reservoir.has_one_tau()) {
    all.held += core::as_real(arrays * part.own.size()) * sizeof(Real);
  }
  constexpr Index of_adapting = 4;
  if (w.c.intrinsic.is_on()) all.held += core::as_real(of_adapting * part.own.size()) * sizeof(Real);
  if (w.c.reservoir.has_radius()) all.copied = std::max(all.copied, search_bytes(part.own.size(), w.neurons()));
  return all;
}

Index whole(Real bytes) { return static_cast<Index>(std::min(bytes, 0x1p62)); }

}  // namespace

core::Bytes memory_of(const Workload& w, const Share& part) {
  auto all = network(w, part);
  all += Simulation::bytes(w, part);
  const auto tracks = tracks_of(w.c, w.inputs, w.outputs, part);
  all += Recorder::bytes(layout_of(w.c, tracks, w.inputs, w.outputs), part);
  // What another run has learned is held a second time, before the run begins.
  if (!w.c.run.start_from.empty()) all.copied = std::max(all.copied, all.saved);
  return all;
}

Index run_bytes(const Workload& w, const Share& part) {
  const auto all = memory_of(w, part);
  return whole(all.held + all.copied);
}

Index evaluation_peak(const Workload& w, const Share& share, Index networks, int parts) {
  const auto of_network = network(w, share);
  return whole(of_network.held + std::max(of_network.copied, evaluation_bytes(w, share, networks, parts)));
}

Needed needed_by(const Workload& w, const Share& part) {
  auto one = w.c;
  one.learners.resize(std::min<std::size_t>(1, one.learners.size()));
  return {run_bytes(w, part), run_bytes({one, w.inputs, w.outputs}, part)};
}

void require_memory(const Needed& own, const Configuration& c, const comm::Communicator& comm,
                    const std::string& remedy) {
  const auto of_node = [&](Index bytes) {
    return 1024 * core::as_real(comm.sum_on_node((bytes + library_bytes) / 1024));
  };
  const Real needed = of_node(own.bytes);
  const Real by_one = of_node(own.with_one_learner);
  const auto available = static_cast<Real>(core::available_bytes());
  comm.together([&] {
    if (needed <= available) return;
    const auto learners = core::as_real(std::ssize(c.learners));
    const Real of_each = (needed - by_one) / (learners - 1);
    const bool some_fit = learners > 1 && own.with_one_learner > 0 && by_one <= available;
    const auto fit = some_fit ? 1 + static_cast<Index>((available - by_one) / of_each) : 0;
    throw core::usage_error("the network and its " + std::to_string(c.learners.size()) + " learners need about " +
                            core::gigabytes(needed) + " on " + comm::host_name() + ", where " +
                            core::gigabytes(available) + " are free: use " +
                            (fit > 0 ? "at most " + std::to_string(fit) : std::string("fewer")) +
                            " learners, a smaller reservoir.size, or more machines" + remedy);
  });
}

}  // namespace bayres::sim
