#pragma once
/// \file
/// Readouts whose outputs send spikes.

#include <optional>
#include <span>
#include <vector>

#include "bayres/core/state.hpp"
#include "bayres/neurons/escape_noise.hpp"

namespace bayres::rules {

using core::Index;
using core::Real;

/// The outputs of all listeners of a loop, one each; some of them, or none, send spikes. The same on every rank.
class SpikingOutputs {
 public:
  SpikingOutputs() = default;
  /// `kinds`: of each listener; nothing: its output is z.
  SpikingOutputs(const std::vector<std::optional<model::EscapeParameters>>& kinds, Real dt);

  /// Whether any of them sends spikes.
  [[nodiscard]] bool any() const noexcept { return any_; }
  /// Whether one of the first listeners does.
  [[nodiscard]] bool sends(Index listener) const noexcept { return any_ && at(listener).neuron.has_value(); }
  /// Those of the first listeners alone.
  [[nodiscard]] SpikingOutputs first(Index listeners) const;
  /// The listeners that come after these ones are copies of them, so many times.
  void repeat(Index times);
  /// Before the first spike.
  void begin(Index listener) noexcept;
  /// One step of an output that sends spikes: from z, the target (1 where a spike is desired), and a random number,
  /// uniform in (0, 1). Returns the gradient of the log-likelihood of what is desired, which takes the place of delta;
  /// NaN where the target is missing.
  Real step(Index listener, Real z, Real target, Real uniform) noexcept;
  /// Of the last step: the Fisher information on z, 0 if it says nothing (1 for outputs that are rates).
  [[nodiscard]] Real information(Index listener) const noexcept {
    return sends(listener) ? at(listener).neuron->evidence().information : 1;
  }
  /// Of the last step; empty for outputs that are rates. `active`: whether it has not diverged.
  [[nodiscard]] std::span<const core::OutputSpike> spikes(Index listener, bool active) const noexcept {
    static constexpr core::OutputSpike lost{.diverged = true};
    if (!sends(listener)) return {};
    return {active ? &at(listener).last : &lost, 1};
  }
  /// Whether it sent a spike in the last step; and how many in all.
  /// \{
  [[nodiscard]] bool sent(Index listener) const noexcept { return at(listener).last.sent; }
  [[nodiscard]] Real count(Index listener) const noexcept { return at(listener).count; }
  /// \}
  /// How many spikes were desired while it was refractory, since this process began: nothing is learned of them.
  [[nodiscard]] Index missed(Index listener) const noexcept { return at(listener).missed; }
  /// `writes` is true on one rank only.
  void visit_state(core::StateVisitor& visit, bool writes);

 private:
  struct Output {
    std::optional<model::EscapeNeuron> neuron;
    core::OutputSpike last;
    Real count = 0;    // of spikes sent
    Index missed = 0;  // for a note alone: no checkpoint has it
  };
  [[nodiscard]] const Output& at(Index listener) const noexcept { return all_[static_cast<std::size_t>(listener)]; }

  std::vector<Output> all_;  // listeners
  bool any_ = false;
};

}  // namespace bayres::rules
