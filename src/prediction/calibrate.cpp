#include "bayres/prediction/calibrate.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>
#include <span>

#include "bayres/core/environment.hpp"
#include "bayres/core/memory.hpp"
#include "bayres/core/text.hpp"
#include "bayres/kernels/instruction_set.hpp"
#include "bayres/neurons/lif.hpp"
#include "bayres/prediction/prediction.hpp"
#include "bayres/regression/non_negative.hpp"
#include "bayres/rules/delta.hpp"
#include "bayres/simulation/simulation.hpp"
#include "bayres/tasks/sines.hpp"
#include "bayres/transforms/transform.hpp"

namespace bayres::sim {
namespace {

/// A run whose steps are timed: dense, or sparse as is most usual, or of neurons that spike by their own bias; its
/// learners do not learn.
Workload network(const std::string& kernel, Index size, std::size_t learners = 1) {
  constexpr std::string_view by_source = "by-source-";
  const bool spiking = kernel.starts_with(by_source);
  auto words = core::split_list(spiking ? kernel.substr(by_source.find('-') + 1) : kernel, '-');
  Workload w;
  if (spiking) {
    words[0] = name_of(model::Storage::by_source);
    if (words.size() == 2) words.emplace_back("float64");  // has an effect in double
    w.c.neurons = core::choose<model::NeuronChoice, model::Lif>({.bias = 1.2});
    w.c.reservoir.spiking = w.c.reservoir.balanced = true;
    w.c.reservoir.gain = 0.632;
    w.c.reservoir.initial_scale = 1;  // so that they do not spike all at once
  }
  w.c.reservoir.size = size;
  w.c.reservoir.transformed = words[0] == name_of(model::Storage::transform);
  if (w.c.reservoir.transformed) {
    w.c.connections = core::choose<model::ConnectionChoice, model::Transform>();
  } else {
    w.c.reservoir.storage = words[0];
  }
  w.c.reservoir.connectivity = words[0] == "dense" ? 1 : 0.1;
  w.c.reservoir.bias_scale = 0.1;  // states that fade away would become denormal numbers
  w.c.run.precision = words[1];
  if (words.size() > 2) w.c.reservoir.weight_type = words[2];
  w.c.task_parameters = core::choose<tasks::Choice, tasks::Sines>();
  w.c.learners.assign(learners, {"silent", core::choose<rules::Choice, rules::Delta>()});
  w.c.protocol.washout = 1e12;
  w.c.protocol.train = w.c.protocol.test = w.c.protocol.evaluate_span = 0;
  return w;
}

/// One with hardly any weights.
Workload unconnected(Index size, std::size_t learners = 1) {
  auto w = network("sparse-double", size, learners);
  w.c.reservoir.connectivity = 1e-9;
  return w;
}

/// One whose J fits into the second-level cache.
Workload network_in_cache(const std::string& kernel) {
  const auto storage = network(kernel, 1).J(1).storage;
  return network(kernel, storage == model::Storage::transform ? 16384 : is_sparse(storage) ? 1024 : 320);
}

/// Runs of one rank in the cache, whose steps show all that is in the plan.
std::vector<Workload> samples(const CalibrationPlan& plan) {
  std::vector<Workload> all;
  for (const auto& kernel : plan.kernels) {
    const Index size = network_in_cache(kernel).neurons();
    all.push_back(network(kernel, size / 4));
    all.push_back(network(kernel, size));
    all.push_back(network(kernel, size, 8));
    all.back().c.protocol.feedback = "output";  // a trajectory for each
  }
  for (const auto& [inputs, noise] : {std::pair{0, 0.0}, {4, 0.0}, {4, 0.1}}) {
    auto& w = all.emplace_back(unconnected(1024, 8));
    w.inputs = inputs;
    w.c.reservoir.noise = noise;
  }
  for (const auto& learner : plan.learners) {
    for (const Index size : {64, 1024}) {
      auto& w = all.emplace_back(unconnected(size));
      w.c.learners = {{learner.name, learner.rule}};
      std::swap(w.c.protocol.washout, w.c.protocol.train);
    }
  }
  for (const Index size : {64, 16384}) all.push_back(unconnected(size));
  return all;
}

/// Nanoseconds of each timed part of a step.
struct Times {
  Real spikes = 0;  ///< of a neuron in one ms, meanwhile
  std::array<Real, part_names.size()> parts{};
  [[nodiscard]] Real of(std::string_view part) const {
    return parts[static_cast<std::size_t>(std::ranges::find(part_names, part) - part_names.begin())];
  }
  [[nodiscard]] Real total() const { return std::accumulate(parts.begin(), parts.end(), Real{0}); }
};

/// How many times as long as the fastest series of a measurement the one in the middle took: of all measurements.
struct Spread {
  Real sum = 0;
  Real measurements = 0;
};

/// How a measurement is made.
struct Timing {
  double seconds;
  Spread& spread;
};

/// Of each series the times of the slowest of all ranks. In one collective, which would take long on a busy machine.
/// Collective.
std::vector<Times> of_slowest(const std::vector<Times>& own, const comm::Communicator& comm) {
  const auto ranks = core::as_size(Index{comm.size()});
  const auto bytes = std::as_bytes(std::span(own));
  std::vector<Times> all(own.size() * ranks);
  std::vector<int> offsets;
  for (std::size_t k = 0; k < ranks; ++k) offsets.push_back(static_cast<int>(k * bytes.size()));
  comm.gather(bytes, std::as_writable_bytes(std::span(all)), std::vector<int>(ranks, static_cast<int>(bytes.size())),
              offsets);
  auto slowest = own;
  for (std::size_t k = 0; k < all.size(); ++k) {
    auto& found = slowest[k % own.size()];
    for (std::size_t p = 0; p < found.parts.size(); ++p) found.parts[p] = std::max(found.parts[p], all[k].parts[p]);
  }
  return slowest;
}

Simulation simulation_of(const Workload& w, const comm::Communicator& owners) {
  const auto own = share_of(w.c, owners).own;
  return {w.c, owners, w.c.make_task({}),
          model::draw_network(w.c.reservoir, core::Philox(1), own, w.inputs, w.outputs, w.c.precision(),
                              w.c.connections->draw(w.c.reservoir, w.c.precision(), core::Philox(1), own))};
}

/// Steps of a run that the ranks `owners` have, for the slowest of the ranks `together`: the fastest of many short
/// series, since what others do meanwhile makes some longer, and a short one may go between. Collective.
Times time_steps(const Workload& w, const comm::Communicator& owners, const comm::Communicator& together,
                 const Timing& timing) {
  auto simulation = simulation_of(w, owners);
  const auto series = [&](Index steps) {
    together.barrier();
    simulation.stopwatch() = {};
    const Index before = simulation.spike_counts().all();
    for (Index i = 0; i < steps; ++i) simulation.step();
    Times times;
    for (std::size_t p = 0; p < times.parts.size(); ++p) {
      times.parts[p] = 1e9 / core::as_real(steps) * simulation.stopwatch().seconds(Part{p});
    }
    times.spikes = core::as_real(simulation.spike_counts().all() - before) /
                   (core::as_real(steps) * core::as_real(w.neurons()) * w.c.reservoir.dt);
    return times;
  };
  // As many steps and series on all ranks, which may exchange messages.
  const auto first = of_slowest({series(1), series(1), series(1)}, together);
  const Real step = 1e-9 * std::ranges::min(first, {}, &Times::total).total();
  const auto count = static_cast<Index>(std::clamp(timing.seconds / step, 7.0, 20.0));
  const auto steps = static_cast<Index>(std::clamp(timing.seconds / core::as_real(count) / step, 1.0, 1e6));
  std::vector<Times> all;
  for (Index k = 0; k < count; ++k) all.push_back(series(steps));
  all = of_slowest(all, together);
  std::ranges::sort(all, {}, &Times::total);
  timing.spread.sum += all[all.size() / 2].total() / all.front().total();
  ++timing.spread.measurements;
  return all.front();
}

/// What the model says of a part of a step, and the time that it took, relative to that of the whole step.
struct Equation {
  std::map<std::string, Real> counts;  ///< of operations, by rate; none is 0
  Real time = 0;
};

/// Adds those of a run.
void add(std::vector<Equation>& equations, const Workload& w, const comm::Communicator& owners, const Times& times) {
  const auto nodes = static_cast<int>(owners.machines());
  const RankLayout layout{owners.size(), nodes, owners.size() / nodes};
  const auto own = core::Partition(w.neurons(), owners.size()).largest();
  for (const auto& [part, work] : work_of(w, own, layout, {shape_of(w.c), w.c.protocol.train, 0, times.spikes})) {
    if (w.c.reservoir.spiking && part == StepPart::exchange) continue;  // bits, not rates, are taken apart
    const auto name = step_part_names[static_cast<std::size_t>(part)];
    if (std::ranges::find(part_names, name) == part_names.end()) continue;
    auto& equation = equations.emplace_back();
    equation.time = times.of(name) / times.total();
    const auto way = work.ways.empty() ? core::Cost() : work.ways[0];
    for (const auto& operations : {work.operations, way}) {
      for (const auto& [rate, count] : operations) {
        if (count > 0) equation.counts[rate] += count / times.total();
      }
    }
  }
}

/// Sets the rates that fit best.
void solve(const std::vector<Equation>& equations, Calibration& c) {
  std::map<std::string, Index> columns;
  for (const auto& equation : equations) {
    for (const auto& [rate, count] : equation.counts) columns.try_emplace(rate, std::ssize(columns));
  }
  Eigen::MatrixXd counts = Eigen::MatrixXd::Zero(std::ssize(equations), std::ssize(columns));
  Eigen::VectorXd times(counts.rows());
  for (Index row = 0; row < counts.rows(); ++row) {
    const auto& equation = equations[core::as_size(row)];
    times[row] = equation.time;
    for (const auto& [rate, count] : equation.counts) counts(row, columns.at(rate)) = count;
  }
  const auto rates = core::non_negative_solution(counts, times);
  for (const auto& [rate, column] : columns) c.set(rate, rates[column]);
}

/// The bandwidth of a dense product in double, and the share of it that others reach with a J of the largest size.
void measure_memory(const comm::Communicator& node, const CalibrationPlan& plan, const Timing& timing, Calibration& c) {
  const auto self = comm::Communicator::self();
  const auto speed = [&](const Workload& w, const comm::Communicator& together) {
    const auto times = time_steps(w, self, together, timing);
    return J_of_step(w, w.neurons(), times.spikes).product(1, 1).bytes / times.of("recurrent");
  };
  const auto sized = [](const std::string& kernel, Real bytes) {
    constexpr Real whole_of_transform = 6;  // memory of such a network in that of its J
    const auto some = network(kernel, 1024);
    const Real ratio = bytes / some.J(1024).bytes;
    return network(kernel, static_cast<Index>(
                               1024 * (some.c.reservoir.transformed ? ratio / whole_of_transform : std::sqrt(ratio))));
  };
  const Real room = 0.25 * core::as_real(core::available_bytes()) / core::as_real(Index{node.size()});
  // Every rank goes through the same sizes.
  const Real largest = std::max(-node.max(-std::min(plan.largest_array, room)), 131072.0);
  std::vector<Real> sizes;
  std::vector<Real> alone;
  std::vector<Real> together;
  for (Index size = 131072; core::as_real(size) <= largest; size *= size < 4'000'000 ? 4 : 2) {
    const auto w = sized("dense-double", core::as_real(size));
    sizes.push_back(w.J(w.neurons()).bytes);
    together.push_back(speed(w, node));
    alone.push_back(node.max(node.is_root() ? speed(w, self) : 0));
  }
  c.set("memory.ranks", Index{node.size()});
  c.set("memory.bytes", sizes);
  c.set("memory.alone", alone);
  c.set("memory.together", together);
  for (const auto& kernel : plan.kernels) {
    const auto w = sized(kernel, sizes.back());
    const Real reached = speed(w, node) / bandwidth(c, w.J(w.neurons()).bytes, node.size());
    c.set("kernel." + kernel + ".efficiency", std::clamp(reached, 0.01, 1.0));
  }
}

/// The instruction set in which products that are stored by rows are fastest: a simulation measures it when it is made.
void measure_instruction_sets(const CalibrationPlan& plan, Calibration& c) {
  const auto self = comm::Communicator::self();
  for (const auto& kernel : plan.kernels) {
    const auto w = network_in_cache(kernel);
    if (w.c.reservoir.transformed || w.c.reservoir.spiking) continue;
    (void)simulation_of(w, self);
    c.set("kernel." + kernel + ".instruction_set",
          std::string(core::kernels::name_of(core::kernels::set_of_products())));
  }
}

}  // namespace

CalibrationPlan CalibrationPlan::everything(const core::Registry<rules::Choice>& rules) {
  CalibrationPlan plan;
  plan.instruction_sets = true;
  for (const auto storage : {model::Storage::dense, model::Storage::sparse, model::Storage::by_source}) {
    for (const auto precision : core::every_precision) plan.kernels.push_back(model::kernel_name(storage, precision));
  }
  for (const auto precision : {core::Precision::full, core::Precision::single}) {
    plan.kernels.push_back(model::kernel_name(model::Storage::transform, precision));
  }
  for (const auto& rule : rules) {
    if (rule->learns()) plan.learners.push_back({std::string(rule->info.name), rule});
  }
  return plan;
}

Calibration calibrate(const comm::Communicator& comm, const CalibrationPlan& plan) {
  Calibration c;
  const auto names = comm.gather_texts(comm::host_name());
  const std::set<std::string> hosts(names.begin(), names.end());
  c.set("machine.hosts", core::joined(std::vector<std::string>(hosts.begin(), hosts.end()), " "));
  const Index first = comm.lowest_rank_on_node();  // rank of this machine
  const Index second = -comm.max(first == 0 ? Index{-comm.size()} : -first);
  const auto self = comm::Communicator::self();
  const auto node = comm.split(static_cast<int>(first));
  const bool in_pair = second < comm.size() && (comm.rank() == 0 || comm.rank() == second);
  const auto pair = comm.split(in_pair ? 1 : 0);  // the first ranks of two machines
  std::vector<Equation> equations;
  Spread spread;
  const Timing timing{plan.seconds, spread};
  const auto time = [&](const Workload& w, const comm::Communicator& owners, const comm::Communicator& together) {
    add(equations, w, owners, time_steps(w, owners, together, timing));
  };
  measure_memory(node, plan, timing, c);
  for (const auto& w : samples(plan)) time(w, self, node);
  for (const Index size : {64, 16384}) {
    if (node.size() > 1) time(unconnected(size * node.size()), node, node);
    if (in_pair) time(unconnected(size * 2), pair, pair);
  }
  solve(equations, c);
  if (plan.instruction_sets && !core::is_set(core::instruction_set_limit)) measure_instruction_sets(plan, c);
  c.set("machine.spread", std::max<Real>(1, comm.max(spread.sum / spread.measurements)));
  return c;
}

}  // namespace bayres::sim
