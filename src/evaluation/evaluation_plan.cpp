#include <algorithm>
#include <cmath>

#include "bayres/evaluation/evaluation.hpp"
#include "bayres/measures/free_run_scores.hpp"
#include "bayres/simulation/setting.hpp"

namespace bayres::sim {

namespace {

/// What free runs are scored by, at the speed of the evaluation.
FreeRunParameters paced(const Configuration& c) {
  auto given = c.free_run;
  given.period /= c.evaluate.speed;
  given.lyapunov_exponent *= c.evaluate.speed;
  return given;
}

}  // namespace

EvaluationPlan::EvaluationPlan(const Configuration& c, Index inputs) {
  const auto& e = c.evaluate;
  const auto steps = [&](Real duration) { return tasks::steps_of(duration, c.reservoir.dt); };
  start = steps(e.start);
  washout = steps(e.washout);
  span = steps(e.span);
  window = std::max<Index>(1, steps(e.window));
  pulse = e.pulse_size > 0 ? steps(e.pulse_time) : -1;
  has_starts = e.starts > 0;
  replicas = std::max<Index>({1, e.initial_states, e.starts});
  apart = e.starts > 1 ? steps(e.spacing) : 0;
  closed = e.closed_loop == "true";
  closed_through_input = closed && c.protocol.feedback == "none" && inputs > 0;
  trajectory_per_learner = closed || c.protocol.feedback == "output" || c.learns_J();
  trajectories = e.trajectories == "true";
  time_unit = c.time_unit();
  free_run = {paced(c), c.reservoir.dt, span, false};
}

EvaluationPlan EvaluationPlan::of(core::Range some) const {
  auto plan = *this;
  plan.start = start_of(some.first);
  plan.first = first + some.first;
  plan.replicas = some.size();
  return plan;
}

int evaluation_parts(const Workload& w, int ranks) {
  const EvaluationPlan plan(w.c, w.inputs);
  const int most = static_cast<int>(std::min<Index>(ranks, plan.replicas));
  if (w.c.evaluate.divide != "auto") return w.c.evaluate.divide == "replicas" ? most : 1;
  const auto groups = w.groups();
  const Index matrices = (groups.separate() ? groups.count : 1) * (w.c.learns_J() ? w.learners() : 1);
  if (stays_in_cache(core::as_real(matrices) * w.J(w.neurons()).bytes)) return most;
  // All ranks have J anyway, but groups are divided more evenly than a few replicas.
  const Index busiest = (plan.replicas + most - 1) / most;
  const bool evenly = 4 * plan.replicas >= 3 * busiest * ranks;
  return groups.shared && ranks <= groups.count && evenly ? most : 1;
}

Real evaluation_bytes(const Workload& w, const Share& share, Index networks, int parts) {
  const EvaluationPlan whole(w.c, w.inputs);
  const auto plan = whole.of({0, (whole.replicas + parts - 1) / parts});
  const auto shape = plan.trajectory_per_learner ? Shape::apart(w.learners(), plan.replicas)
                                                 : Shape::shared(w.learners(), plan.replicas);
  const Index listeners = shape.listeners();
  const Index arrays = w.outputs * (plan.windows() + 4 * static_cast<Index>(w.c.measures.size()));
  const auto free_run = FreeRuns::bytes(plan.free_run, w.outputs, listeners / plan.starts());
  const Index scores = listeners * (Scores::bytes(w.c.measures, w.outputs) + arrays * Index{sizeof(Real)});
  const auto plastic = core::as_real(w.learners()) *
                           model::Plastic::bytes(w.J(share.own.size()), share.own.size(), w.inputs, w.outputs) +
                       core::as_real(listeners * (w.neurons() + w.inputs + w.outputs)) * sizeof(Real);
  const Real loop = (w.c.learns_J() ? plastic : 0) + Loop::bytes(w, share, shape) +
                    2 * core::as_real(w.learners()) * w.weights(share) + core::as_real(scores) +
                    core::as_real(plan.starts()) * free_run.held;
  // Outputs are kept as they come, then with the scores of the part, and, once the loop is gone, of every network, and
  // of one learner of all networks as they are written.
  const Real kept = core::as_real(plan.trajectories ? plan.span * w.outputs : 0) * sizeof(Real);
  const Index measured = plan.windows() + w.outputs * static_cast<Index>(w.c.measures.size());
  const Real scored = kept + core::as_real(measured) * sizeof(Real);
  const Real of_part = core::as_real(listeners) * scored;
  const Real of_learner = core::as_real(whole.replicas) * scored;
  const Real of_network = core::as_real(w.learners()) * of_learner;
  const Real others = core::as_real(networks - 1) * of_network;
  const Real written = core::as_real(networks) * (of_network + of_learner) + core::as_real(whole.starts()) * kept;
  return std::max({others + loop + core::as_real(listeners) * kept + of_part, others + of_part + of_network, written});
}

namespace {

/// The longest span from a start that the file of the task allows, in steps; less than 1: none.
Index longest_span(const Configuration& c, Index start, Index washout, Index available) {
  return static_cast<Index>(std::floor(static_cast<Real>(available - 1 - start) / c.evaluate.speed)) + 1 - washout;
}

/// The longest span of one of several starts in a file, side by side.
Index longest_of_each(const Configuration& c, const EvaluatedTime& time) {
  const auto& e = c.evaluate;
  const auto steps = [&](Real duration) { return tasks::steps_of(duration, c.reservoir.dt); };
  return longest_span(c, steps(e.start), steps(e.washout), time.available) / std::max<Index>(1, e.starts);
}

/// The default duration of scoring.
Real default_span(const Configuration& c, const EvaluatedTime& time) {
  const bool fills = time.other_recording || (c.evaluate.starts > 0 && time.available >= 0);
  if (!fills) return c.protocol.test > 0 ? c.protocol.test : c.protocol.evaluate_span;
  return static_cast<Real>(std::max<Index>(1, longest_of_each(c, time))) * c.reservoir.dt;
}

/// Steps of the task that are scored from a start.
Index scored_steps(const Configuration& c, Index span) {
  return static_cast<Index>(std::ceil(c.evaluate.speed * static_cast<Real>(span)));
}

/// The last step of a file from which washout and span fit into it.
Index last_start(const Configuration& c, Index available) {
  const auto steps = [&](Real duration) { return tasks::steps_of(duration, c.reservoir.dt); };
  const Index all = steps(c.evaluate.washout) + steps(c.evaluate.span);
  return available - 1 - scored_steps(c, all - 1);
}

/// The default time from one start to the next.
Real default_spacing(const Configuration& c, const EvaluatedTime& time) {
  const auto& e = c.evaluate;
  const auto steps = [&](Real duration) { return tasks::steps_of(duration, c.reservoir.dt); };
  Index apart = scored_steps(c, steps(e.washout) + steps(e.span));
  if (time.available >= 0 && e.starts > 1) {
    apart = (last_start(c, time.available) - steps(e.start)) / (e.starts - 1);
  }
  return static_cast<Real>(std::max<Index>(1, apart)) * c.reservoir.dt;
}

/// Options for the command line, in whole steps.
std::string options(const Configuration& c, Index start, Index washout, Index span) {
  const auto option = [&](const char* key, Index steps) {
    return " --evaluate." + std::string(key) + "=" + core::rounded_text(static_cast<Real>(steps) * c.reservoir.dt);
  };
  return option("start", start) + option("washout", washout) + option("span", span);
}

/// Whether the evaluation continues from the states of a checkpoint.
bool goes_on(const Configuration& c, const EvaluatedTime& time) {
  return time.steps_done >= 0 && c.evaluate.initial_states == 0 && c.evaluate.starts == 0;
}

/// The default start of an evaluation.
Real default_start(const Configuration& c, const EvaluatedTime& time) {
  if (time.other_recording) return 0;
  if (goes_on(c, time)) {
    return static_cast<Real>(time.steps_done) * c.reservoir.dt;
  }
  const Real trained = c.protocol.washout + c.protocol.train;
  return c.task_parameters->recording() != nullptr ? trained : trained + c.protocol.test;
}

/// Adds a problem if starts are in the time of training, or too many for the file of the task.
void check_starts(const Configuration& c, const EvaluatedTime& time, std::vector<std::string>& problems) {
  const auto& e = c.evaluate;
  const Real dt = c.reservoir.dt;
  const Real trained = c.protocol.washout + c.protocol.train;
  if (e.starts > 0 && !time.other_recording && e.start < trained - dt / 2) {
    problems.push_back(
        "evaluate.start = " + core::rounded_text(e.start) + " with evaluate.starts = " + std::to_string(e.starts) +
        " is in the time of training: allowed is at least " + core::rounded_text(trained) + ", where training ends");
    return;
  }
  if (e.starts < 2 || time.available < 0) return;
  const Index apart = c.automatic.contains("evaluate.spacing") ? scored_steps(c, tasks::steps_of(e.span, dt))
                                                               : tasks::steps_of(e.spacing, dt);
  const Index fit = 1 + (last_start(c, time.available) - tasks::steps_of(e.start, dt)) / std::max<Index>(1, apart);
  if (e.starts <= fit) return;
  const auto range = [&](const char* key, Index steps) {
    if (steps < 1) return std::string();
    return ", or evaluate." + std::string(key) + " of at most " + core::rounded_text(static_cast<Real>(steps) * dt);
  };
  const Index spaced = (last_start(c, time.available) - tasks::steps_of(e.start, dt)) / (e.starts - 1);
  problems.push_back(
      "evaluate.starts = " + std::to_string(e.starts) + ": so many with evaluate.span = " + core::rounded_text(e.span) +
      " do not fit " + core::rounded_text(static_cast<Real>(apart) * dt) +
      " apart after evaluate.start = " + core::rounded_text(e.start) +
      " and evaluate.washout = " + core::rounded_text(e.washout) + " in the data, which end at " +
      core::rounded_text(static_cast<Real>(time.available) * dt) + ": allowed are at most " + std::to_string(fit) +
      (c.automatic.contains("evaluate.spacing") ? range("span", longest_of_each(c, time)) : range("spacing", spaced)));
}

/// What to do where not even one of several starts fits.
std::string start_advice(const Configuration& c, const EvaluatedTime& time) {
  const auto steps = [&](Real duration) { return tasks::steps_of(duration, c.reservoir.dt); };
  const auto most = [&](const char* key, Index longest) {
    return ": allowed is evaluate." + std::string(key) + " of at most " +
           core::rounded_text(static_cast<Real>(longest) * c.reservoir.dt);
  };
  const auto& e = c.evaluate;
  const Index longest = longest_span(c, steps(e.start), steps(e.washout), time.available);
  if (longest >= 1) return most("span", std::max(Index{1}, longest_of_each(c, time)));
  const Index washout = longest_span(c, steps(e.start), 0, time.available) - 1;
  if (washout >= 0) return most("washout", washout);
  return ": nothing is left to start from: start earlier, train on less, or score another recording: --task.path=FILE";
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
  if (e.starts > 0) return problems.push_back(text + start_advice(c, time));
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
  const Real last = e.starts > 1 ? e.start + static_cast<Real>(e.starts - 1) * e.spacing : e.start;
  if (last + (e.washout + e.span) * std::max(e.speed, 1.0) > most_steps * c.reservoir.dt) {
    problems.emplace_back(
        "evaluate.start, evaluate.washout and evaluate.span are more than 1e12 steps of reservoir.dt: shorten them" +
        std::string(e.starts > 1 ? ", or evaluate.spacing" : ""));
  }
  const Real windows = e.span / std::max(e.window, c.reservoir.dt);
  if (windows * static_cast<Real>(std::max<Index>({1, e.initial_states, e.starts})) > most_windows) {
    problems.push_back("evaluate.window = " + core::to_text(e.window) + " makes more than 1e7 windows, of all " +
                       (e.starts > 0 ? "starts" : "initial states") + " together: make it longer");
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
  c.settle("evaluate.spacing", e.spacing, default_spacing(c, time));
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
  if (tasks::steps_of(e.spacing, dt) < 1) {
    problems.push_back("evaluate.spacing = " + core::to_text(e.spacing) + " is less than one step of " +
                       core::to_text(dt) + ": allowed is at least that");
  }
  if (e.window > e.span) e.window = e.span;
  check_lengths(c, problems);
  if (problems.empty()) check_time(c, time, problems);
  if (problems.empty()) check_starts(c, time, problems);
  auto given = paced(c);
  if (c.automatic.contains("free_run.period")) given.period = 0;  // that of the task may be longer
  std::ranges::move(problems_of({given, dt, tasks::steps_of(e.span, dt)}, "evaluate.span"),
                    std::back_inserter(problems));
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
  const Index wanted = std::max<Index>(1, tasks::steps_of(20 * c.reservoir.tau_range()[1], c.reservoir.dt));
  if (plan.has_starts) {
    return "--evaluate.washout=" + core::rounded_text(static_cast<Real>(wanted) * c.reservoir.dt) + " leaves it out";
  }
  const Index washout = std::min(wanted, std::max<Index>(plan.start, plan.span / 2));
  if (plan.start >= washout) {
    return options(c, plan.start - washout, washout, plan.span).substr(1) + " scores the same time";
  }
  return washout < 1 ? std::string()
                     : options(c, plan.start, washout, plan.span - washout).substr(1) + " leaves it out";
}

ConditionScores::ConditionScores(const EvaluationPlan& plan, Index outputs, const Measures& all)
    : window_nrmse(static_cast<std::size_t>(plan.replicas * plan.windows()), -0.0),
      recovery_time(static_cast<std::size_t>(plan.pulse >= 0 ? plan.replicas : 0), -0.0),
      output(static_cast<std::size_t>(plan.trajectories ? plan.replicas * plan.span * outputs : 0), -0.0) {
  for (const auto& name : all.names()) measures[name].resize(core::as_size(plan.replicas * outputs), -0.0);
  for (const auto& score : free_run_scores(plan.free_run)) {
    const Index width = score.is_of_windows() ? plan.free_run.windows() : 1;
    free_run[std::string(score.info.name)].resize(core::as_size(plan.replicas * width), -0.0);
  }
}

tasks::Context evaluation_context(const Configuration& c, const EvaluationPlan& plan,
                                  std::shared_ptr<const tasks::Table> table) {
  const Schedule schedule(c.protocol, c.reservoir.dt);
  const Index start = plan.start_of(plan.starts() - 1);
  const Real last = static_cast<Real>(start) + c.evaluate.speed * static_cast<Real>(plan.washout + plan.span - 1);
  const auto steps = static_cast<Index>(std::ceil(last)) + 1;
  return {.dt = c.reservoir.dt,
          .tau = c.reservoir.unit_of_time(),
          .steps = steps,
          .train_end = schedule.train_end(),
          .table = std::move(table),
          .driven = c.task.drive == "target",
          .neurons = c.reservoir.size,
          .random = c.random(),
          .folds = c.protocol.folds,
          .poisson = c.independent_trains()};
}

}  // namespace bayres::sim
