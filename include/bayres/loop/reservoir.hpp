#pragma once
/// \file
/// The reservoir on one rank: states of neurons and their rates.

#include <memory>
#include <vector>

#include "bayres/core/state.hpp"
#include "bayres/loop/setting.hpp"
#include "bayres/loop/stopwatch.hpp"
#include "bayres/neurons/spike_trains.hpp"
#include "bayres/neurons/state_noise.hpp"
#include "bayres/parameters/shape.hpp"

namespace bayres::sim {

/// What kind of step it is.
struct StepKind {
  bool trains = false;  ///< of training, with its own noise on states
  bool adapts = false;  ///< gains and biases of neurons change (neurons/intrinsic.hpp)
};

/// What drives all trajectories in a step.
struct StepInput {
  Index step = 0;
  std::span<const Real> input;     ///< u: replicas x inputs
  std::span<const Real> fed_back;  ///< y: trajectories x outputs, or empty
  StepKind kind = {};
};

/// The trajectories of a reservoir, for neurons and connections of any kind, which are called for all own neurons at
/// once. A copy runs independently. Rates of own neurons are written to the step's exchange, which returns those of
/// all.
class Reservoir {
 public:
  /// States are x(0). `learned`: of each learner, whose numbers are those of its trajectories, of each replica one;
  /// empty: all have the network's own.
  Reservoir(const Setting& setting, const Shape& shape, std::vector<model::Plastic> learned);

  /// States return to x(0). Local.
  void begin() noexcept;
  /// The same of one trajectory, from any x(0) (own), the same of all groups.
  void begin(Index trajectory, std::span<const Real> initial) noexcept {
    for (Index k = 0; k < setting_->own_groups(); ++k) setting_->neurons->begin(initial, state(trajectory, k));
    spikes_.clear_pending(trajectory);
  }
  /// x and r of the own neurons from J r, u, y and noise. Local, unless rows of J go over. Allocates nothing.
  void advance(const StepInput& in, comm::StepExchange& exchange, Stopwatch& watch) noexcept;
  /// r of the own neurons from their states. Local.
  void emit(comm::StepExchange& exchange) const noexcept;
  /// Takes what all neurons send from the exchange after it has run: in a step, or `age` steps later; or after states
  /// have been set. The latter is collective.
  /// \{
  void take(const comm::StepExchange& exchange, Index age) noexcept;
  void restore(const comm::StepExchange& exchange);
  /// \}

  [[nodiscard]] core::RateOrder rate_order() const noexcept { return rates_.order(); }
  /// Rates of all neurons (N), if they are sent, of one of the own groups of a trajectory, until the next call for
  /// another.
  [[nodiscard]] std::span<const Real> all_rates(Index trajectory, Index group = 0) noexcept {
    return setting_->spiking ? spikes_.rates(trajectory) : rates_.of(part(trajectory, group));
  }
  /// Only if neurons send spikes.
  /// \{
  [[nodiscard]] model::SpikeTrains& spike_trains() noexcept { return spikes_; }
  [[nodiscard]] const model::SpikeTrains& spike_trains() const noexcept { return spikes_; }
  /// \}
  /// State of the own neurons (own groups x variables x own), or of those of one of the own groups. After it has been
  /// changed, rates follow by `emit` and an exchange.
  /// \{
  [[nodiscard]] std::span<Real> state(Index trajectory) noexcept {
    return core::row_of(state_, trajectory, setting_->own_groups() * setting_->variables * own());
  }
  [[nodiscard]] std::span<const Real> state(Index trajectory) const noexcept {
    return core::row_of(state_, trajectory, setting_->own_groups() * setting_->variables * own());
  }
  [[nodiscard]] std::span<Real> state(Index trajectory, Index group) noexcept {
    return core::row_of(state_, part(trajectory, group), setting_->variables * own());
  }
  /// \}

  /// \name Only where J is learned
  /// \{
  /// What drives a trajectory.
  /// \{
  [[nodiscard]] model::Plastic& plastic(Index trajectory) noexcept { return learned_[number_of(trajectory)]; }
  [[nodiscard]] const model::Plastic& plastic(Index trajectory) const noexcept {
    return learned_[number_of(trajectory)];
  }
  [[nodiscard]] std::vector<model::Plastic> release_plastic() noexcept { return std::move(learned_); }
  /// \}
  /// r(t-1) of all neurons (N), which drove the last step.
  [[nodiscard]] std::span<const Real> rates_before(Index trajectory) const noexcept {
    return core::row_of(rates_before_, trajectory, setting_->partition.neurons());
  }
  /// u and y of the last step (inputs, then outputs; y is 0 without feedback).
  [[nodiscard]] std::span<const Real> channels(Index trajectory) const noexcept {
    return core::row_of(channels_, trajectory, setting_->network.inputs + setting_->outputs);
  }
  /// What is added to the inputs of the own neurons from the next step on (own), between `start_perturbing` and
  /// `stop_perturbing`; it is 0 until it is set.
  /// \{
  void start_perturbing() { perturbation_.assign(recurrent_.size(), 0); }
  void stop_perturbing() noexcept { perturbation_.clear(); }
  [[nodiscard]] std::span<Real> perturbation(Index trajectory) noexcept {
    return core::row_of(perturbation_, trajectory, perturbation_.empty() ? 0 : own());
  }
  /// \}
  /// dr/dx of the own neurons (own), until the next call.
  [[nodiscard]] std::span<const Real> slope(Index trajectory) noexcept;
  /// \}

  /// States. A learned J is visited by its learner.
  void visit_state(core::StateVisitor& visit);

 private:
  [[nodiscard]] Index own() const noexcept { return setting_->network.own.size(); }
  [[nodiscard]] Index part(Index trajectory, Index group) const noexcept {
    return trajectory * setting_->own_groups() + group;
  }
  void multiply(Index step, comm::StepExchange& exchange) noexcept;
  void multiply_groups(bool backwards) noexcept;
  void advance(const StepInput& in, Index trajectory, Index group) noexcept;
  [[nodiscard]] std::size_t number_of(Index trajectory) const noexcept {
    return core::as_size(trajectory) % learned_.size();
  }

  const Setting* setting_;
  Shape shape_;
  core::AlignedVector<Real> state_;      // parts (trajectories x own groups) x variables x own
  model::Rates rates_;                   // r: parts x N, if they are sent
  model::SpikeTrains spikes_;            // if neurons send spikes
  core::AlignedVector<Real> recurrent_;  // J r: parts x own
  std::span<const Real> drawn_;          // xi of the step
  model::StateNoise noise_;              // xi
  std::vector<Real> input_;              // u and y that one of several groups hears
  std::vector<Real> feedback_;
  std::vector<model::Plastic> learned_;     // of each learner; empty: all have the network's own
  core::AlignedVector<Real> channels_;      // u and y: trajectories x (inputs + outputs), or empty
  core::AlignedVector<Real> rates_before_;  // trajectories x N, or empty
  core::AlignedVector<Real> slope_;         // own, or empty
  core::AlignedVector<Real> perturbation_;  // trajectories x own, or empty
};

}  // namespace bayres::sim
