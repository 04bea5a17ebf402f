#pragma once
/// \file
/// The loop of reservoir and readouts: one or several copies of the state, and the readouts that listen to them.

#include <memory>
#include <vector>

#include "bayres/comm/step_exchange.hpp"
#include "bayres/core/state.hpp"
#include "bayres/model/network.hpp"
#include "bayres/model/neurons.hpp"
#include "bayres/simulation/stopwatch.hpp"

namespace bayres::sim {

using core::Index;
using core::Real;

/// What does not change while a loop runs, on this rank. Owned by the Simulation; loops point to it.
struct Setting {
  const comm::Communicator* comm = nullptr;
  core::Partition partition{1, 1};
  core::Philox random{0};
  model::Network network;
  Index variables = 1;                               ///< of the state of a neuron
  std::unique_ptr<const model::AnyNeurons> neurons;  ///< on this rank
  Index outputs = 1;                                 ///< of the task, M
  Index replica = 0;                                 ///< of the noise
  comm::ChosenExchange exchange = {};
  core::Range hears = {};  ///< the neurons whose rates connections and rules of this rank need
};

/// What is fed back into the state as y.
enum class Feedback { none, teacher, output };

/// States, readout weights and signals of one rank. A value: a copy runs on by itself and leaves the original alone.
///
/// Readouts come in groups of `outputs`, one group per learner or frozen snapshot. Either all groups listen to one
/// state, or there is one state per group; or so for each of several replicas, which differ in input, noise and state.
class Loop {
 public:
  /// How many there are of each; a replica's copies of the state, and a copy's groups, follow one another.
  struct Shape {
    Index replicas = 1;
    Index copies = 1;  ///< of the state: a multiple of the replicas
    Index groups = 1;  ///< a multiple of the copies
  };
  /// Weights start at 0, states at x(0), feedback at 0.
  Loop(const Setting&, Feedback, Shape);

  /// The same state, continued in one copy per group, each fed its own output. Collective.
  [[nodiscard]] Loop with_own_states() const;
  /// The same state and groups with `more` groups added, whose weights are 0. Only for a shared state.
  [[nodiscard]] Loop with_more_groups(Index more) const;

  /// \name One step, in this order
  /// \{
  /// x and r of the own neurons from J r, u (replicas x inputs), y and noise. Local.
  void advance(Index step, std::span<const Real> input, Stopwatch& watch) noexcept;
  /// Partial sums of w.r over the own blocks. Local.
  void sum_readouts() noexcept;
  /// Rates and sums of all ranks; returns the worst status. Allocates nothing. Collective.
  Real exchange(Real status);
  /// delta = z* - z of every group, and the y of the next step. The same on every rank. Where z* is missing (NaN),
  /// delta is NaN and a teacher's y stays as it is.
  void compare(std::span<const Real> target) noexcept;
  /// \}

  [[nodiscard]] Index groups() const noexcept { return shape_.groups; }
  [[nodiscard]] Index copies() const noexcept { return shape_.copies; }
  /// The state that a group listens to.
  [[nodiscard]] Index copy_of(Index group) const noexcept { return group / (shape_.groups / shape_.copies); }
  /// The replica that a state belongs to.
  [[nodiscard]] Index replica_of(Index copy) const noexcept { return copy / (shape_.copies / shape_.replicas); }

  /// z of a group's readouts (outputs), as of the last exchange.
  [[nodiscard]] std::span<const Real> output(Index group) const noexcept { return core::row_of(z_, group, outputs()); }
  /// delta of a group's readouts (outputs).
  [[nodiscard]] std::span<const Real> delta(Index group) const noexcept {
    return core::row_of(delta_, group, outputs());
  }
  /// Weights of a group: outputs x own, row-major.
  [[nodiscard]] std::span<Real> weights(Index group) noexcept {
    return core::row_of(weights_, group, outputs() * own());
  }
  [[nodiscard]] std::span<const Real> weights(Index group) const noexcept {
    return core::row_of(weights_, group, outputs() * own());
  }
  /// Rates of the own neurons (own).
  [[nodiscard]] std::span<const Real> own_rates(Index copy) const noexcept { return exchange_.own_rates(copy); }
  /// Rates of all neurons (N), until the next call for another copy.
  [[nodiscard]] std::span<const Real> all_rates(Index copy) noexcept { return rates_.of(copy); }
  /// State of the own neurons (variables x own) and y (outputs; empty without feedback). After the state has been
  /// changed, the rates follow by `refresh_rates`.
  /// \{
  [[nodiscard]] std::span<Real> state(Index copy) noexcept { return core::row_of(state_, copy, variables() * own()); }
  [[nodiscard]] std::span<const Real> state(Index copy) const noexcept {
    return core::row_of(state_, copy, variables() * own());
  }
  [[nodiscard]] std::span<Real> fed_back(Index copy) noexcept {
    return fed_back_.empty() ? std::span<Real>() : core::row_of(fed_back_, copy, outputs());
  }
  [[nodiscard]] std::span<const Real> fed_back(Index copy) const noexcept {
    return fed_back_.empty() ? std::span<const Real>() : core::row_of(fed_back_, copy, outputs());
  }
  /// \}
  /// From the next step on this is fed back; a loop without feedback cannot be given one, nor one be taken away.
  void feed_back(Feedback feedback) noexcept { feedback_ = feedback; }

  /// States, feedback and weights; the rates follow from the states by `refresh_rates`.
  void visit_state(core::StateVisitor& visit);
  /// The rates of all neurons from their states. Collective.
  void refresh_rates();

  /// Stops feeding a group's output back; its state goes on without.
  void silence(Index group) noexcept { silent_[static_cast<std::size_t>(group)] = 1; }

 private:
  [[nodiscard]] Index own() const noexcept { return setting_->network.own.size(); }
  [[nodiscard]] Index variables() const noexcept { return setting_->variables; }
  [[nodiscard]] Index outputs() const noexcept { return setting_->outputs; }
  /// The rates of all neurons from the exchange that has just been.
  void take_rates() noexcept;

  const Setting* setting_;
  Feedback feedback_;
  Shape shape_;
  core::AlignedVector<Real> state_;      // copies x variables x own
  model::Rates rates_;                   // r: copies x N
  core::AlignedVector<Real> recurrent_;  // J r: copies x own
  core::AlignedVector<Real> noise_;      // xi: own, or empty
  core::AlignedVector<Real> fed_back_;   // y: copies x outputs, or empty
  core::AlignedVector<Real> weights_;    // groups x outputs x own
  std::vector<Real> z_;                  // groups x outputs
  std::vector<Real> delta_;              // groups x outputs
  std::vector<Real> silent_;             // groups; 1: its output is not fed back
  comm::StepExchange exchange_;
};

}  // namespace bayres::sim
