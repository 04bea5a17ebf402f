#pragma once
/// \file
/// The loop of reservoir and readouts: one or several trajectories, and the readouts that listen to them.

#include <algorithm>
#include <optional>
#include <vector>

#include "bayres/loop/group_exchange.hpp"
#include "bayres/loop/reservoir.hpp"
#include "bayres/loop/workload.hpp"

namespace bayres::sim {

/// What is fed back into the state as y.
enum class Feedback { none, teacher, output };

/// Reservoir, readout weights and signals of one rank. A copy runs independently of the original.
class Loop {
 public:
  /// Weights start at 0, states at x(0), feedback at 0. `learned`: of each learner, if any learns J (Reservoir).
  /// `variances`: how many V of rules (rules::SharesUncertainty) are summed with the readouts. Collective.
  Loop(const Setting&, Feedback, Shape, std::vector<model::Plastic> learned = {}, Index variances = 0);

  /// Memory in bytes.
  [[nodiscard]] static Real bytes(const Workload& run, const Share& part, const Shape& shape);

  /// From here on each listener has a trajectory of its own, which is fed its own output. Collective.
  void separate();
  /// The same with `more` listeners added, whose weights are 0. Only for one trajectory. Collective.
  [[nodiscard]] Loop with_more_listeners(Index more) const;

  /// \name One step, in this order
  /// \{
  /// x and r of the own neurons from J r, u (replicas x inputs), y and noise, also that of training. Local.
  void advance(Index step, std::span<const Real> input, Stopwatch& watch, StepKind kind = {}) noexcept {
    is_pooled_ = false;
    reservoir_.advance({step, input, converted(), kind}, exchange_, watch);
    if (!setting_->features.are_rates()) hear(input);
  }
  /// Partial sums of w.r over the own blocks. Local.
  void sum_readouts() noexcept;
  /// The part of an own block (counted from the first) in one of the V. Before the exchange. Local.
  void set_variance(Index variance, Index block, Real value) noexcept {
    exchange_.partial_sums(block)[delta_.size() + core::as_size(variance)] = value;
  }
  /// Rates and sums of all ranks; returns the largest status. Allocates nothing. Collective.
  Real exchange(Real status);
  /// How evenly ranks work.
  /// \{
  [[nodiscard]] const comm::Pace& pace() const noexcept { return groups_ ? groups_->pace() : exchange_.pace(); }
  [[nodiscard]] comm::Pace& pace() noexcept { return groups_ ? groups_->pace() : exchange_.pace(); }
  /// \}
  /// The same of several steps at once (Setting::together): `begin` comes before the states of each, then `send` once,
  /// and for each, in their order, `take`, when the last one's states are `age` steps ahead. Nothing may depend on z
  /// before.
  /// \{
  void begin(Index slot) noexcept { exchange_.select(slot); }
  Real send(Real status);
  void take(Index slot, Index age);
  /// \}
  /// delta = z* - z of every listener, and the y of the next step. The same on every rank. Where z* is missing (NaN),
  /// delta is NaN and a teacher's y does not change. `targets`: outputs, or replicas x outputs.
  void compare(std::span<const Real> targets) noexcept;
  /// \}

  [[nodiscard]] const Shape& shape() const noexcept { return shape_; }
  [[nodiscard]] Reservoir& reservoir() noexcept { return reservoir_; }
  [[nodiscard]] const Reservoir& reservoir() const noexcept { return reservoir_; }

