#pragma once
/// \file
/// Tasks: an input u and a target z* at each step, the same on every rank.

#include <algorithm>
#include <cmath>
#include <concepts>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "bayres/core/component.hpp"
#include "bayres/core/settings.hpp"
#include "bayres/core/text.hpp"
#include "bayres/kernels/random.hpp"

namespace bayres::tasks {

using core::Index;
using core::Real;

/// How a column is scaled: (value - mean) / sd.
struct Scale {
  Real mean = 0;
  Real sd = 1;
};

/// Converts an output to the input that it predicts: u_m = factor z_m + offset.
struct Conversion {
  Real factor = 1;
  Real offset = 0;
};

/// Kind of a task's input.
enum class Input {
  none,
  series,  ///< whose future is the target
  other
};

/// Time series read from a file: the requested columns, of equal length.
struct Table {
  std::vector<std::string> names;
  std::vector<std::string> units;           ///< of the columns; "" if the file gives none
  std::vector<std::vector<Real>> columns;   ///< in the order of the names
  std::vector<std::string> available = {};  ///< names of all columns of the file
  Index rows = 0;                           ///< the length of a column
  bool is_text = true;                      ///< text, not a self-describing format
};

/// What a task needs besides its parameters.
struct Context {
  Real dt = 0.1;                                 ///< time step
  Real tau = 1.0;                                ///< time constant of a neuron
  Index steps = 0;                               ///< steps of the whole run
  Index train_end = 0;                           ///< first step after training
  std::shared_ptr<const Table> table = nullptr;  ///< for tasks that read a file
  bool driven = false;                           ///< whether the series itself is the input (task.drive = target)
  Index washout_end = 0;                         ///< first step of training
  Index neurons = 0;                             ///< of the reservoir
  core::Philox random = core::Philox(0);         ///< of the run's seed and replica
  Index folds = 0;                               ///< of a cross-validation; 0: there is none
  bool trained = true;                           ///< false: of another recording than that of the training
  std::optional<core::Settings> poisson = {};    ///< parameters of the neurons, if they are independent spike trains
};

/// The time at which a step ends: step 0 is from time 0 to dt.
[[nodiscard]] inline Real time_of(Index step, Real dt) noexcept { return static_cast<Real>(step + 1) * dt; }

/// A duration in whole steps, at most 1e18, which is more than any allowed number.
[[nodiscard]] inline Index steps_of(Real duration, Real dt) noexcept {
  constexpr Real most = 1e18;
  return static_cast<Index>(std::llround(std::min(duration / dt, most)));
}

/// What is wrong with the time for which a random input is held, or "": it must be at least one step.
[[nodiscard]] inline std::string hold_problem(Real interval, Real dt) {
  if (steps_of(interval, dt) >= 1) return {};
  return "task.interval = " + core::to_text(interval) + " is shorter than reservoir.dt = " + core::to_text(dt) +
         ": make it at least as long";
}

/// What is wrong with a period in units of tau, or "": a run must not have so many periods that phases are lost in
/// rounding.
[[nodiscard]] inline std::string period_problem(std::string_view key, Real period, const Context& context) {
  constexpr Real most_periods = 1e12;
  const Real longest = time_of(context.steps, context.dt) / context.tau;
  if (longest <= most_periods * period) return {};
  return "task." + std::string(key) + " = " + core::to_text(period) + " is too short for a run of " +
         core::to_text(longest) + " tau, whose phases would be lost in rounding: allowed is at least " +
         core::to_text(longest / most_periods);
}

/// Properties of a step besides input and target.
struct Mark {
  bool begins = false;  ///< a segment begins here (a trial, another series)
  Index kind = 0;       ///< kind of the segment: a type of trial, a class
  Real weight = 1;      ///< how much the step counts, 0 to 1; 0: it is neither learned from nor scored
  bool resets = true;   ///< states return to x(0) where a segment begins
  Index fold = 0;       ///< of a cross-validation, from 1, that the segment is held out in; 0: there is none
  bool ends = false;    ///< the last step of a segment: set by `sample`, and by a task that has an end
  /// Whether states return to x(0) here.
  [[nodiscard]] bool begins_anew() const noexcept { return begins && resets; }
};

/// `sample` sets the input u (inputs) and target z* (outputs) of a step, as a pure function of the step. Ascending
/// steps are cheap; others may require a restart from step 0. A task is a value: a copy continues where the original
/// is. A task with segments has `Mark mark(Index step) const`, also a pure function.
template <class T>
concept Task = std::copyable<T> &&
    requires(T task, typename T::Parameters parameters, Context context, Index step, std::span<Real> values) {
  { T::info } -> std::convertible_to<core::Info>;
  T(parameters, context);
  { task.inputs() } -> std::convertible_to<Index>;
  { task.outputs() } -> std::convertible_to<Index>;
  task.sample(step, values, values);
};

}  // namespace bayres::tasks
