#pragma once
/// \file
/// Tasks by their base class, as simulations use them.

#include "bayres/tasks/recording.hpp"

namespace bayres::tasks {

/// A task (task.hpp).
class SomeTask {
 public:
  virtual ~SomeTask() = default;
  [[nodiscard]] virtual Index inputs() const = 0;
  [[nodiscard]] virtual Index outputs() const = 0;
  virtual void sample(Index step, std::span<Real> input, std::span<Real> target) = 0;
  /// The same, but a missing input is NaN instead of held.
  virtual void sample_known(Index step, std::span<Real> input, std::span<Real> target) = 0;
  [[nodiscard]] virtual Mark mark(Index step) const = 0;
  /// \name Only some tasks have these; for others they do nothing and return nothing.
  /// \{
  virtual void hold_target(Index step, std::span<Real> input) const = 0;  ///< the target, with missing values held
  [[nodiscard]] virtual std::vector<Conversion> output_to_input()
      const = 0;  ///< for each output; empty: they are the same
  /// \}
};

/// A value: a copy continues where the original is.
using AnyTask = core::Copied<SomeTask>;

template <Task T>
class TaskOf final : public SomeTask {
 public:
  explicit TaskOf(T task) : task_(std::move(task)) {}
  [[nodiscard]] Index inputs() const override { return task_.inputs(); }
  [[nodiscard]] Index outputs() const override { return task_.outputs(); }
  void sample(Index step, std::span<Real> input, std::span<Real> target) override { task_.sample(step, input, target); }
  void sample_known(Index step, std::span<Real> input, std::span<Real> target) override {
    if constexpr (requires { task_.sample_known(step, input, target); }) {
      task_.sample_known(step, input, target);
    } else {
      task_.sample(step, input, target);
    }
  }
  [[nodiscard]] Mark mark(Index step) const override {
    if constexpr (requires { task_.mark(step); }) return task_.mark(step);
    return {};
  }
  void hold_target(Index step, std::span<Real> input) const override {
    if constexpr (requires { task_.hold_target(step, input); }) task_.hold_target(step, input);
  }
  [[nodiscard]] std::vector<Conversion> output_to_input() const override { return {}; }

 private:
  T task_;
};

/// A task with its parameters, as set in a configuration.
struct Choice : core::Choice {
  using core::Choice::Choice;
  template <class T>
  struct Of;

  [[nodiscard]] virtual AnyTask make(const Context& context) const = 0;
  /// What is wrong with the parameters, or "".
  [[nodiscard]] virtual std::string problem(const Context& context) const = 0;
  /// Time by which the target is ahead of the input, or (negative) behind it; 0 for tasks without this parameter.
  [[nodiscard]] virtual Real horizon() const = 0;
  /// Time after which the target repeats itself, and its largest Lyapunov exponent; 0: it has none, or it is not known.
  /// \{
  [[nodiscard]] virtual Real target_period(const Context& context) const = 0;
  [[nodiscard]] virtual Real lyapunov_exponent(const Context& context) const = 0;
  /// \}
  /// Its own input, regardless of task.drive.
  [[nodiscard]] virtual Input own_input() const = 0;
  /// Whether it marks steps.
  [[nodiscard]] virtual bool has_marks() const = 0;
  /// Whether its segments are trials that have an answer, the sign of the target.
  [[nodiscard]] virtual bool has_answers() const = 0;
  /// Whether the outputs are classes: the target is 1 for that of the segment, else 0.
  [[nodiscard]] virtual bool gives_classes() const = 0;
  /// Whether the target is a spike train: 1 in the steps of desired spikes, else 0.
  [[nodiscard]] virtual bool gives_spikes() const = 0;
  /// Whether the target depends on the run's seed: the networks of an ensemble would have different ones.
  [[nodiscard]] virtual bool follows_seed() const = 0;
  /// Steps of a trial, to say beforehand how many there will be. A guess if only the task's file knows.
  [[nodiscard]] virtual Index trial_steps(const Context& context) const = 0;
  /// The parameters of its file; nullptr if it reads none.
  [[nodiscard]] virtual const Recording* recording() const = 0;
};

using AnyParameters = core::Copied<Choice>;

template <class T>
struct Choice::Of final : Choice {
  using Parameters = typename T::Parameters;
  explicit Of(const Parameters& p) : Choice(T::info, core::Settings(p)) {}
  [[nodiscard]] const Parameters& given() const { return settings.as<Parameters>(); }

  [[nodiscard]] AnyTask make(const Context& context) const override { return TaskOf<T>(T(given(), context)); }
  [[nodiscard]] std::string problem(const Context& context) const override {
    if constexpr (requires { given().problem(context); }) return given().problem(context);
    return {};
  }
  [[nodiscard]] Real horizon() const override {
    if constexpr (requires { given().horizon; }) return given().horizon;
    return 0;
  }
  [[nodiscard]] Real target_period(const Context& context) const override {
    if constexpr (requires { given().target_period(context); }) return given().target_period(context);
    return 0;
  }
  [[nodiscard]] Real lyapunov_exponent(const Context& context) const override {
    if constexpr (requires { given().lyapunov_exponent(context); }) return given().lyapunov_exponent(context);
    return 0;
  }
  [[nodiscard]] Input own_input() const override {
    if constexpr (requires { given().own_input(); }) {
      return given().own_input();
    } else if constexpr (requires { given().horizon; }) {
      return given().horizon != 0 ? Input::series : Input::none;
    } else if constexpr (requires { T::inputs(); }) {
      return T::inputs() > 0 ? Input::other : Input::none;
    } else {
      return Input::other;
    }
  }
  [[nodiscard]] bool has_marks() const override {
    if constexpr (requires { given().has_marks(); }) return given().has_marks();
    return requires(const T& task) { task.mark(Index{}); };
  }
  [[nodiscard]] bool has_answers() const override {
    if constexpr (requires { given().has_answers(); }) return given().has_answers();
    return has_marks();
  }
  [[nodiscard]] bool gives_classes() const override {
    if constexpr (requires { given().gives_classes(); }) return given().gives_classes();
    return false;
  }
  [[nodiscard]] bool gives_spikes() const override {
    if constexpr (requires { given().gives_spikes(); }) return given().gives_spikes();
    return requires { T::gives_spikes; };
  }
  [[nodiscard]] bool follows_seed() const override {
    return requires { T::follows_seed; };
  }
  [[nodiscard]] Index trial_steps(const Context& context) const override {
    constexpr Index guess = 100;
    if constexpr (requires(const T& task) { task.trial_steps(); }) return T(given(), context).trial_steps();
    return guess;
  }
  [[nodiscard]] const Recording* recording() const override {
    if constexpr (std::derived_from<Parameters, Recording>) return &given();
    return nullptr;
  }
};

/// u and z* of a step, and its mark; if the target drives the reservoir, u is z*. A step with a missing target (NaN)
/// has weight 0. Ascending steps are cheap.
inline Mark sample(AnyTask& task, bool driven_by_target, Index step, std::span<Real> input, std::span<Real> target) {
  task->sample(step, driven_by_target ? std::span<Real>() : input, target);
  const bool missing = core::lacks_any(target);
  if (driven_by_target) std::ranges::copy(target, input.begin());
  if (driven_by_target && missing) task->hold_target(step, input);
  Mark mark = task->mark(step);
  if (missing) mark.weight = 0;
  mark.ends = mark.ends || task->mark(step + 1).begins;
  return mark;
}

}  // namespace bayres::tasks
