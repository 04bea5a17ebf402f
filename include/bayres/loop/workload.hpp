#pragma once
/// \file
/// A run before it is made: what its sizes follow from.

#include "bayres/comm/step_exchange.hpp"
#include "bayres/model/network.hpp"
#include "bayres/parameters/parameters.hpp"
#include "bayres/parameters/shape.hpp"

namespace bayres::sim {

/// One rank's part of a network.
struct Share {
  core::Range own;            ///< neurons
  int ranks = 1;              ///< that share the neurons
  bool root = true;           ///< whether this one writes what every rank has
  core::Range groups{0, 1};   ///< of which it has these neurons
  core::Range slice = own;    ///< neurons of every group, of the readouts that groups share
  bool of_first_team = true;  ///< whether groups that share readouts have them written by this rank
  bool shares_memory = true;  ///< whether all ranks of the network are on one machine, and share memory

  /// What is copied while so many bytes of data sets with checksums are written: HDF5 copies the chunks; those that
  /// ranks share also travel, from where they were to the rank that writes them.
  [[nodiscard]] Real to_write(Real bytes) const noexcept { return ranks > 1 ? 2.5 * bytes : bytes; }
};

/// This rank's.
[[nodiscard]] inline Share share_of(const Configuration& c, const comm::Communicator& comm) {
  const Seat seat(c.groups(), comm.rank(), comm.size());
  return {core::Partition(c.reservoir.size, seat.ranks).neurons_of(seat.rank),
          seat.ranks,
          comm.is_root(),
          seat.groups,
          core::Partition(c.reservoir.size, comm.size()).neurons_of(comm.rank()),
          seat.team == 0,
          comm.shares_memory()};
}

/// All of a network, or of all groups.
[[nodiscard]] inline Share all_of(const Configuration& c) {
  return {{0, c.reservoir.size}, 1, true, {0, c.groups().count}};
}

/// The largest on ranks that are spread like that.
[[nodiscard]] inline Share largest_share(const Configuration& c, const comm::RankLayout& layout) {
  const auto largest = [&](int of) { return core::Partition(c.reservoir.size, of).largest(); };
  const Seat last(c.groups(), layout.ranks - 1, layout.ranks);  // has most groups
  return {largest(last.ranks), last.ranks, true, last.groups, largest(layout.ranks), true, layout.nodes == 1};
}

/// In a closed loop, or if J is learned, each learner has its own trajectory; otherwise all listen to one.
[[nodiscard]] inline Shape shape_of(const Configuration& c) {
  const Index learners = std::ssize(c.learners);
  return c.protocol.feedback == "output" || c.learns_J() ? Shape::apart(learners) : Shape::shared(learners);
}

/// A run, whatever the ranks, with so many channels of its task. Of a network from a file, storage and connectivity
/// must be those it has there (`settle`).
struct Workload {
  Configuration c;
  Index inputs = 0;
  Index outputs = 1;

  [[nodiscard]] Index neurons() const noexcept { return c.reservoir.size; }
  [[nodiscard]] Index learners() const noexcept { return std::ssize(c.learners); }
  [[nodiscard]] Index evaluations() const noexcept { return std::ssize(c.protocol.evaluate_at); }
  [[nodiscard]] model::StoredRows J(Index rows) const { return model::stored_rows(c.reservoir, c.precision(), rows); }
  [[nodiscard]] rules::Features features() const { return c.features(inputs); }
  [[nodiscard]] Groups groups() const { return c.groups(); }
  /// Readouts of a learner on a rank, each of all its own features.
  [[nodiscard]] Index readouts(const Share& part) const {
    return groups().of_each(outputs) * (groups().separate() ? part.groups.size() : 1);
  }
  /// Bytes of a learner's readout weights on a rank.
  [[nodiscard]] Real weights(const Share& part) const {
    return core::as_real(readouts(part) * features().of(part.own).size()) * sizeof(Real);
  }
  /// Bytes of the network on a rank.
  [[nodiscard]] Real network(const Share& part) const;
};

/// How ranks make J r.
[[nodiscard]] model::ProductWay product_way(const Workload& w, const Share& part);

/// Whether a rule on this rank needs the rates of neurons on others.
[[nodiscard]] bool needs_other_rates(const Workload& w, const Share& part);

/// What the ranks tell each other in a step.
[[nodiscard]] comm::Sends sends_of(const Workload& w, const Share& part);

}  // namespace bayres::sim