  /// z of a listener's readouts (outputs), as of the last exchange.
  [[nodiscard]] std::span<const Real> output(Index listener) const noexcept {
    return core::row_of(sums_, listener, outputs());
  }
  [[nodiscard]] Index variances() const noexcept { return std::ssize(sums_) - std::ssize(delta_); }
  /// One of the V, as of the last exchange.
  [[nodiscard]] Real variance(Index variance) const noexcept { return sums_[delta_.size() + core::as_size(variance)]; }
  /// delta of a listener's readouts (outputs).
  /// \{
  [[nodiscard]] std::span<const Real> delta(Index listener) const noexcept {
    return core::row_of(delta_, listener, outputs());
  }
  [[nodiscard]] std::span<Real> delta(Index listener) noexcept { return core::row_of(delta_, listener, outputs()); }
  /// \}
  /// Weights of a listener: readouts x own features, row-major. Readouts are the outputs; of several groups those of
  /// the own ones, one after the other, or of one of them that stands for all.
  [[nodiscard]] std::span<Real> weights(Index listener) noexcept {
    return core::row_of(weights_, listener, setting_->readouts() * own());
  }
  [[nodiscard]] std::span<const Real> weights(Index listener) const noexcept {
    return core::row_of(weights_, listener, setting_->readouts() * own());
  }
  /// Such weights of `sets` listeners as part of a state.
  [[nodiscard]] core::StateArray weights_array(std::string name, Index sets) const;
  /// Rates of the own neurons (own) of one of the own groups.
  [[nodiscard]] std::span<const Real> own_rates(Index trajectory, Index group = 0) const noexcept {
    return exchange_.own_rates(part(trajectory, group));
  }
  /// What the readouts of one of the own groups hear: the own features, or those of a range, until the next call.
  /// \{
  [[nodiscard]] std::span<const Real> heard(Index trajectory, Index group = 0) const noexcept {
    return setting_->features.are_rates() ? own_rates(trajectory, group) : heard_.own(part(trajectory, group));
  }
  [[nodiscard]] std::span<const Real> heard(Index trajectory, Index group, core::Range range);
  /// \}
  /// \name Where groups share readouts
  /// \{
  /// What those of any group hear in the last step, of a range of features, until the next call. The first call of a
  /// step is collective.
  [[nodiscard]] std::span<const Real> pooled(Index trajectory, Index group, core::Range range);
  [[nodiscard]] GroupExchange& group_exchange() noexcept { return *groups_; }
  /// \}
  /// dz/dr of a listener by the own neurons (outputs x own), until the next call.
  [[nodiscard]] std::span<const Real> slopes(Index listener) {
    if (setting_->features.are_rates()) return weights(listener);
    return heard_.slopes(own_rates(shape_.trajectory_of(listener)), weights(listener), outputs());
  }
  /// y of a trajectory (outputs; empty without feedback).
  /// \{
  [[nodiscard]] std::span<Real> fed_back(Index trajectory) noexcept {
    return fed_back_.empty() ? std::span<Real>() : core::row_of(fed_back_, trajectory, outputs());
  }
  [[nodiscard]] std::span<const Real> fed_back(Index trajectory) const noexcept {
    return fed_back_.empty() ? std::span<const Real>() : core::row_of(fed_back_, trajectory, outputs());
  }
  /// \}
  /// Sets what is fed back from the next step on. Only between teacher and output: feedback can be neither added nor
  /// removed.
  void feed_back(Feedback feedback) noexcept { feedback_ = feedback; }

  /// States, feedback and weights; the rates follow from the states by `refresh_rates`.
  void visit_state(core::StateVisitor& visit);
  /// The rates of all neurons from their states. Collective.
  void refresh_rates();

  /// States return to x(0), feedback to 0. Collective.
  void begin_segment();

  /// Stops feeding back a listener's output, and perturbing its trajectory, which continues with y = 0.
  void silence(Index listener) noexcept {
    silent_[static_cast<std::size_t>(listener)] = 1;
    std::ranges::fill(reservoir_.perturbation(shape_.trajectory_of(listener)), Real{0});
  }

 private:
  [[nodiscard]] Index own() const noexcept { return setting_->features.of(setting_->network.own).size(); }
  [[nodiscard]] Index part(Index trajectory, Index group) const noexcept {
    return trajectory * setting_->own_groups() + group;
  }
  [[nodiscard]] std::span<const Real> converted() noexcept;
  [[nodiscard]] std::span<const Real> heard_input(Index trajectory, Index group, std::span<const Real> input) noexcept;
  void hear(std::span<const Real> input) noexcept;
  void sum_block(Index block) noexcept;
  void sum_rows(std::span<const Real> weights, std::span<const Real> features, core::Range block,
                std::span<Real> z) noexcept;
  [[nodiscard]] Index outputs() const noexcept { return setting_->outputs; }

  const Setting* setting_;
  Feedback feedback_;
  Shape shape_;
  Reservoir reservoir_;
  core::AlignedVector<Real> fed_back_;  // y: trajectories x outputs, or empty
  core::AlignedVector<Real> weights_;   // listeners x readouts x own features
  rules::Heard heard_;                  // of each part: trajectories x own groups
  std::vector<Real> from_output_;       // the input of a loop through the input, in the step of one trajectory
  std::vector<Real> converted_;         // the same of all trajectories, which several groups hear
  std::vector<Real> group_input_;       // what one of several groups hears
  std::vector<Real> more_sums_;         // of readouts of one trajectory, over features beyond a whole block
  std::vector<Real> sums_;              // z: listeners x outputs; then the V
  std::vector<Real> delta_;             // listeners x outputs
  std::vector<Real> silent_;            // listeners, each with its own trajectory; 1: its output is not fed back
  comm::StepExchange exchange_;
  std::vector<Real> own_sums_;  // of several groups: listeners x own groups x outputs of a group
  std::optional<GroupExchange> groups_;
  std::vector<Real> last_input_;    // u of the step, where groups share readouts
  core::AlignedVector<Real> pool_;  // rates of all neurons of all groups, of one trajectory
  Index pooled_ = 0;                // which one
  bool is_pooled_ = false;
  core::AlignedVector<Real> features_;  // of a range
};

}  // namespace bayres::sim
