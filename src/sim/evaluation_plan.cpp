#include <algorithm>
#include <cmath>

#include "bayres/sim/evaluation.hpp"

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
  copy_per_learner = closed || c.protocol.feedback == "output";
}

namespace {

/// Where an evaluation begins if the configuration does not say so.
Real default_start(const Configuration& c, Index steps_done) {
  if (steps_done >= 0 && c.evaluate.initial_states == 0) return static_cast<Real>(steps_done) * c.reservoir.dt;
  const Real trained = c.protocol.washout + c.protocol.train;
  return std::holds_alternative<tasks::File::Parameters>(c.task_parameters) ? trained : trained + c.protocol.test;
}

void check_input(const Configuration& c, Index inputs, std::vector<std::string>& problems) {
  const auto& e = c.evaluate;
  const bool changed = e.input_noise > 0 || e.input_scale != 1;
  if (changed && inputs == 0) {
    problems.emplace_back("evaluate.input_noise and input_scale have nothing to act on: the run had no input");
  }
  if (e.closed_loop != "true" || c.protocol.feedback != "none") return;
  if (c.task.drive != "target") {
    problems.emplace_back(
        "evaluate.closed_loop = true needs a way for the output to come back: protocol.feedback = "
        "teacher or output, or task.drive = target");
  } else if (changed) {
    problems.emplace_back(
        "evaluate.closed_loop = true replaces the input by the output: input_noise and input_scale "
        "have nothing to act on");
  }
}

/// Whether the numbers of steps, and of windows, are such that they can be done and held.
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

std::vector<std::string> resolve_evaluation(Configuration& c, Index inputs, Index steps_done) {
  auto& e = c.evaluate;
  std::vector<std::string> problems;
  const Real dt = c.reservoir.dt;
  const Real begin = default_start(c, steps_done);
  if (steps_done >= 0 && e.initial_states == 0 && std::abs(core::value_or(e.start, begin) - begin) > dt / 2) {
    problems.push_back("evaluate.start = " + core::to_text(e.start) + " conflicts with evaluate.initial_states = 0, " +
                       "which goes on in the state of the checkpoint at time " + core::to_text(begin) +
                       ": remove one of them");
  }
  c.settle("evaluate.start", e.start, begin);
  c.settle("evaluate.span", e.span, c.protocol.test > 0 ? c.protocol.test : c.protocol.evaluate_span);
  c.settle("evaluate.noise", e.noise, c.reservoir.noise);
  if (e.closed_loop == "auto") {
    e.closed_loop = c.protocol.feedback == "none" ? "false" : "true";
    c.automatic.insert("evaluate.closed_loop");
  }
  if (tasks::steps_of(e.span, dt) < 1) {
    problems.push_back("evaluate.span = " + core::to_text(e.span) + " is less than one step of " + core::to_text(dt) +
                       ": say how long to score");
  }
  if (e.window > e.span) e.window = e.span;
  check_lengths(c, problems);
  if (e.pulse_size > 0 && tasks::steps_of(e.pulse_time, dt) >= tasks::steps_of(e.span, dt)) {
    problems.push_back("evaluate.pulse_time = " + core::to_text(e.pulse_time) +
                       " is not within evaluate.span = " + core::to_text(e.span));
  }
  check_input(c, inputs, problems);
  return problems;
}

ConditionScores::ConditionScores(const EvaluationPlan& plan, Index outputs)
    : nrmse(static_cast<std::size_t>(plan.replicas * outputs)),
      mae(nrmse),
      mse(nrmse),
      r2(nrmse),
      window_nrmse(static_cast<std::size_t>(plan.replicas * plan.windows())),
      recovery_time(static_cast<std::size_t>(plan.pulse >= 0 ? plan.replicas : 0)) {}

tasks::Context evaluation_context(const Configuration& c, const EvaluationPlan& plan,
                                  std::shared_ptr<const tasks::Table> table) {
  const Schedule schedule(c.protocol, c.reservoir.dt);
  const Real last = static_cast<Real>(plan.start) + c.evaluate.speed * static_cast<Real>(plan.washout + plan.span - 1);
  return {c.reservoir.dt, c.reservoir.tau, static_cast<Index>(std::ceil(last)) + 1, schedule.train_end(),
          std::move(table)};
}

}  // namespace bayres::sim
