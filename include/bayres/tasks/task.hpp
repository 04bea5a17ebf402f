#pragma once
/// \file
/// What a task is: at each step an input u and a target z*, the same on every rank.

#include <algorithm>
#include <cmath>
#include <concepts>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "bayres/core/component.hpp"
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

/// What makes an output the input that it predicts: u_m = factor z_m + offset.
struct Conversion {
  Real factor = 1;
  Real offset = 0;
};

/// What the input of a task is.
enum class Input {
  none,
  series,  ///< whose future is the target
  other
};

/// Time series read from a file: those of its columns that are asked for, of equal length.
struct Table {
  std::vector<std::string> names;
  std::vector<std::string> units;           ///< beside the names; "" where the file says none
  std::vector<std::vector<Real>> columns;   ///< beside the names
  std::vector<std::string> available = {};  ///< every name that can be asked for
  Index rows = 0;                           ///< the length of a column
  bool is_text = true;                      ///< and not of a file that says itself how it is written
  std::vector<Scale> learned = {};  ///< of input, then target channels, by a run before; empty: still to be found
};

/// What a task is built for.
struct Context {
  Real dt = 0.1;                                 ///< time step
  Real tau = 1.0;                                ///< time constant of a neuron
  Index steps = 0;                               ///< steps of the whole run
  Index train_end = 0;                           ///< first step after training
  std::shared_ptr<const Table> table = nullptr;  ///< for tasks that read a file
  bool driven = false;                           ///< whether the series itself is the input (task.drive = target)
  Index washout_end = 0;                         ///< first step of training
};

/// The time at which a step ends: step 0 takes the state from time 0 to dt.
[[nodiscard]] inline Real time_of(Index step, Real dt) noexcept { return static_cast<Real>(step + 1) * dt; }

/// A duration in whole steps; so many that nothing allows them if they are too many to count.
[[nodiscard]] inline Index steps_of(Real duration, Real dt) noexcept {
  constexpr Real most = 1e18;
  return static_cast<Index>(std::llround(std::min(duration / dt, most)));
}

/// What is wrong with the time for which a random input is held: it must be at least one step.
[[nodiscard]] inline std::string hold_problem(Real interval, Real dt) {
  if (steps_of(interval, dt) >= 1) return {};
  return "task.interval = " + core::to_text(interval) + " is shorter than reservoir.dt = " + core::to_text(dt) +
         ": make it at least as long";
}

/// What is wrong with a period in units of tau: the run must not have more periods than a number can tell the phases
/// of.
[[nodiscard]] inline std::string period_problem(std::string_view key, Real period, const Context& context) {
  constexpr Real most_periods = 1e12;
  const Real longest = time_of(context.steps, context.dt) / context.tau;
  if (longest <= most_periods * period) return {};
  return "task." + std::string(key) + " = " + core::to_text(period) + " is too short for a run of " +
         core::to_text(longest) + " tau, whose phases would be lost in rounding: allowed is at least " +
         core::to_text(longest / most_periods);
}

/// What a task says of a step beside input and target.
struct Mark {
  bool begins = false;  ///< a segment begins here (a trial, another series): states return to x(0)
  Index kind = 0;       ///< of the segment: a type of trial, a class
  Real weight = 1;      ///< how much the step counts, as so many steps would; 0: it is neither learned from nor scored
};

/// `sample` fills input u (inputs) and target z* (outputs) of a step. Its result is a pure function of the step; steps
/// asked for in ascending order are cheap, others may cost a restart from step 0. A task is a value: a copy goes on
/// from where the original stands. One that has segments has `Mark mark(Index step) const`, a pure function, too.
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
