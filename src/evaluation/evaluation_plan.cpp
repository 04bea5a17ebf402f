#include <algorithm>
#include <cmath>

#include "bayres/evaluation/evaluation.hpp"

namespace bayres::sim {

EvaluationPlan::EvaluationPlan(const Configuration& c, Index inputs) {
  const auto& e = c.evaluate;
  const auto steps = [&](Real duration) { return tasks::steps_of(duration, c.reservoir.dt); };
  start = steps(e.start);
  washout = steps(e.washout);
  span = steps(e.span);
  window = std::max<Index>(1, steps(e.window));
  pulse = e.pulse_size > 0 ? steps(e.pulse_time) : -1;
  replicas = std::max<Index>(1, e.initial_states);
  closed = e.closed_loop == "true";
  closed_through_input = closed && c.protocol.feedback == "none" && inputs > 0;
  trajectory_per_learner = closed || c.protocol.feedback == "output";
  trajectories = e.trajectories == "true";
}

namespace {

/// The longest span from a start that the file of the task allows, in steps; less than 1: none.
Index longest_span(const Configuration& c, Index start, Index washout, Index available) {
  return static_cast<Index>(std::floor(static_cast<Real>(available - 1 - start) / c.evaluate.speed)) + 1 - washout;
}

/// The default duration of scoring.
Real default_span(const Configuration& c, const EvaluatedTime& time) {
  const auto& e = c.evaluate;
  if (!time.other_recording) return c.protocol.test > 0 ? c.protocol.test : c.protocol.evaluate_span;
  const auto steps = [&](Real duration) { return tasks::steps_of(duration, c.reservoir.dt); };
  const Index longest = longest_span(c, steps(e.start), steps(e.washout), time.available);
  return static_cast<Real>(std::max<Index>(longest, 1)) * c.reservoir.dt;
}

/// Options for the command line, in whole steps.
std::string options(const Configuration& c, Index start, Index washout, Index span) {
  const auto option = [&](const char* key, Index steps) {
    return " --evaluate." + std::string(key) + "=" + core::rounded_text(static_cast<Real>(steps) * c.reservoir.dt);
  };
  return option("start", start) + option("washout", washout) + option("span", span);
}

/// The default start of an evaluation.
Real default_start(const Configuration& c, const EvaluatedTime& time) {
  if (time.other_recording) return 0;
  if (time.steps_done >= 0 && c.evaluate.initial_states == 0) {
    return static_cast<Real>(time.steps_done) * c.reservoir.dt;
  }
  const Real trained = c.protocol.washout + c.protocol.train;
  return c.task_parameters->recording() != nullptr ? trained : trained + c.protocol.test;
}

/// Whether the evaluation continues from the states of a checkpoint.
bool goes_on(const Configuration& c, const EvaluatedTime& time) {
  return time.steps_done >= 0 && c.evaluate.initial_states == 0;
}

/// Adds a problem if the file of the task ends before the evaluation, with options that fit the file.
void check_time(const Configuration& c, const EvaluatedTime& time, std::vector<std::string>& problems) {
  if (time.available < 0) return;
  const auto steps = [&](Real duration) { return tasks::steps_of(duration, c.reservoir.dt); };
  const auto& e = c.evaluate;
  const Index start = steps(e.start);
  const Index washout = steps(e.washout);
  const Index span = steps(e.span);
  if (span <= longest_span(c, start, washout, time.available)) return;
  std::string text = "evaluate.start = " + core::rounded_text(e.start) +
                     ", evaluate.washout = " + core::rounded_text(e.washout) +
                     " and evaluate.span = " + core::rounded_text(e.span) + " go beyond the data, which end at " +
                     core::rounded_text(static_cast<Real>(time.available) * c.reservoir.dt);
  const Index longest = longest_span(c, start, washout, time.available);
  if (longest >= 1) {
    problems.push_back(text + ": score less of them:" + options(c, start, washout, longest));
    return;
  }
  const Index most = std::max<Index>(1, longest_span(c, 0, washout, time.available));
  const auto back = static_cast<Index>(std::ceil(e.speed * static_cast<Real>(washout + std::min(span, most) - 1)));
  const Index earlier = std::max<Index>(0, time.available - 1 - back);
  text += goes_on(c, time) ? ", where the checkpoint stands: score what was seen before, from a new state: "
                             "--evaluate.initial_states=1"
                           : ": start earlier:";
  problems.push_back(text +
                     options(c, earlier, washout, std::min(span, longest_span(c, earlier, washout, time.available))) +
                     (time.other_recording ? "" : "; or score another recording: --task.path=FILE"));
}

/// Whether the input is the series of the target.
bool hears_series(const Configuration& c) {
  return c.task.drive == "target" || c.task_parameters->own_input() == tasks::Input::series;
}

/// Why outputs cannot replace the input, or "". They can if z predicts the next input, one step ahead.
std::string loop_problem(const Configuration& c) {
  const Real dt = c.reservoir.dt;
  const std::string remedy = "train with task.horizon = " + core::to_text(dt) + ", one step";
  if (!hears_series(c)) {
    return "evaluate.closed_loop = true needs a way for the output to come back: protocol.feedback = teacher or "
           "output, "
           "or an input that is the series of the target (task.drive = target; for a file also task.input the same as "
           "task.target): " +
           remedy;
  }
  const Real horizon = c.task_parameters->horizon();
  if (std::abs(horizon - dt) <= 1e-6 * dt) return {};
  return "evaluate.closed_loop = true with task.horizon = " + core::to_text(horizon) +
         ": the output would take the place of the input " +
         (horizon < dt ? "a step too late, since it is the input that has been heard already"
                       : "too early, since it is an input further ahead than the next") +
         ": " + remedy;
}

/// Adds a problem if there are too many steps to be done, or too many windows to be held in memory.
void check_lengths(const Configuration& c, std::vector<std::string>& problems) {
  constexpr Real most_steps = 1e12;
  constexpr Real most_windows = 1e7;
  const auto& e = c.evaluate;
  if (e.start + (e.washout + e.span) * std::max(e.speed, 1.0) > most_steps * c.reservoir.dt) {
    problems.emplace_back(
        "evaluate.start, evaluate.washout and evaluate.span are more than 1e12 steps of reservoir.dt: shorten them");
  }
  const Real windows = e.span / std::max(e.window, c.reservoir.dt);
  if (windows * static_cast<Real>(std::max<Index>(1, e.initial_states)) > most_windows) {
    problems.push_back("evaluate.window = " + core::to_text(e.window) +
                       " makes more than 1e7 windows, of all initial states together: make it longer");
  }
}

}  // namespace

std::vector<std::string> resolve_evaluation(Configuration& c, const EvaluatedTime& time) {
  auto& e = c.evaluate;
  std::vector<std::string> problems;
  const Real dt = c.reservoir.dt;
  const Real begin = default_start(c, time);
  if (goes_on(c, time) && std::abs(core::value_or(e.start, begin) - begin) > dt / 2) {
    problems.push_back("evaluate.start = " + core::to_text(e.start) + " conflicts with evaluate.initial_states = 0, " +
                       "which goes on in the state of the checkpoint at time " + core::to_text(begin) +
                       ": leave evaluate.start out, or start from a new state with --evaluate.initial_states=1");
    return problems;
  }
  c.settle("evaluate.start", e.start, begin);
  c.settle("evaluate.span", e.span, default_span(c, time));
  c.settle("evaluate.noise", e.noise, c.reservoir.noise);
  if (e.closed_loop == "auto") {
    e.closed_loop = c.protocol.feedback == "none" ? "false" : "true";
    c.automatic.insert("evaluate.closed_loop");
  }
  if (e.trajectories == "auto") {
    e.trajectories = time.other_recording ? "true" : "false";
    c.automatic.insert("evaluate.trajectories");
  }
  if (tasks::steps_of(e.span, dt) < 1) {
    problems.push_back("evaluate.span = " + core::to_text(e.span) + " is less than one step of " + core::to_text(dt) +
                       ": say how long to score");
  }
  if (e.window > e.span) e.window = e.span;
  check_lengths(c, problems);
  if (problems.empty()) check_time(c, time, problems);
  if (e.pulse_size > 0 && tasks::steps_of(e.pulse_time, dt) >= tasks::steps_of(e.span, dt)) {
    problems.push_back("evaluate.pulse_time = " + core::to_text(e.pulse_time) +
                       " is not within evaluate.span = " + core::to_text(e.span));
  }
  if (e.closed_loop == "true" && c.protocol.feedback == "none") {
    if (auto problem = loop_problem(c); !problem.empty()) problems.push_back(std::move(problem));
  }
  return problems;
}

std::string washout_hint(const Configuration& c, const EvaluationPlan& plan) {
  const Index wanted = std::max<Index>(1, tasks::steps_of(20 * c.reservoir.tau, c.reservoir.dt));
  const Index washout = std::min(wanted, std::max<Index>(plan.start, plan.span / 2));
  if (plan.start >= washout) {
    return options(c, plan.start - washout, washout, plan.span).substr(1) + " scores the same time";
  }
  return washout < 1 ? std::string()
                     : options(c, plan.start, washout, plan.span - washout).substr(1) + " leaves it out";
}

ConditionScores::ConditionScores(const EvaluationPlan& plan, Index outputs, const Measures& all)
    : window_nrmse(static_cast<std::size_t>(plan.replicas * plan.windows())),
      recovery_time(static_cast<std::size_t>(plan.pulse >= 0 ? plan.replicas : 0)),
      output(static_cast<std::size_t>(plan.trajectories ? plan.replicas * plan.span * outputs : 0)) {
  for (const auto& name : all.names()) measures[name].resize(core::as_size(plan.replicas * outputs));
}

tasks::Context evaluation_context(const Configuration& c, const EvaluationPlan& plan,
                                  std::shared_ptr<const tasks::Table> table) {
  const Schedule schedule(c.protocol, c.reservoir.dt);
  const Real last = static_cast<Real>(plan.start) + c.evaluate.speed * static_cast<Real>(plan.washout + plan.span - 1);
  const auto steps = static_cast<Index>(std::ceil(last)) + 1;
  return {c.reservoir.dt, c.reservoir.tau, steps, schedule.train_end(), std::move(table), c.task.drive == "target"};
}

}  // namespace bayres::sim
