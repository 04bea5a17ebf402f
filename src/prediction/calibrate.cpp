#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <functional>
#include <set>

#include "bayres/core/memory.hpp"
#include "bayres/core/text.hpp"
#include "bayres/prediction/prediction.hpp"
#include "bayres/simulation/simulation.hpp"

namespace bayres::sim {
namespace {

/// A network whose steps are timed: dense, or sparse as is most usual.
Workload network(const CalibrationPlan::Kernel& kernel, Index size, Real connectivity = 0.1) {
  Workload w;
  const std::string name(core::name_of(kernel.precision));
  w.c.run.precision = name.substr(0, name.find('-'));
  if (name != w.c.run.precision) w.c.reservoir.weight_type = name.substr(name.find('-') + 1);
  w.c.reservoir.storage = kernel.sparse ? "sparse" : "dense";
  w.c.reservoir.size = size;
  w.c.reservoir.connectivity = kernel.sparse ? connectivity : 1;
  w.c.reservoir.bias_scale = 0.1;  // states that fade away would become denormal numbers
  return w;
}

/// One with hardly any weights.
Workload unconnected(Index size) { return network({true, core::Precision::full}, size, 1e-9); }

/// Nanoseconds of each timed part of a step.
using Times = std::array<Real, part_names.size()>;
Real of(Part part, const Times& times) { return times[static_cast<std::size_t>(part)]; }

/// Ranks that have a network together, and their machines.
struct Owners {
  const comm::Communicator* ranks;
  int nodes = 1;
};

/// Times steps, and finds the rates that make the model say the same.
class Bench {
 public:
  /// What a rank owns alone is timed on all of `ranks` at once.
  Bench(const comm::Communicator& ranks, double seconds) : ranks_(&ranks), seconds_(seconds) {}
  [[nodiscard]] const comm::Communicator& ranks() const noexcept { return *ranks_; }

  /// Steps of a network. What is said of `parts` counts for the rates. Collective.
  Times time(const Owners& owners, const Workload& w, const std::vector<StepPart>& parts = {},
             const Shape& shape = Shape::shared(1));
  /// Sets all rates of the parts that count to those that fit best: least squares of relative errors, by descent along
  /// one rate after the other, of which none can be negative.
  void solve(Calibration& c) const;

 private:
  [[nodiscard]] Times times_of(const comm::Communicator& together, const std::function<void(Stopwatch&)>& step) const;

  const comm::Communicator* ranks_;
  double seconds_;
  std::vector<std::pair<core::Cost, Real>> equations_;
};

/// Of each part the lower quartile of several series, for the slowest rank: what others do meanwhile makes some longer.
Times Bench::times_of(const comm::Communicator& together, const std::function<void(Stopwatch&)>& step) const {
  constexpr int series = 7;
  std::array<std::vector<Real>, part_names.size()> all;
  Index steps = 1;  // the same on all ranks, which may exchange messages
  for (int k = -2; k < series; ++k) {
    Stopwatch watch;
    Real seconds = 0;
    together.barrier();
    for (Index i = 0; i < steps; ++i) step(watch);
    for (std::size_t p = 0; p < all.size(); ++p) {
      const Real slowest = together.max(watch.seconds(Part{p}));
      seconds += slowest;
      if (k >= 0) all[p].push_back(1e9 * slowest / core::as_real(steps));
    }
    if (k == -1) steps = static_cast<Index>(std::clamp(seconds_ / series / seconds, 1.0, 1e6));
  }
  Times times;
  for (std::size_t p = 0; p < all.size(); ++p) {
    std::ranges::sort(all[p]);
    times[p] = all[p][series / 4];
  }
  return times;
}

Times Bench::time(const Owners& owners, const Workload& w, const std::vector<StepPart>& parts, const Shape& shape) {
  const auto& ranks = *owners.ranks;
  const core::Partition partition(w.neurons(), ranks.size());
  const auto own = partition.neurons_of(ranks.rank());
  auto drawn = model::draw_network(w.c.reservoir, core::Philox(1), own, w.inputs, 0, w.c.precision());
  const auto setting = setting_of(w.c, ranks, std::move(drawn), w.outputs, 0);
  Loop loop(*setting, Feedback::none, shape);
  std::vector<Learner> learners;
  for (const auto& learner : w.c.learners) {
    learners.emplace_back(learner, rules::Synapses{w.neurons(), own, w.outputs}, plasticity::Synapses{}, w.c.measures,
                          0);
  }
  const comm::NeuronGather gather(ranks, partition);
  const std::vector<Real> input(core::as_size(w.inputs), 0.1);
  const std::vector<Real> target(core::as_size(w.outputs));  // what z is: no weight changes, however often it learns
  Index step = 0;
  const auto times = times_of(ranks.size() > 1 ? ranks : *ranks_, [&](Stopwatch& watch) {
    watch.start();
    loop.advance(++step, input, watch);
    loop.sum_readouts();
    watch.lap(Part::readout);
    loop.exchange(0);
    watch.lap(Part::exchange);
    loop.compare(target);
    for (auto& learner : learners) learner.learn(loop, 0, 1, gather);
    watch.lap(Part::learning);
  });
  const RankLayout layout{ranks.size(), owners.nodes, ranks.size() / owners.nodes};
  for (const auto& work : work_of(w, largest_part(partition), layout, {shape, 1})) {
    if (std::ranges::find(parts, work.part) == parts.end()) continue;
    const auto name = std::ranges::find(part_names, step_part_names[static_cast<std::size_t>(work.part)]);
    auto& said = equations_.emplace_back(work.operations, times[static_cast<std::size_t>(name - part_names.begin())]);
    if (!work.ways.empty()) said.first.insert(said.first.end(), work.ways[0].begin(), work.ways[0].end());
  }
  return times;
}

void Bench::solve(Calibration& c) const {
  constexpr int sweeps = 300;
  std::map<std::string, Index> columns;
  for (const auto& [operations, time] : equations_) {
    for (const auto& [rate, count] : operations) {
      if (count > 0) columns.try_emplace(rate, std::ssize(columns));
    }
  }
  Eigen::MatrixXd counts = Eigen::MatrixXd::Zero(std::ssize(equations_), std::ssize(columns));
  for (Index row = 0; row < counts.rows(); ++row) {
    const auto& [operations, time] = equations_[core::as_size(row)];
    for (const auto& [rate, count] : operations) {
      if (count > 0) counts(row, columns.at(rate)) += count / time;
    }
  }
  // counts x rates = 1
  const Eigen::MatrixXd squares = counts.transpose() * counts;
  Eigen::VectorXd rates = Eigen::VectorXd::Zero(counts.cols());
  for (int sweep = 0; sweep < sweeps; ++sweep) {
    for (Index k = 0; k < rates.size(); ++k) {
      const Real change = (counts.col(k).sum() - squares.row(k).dot(rates)) / squares(k, k);
      rates[k] = std::max(0.0, rates[k] + change);
    }
  }
  for (const auto& [rate, column] : columns) c.set(rate, rates[column]);
}

/// The bandwidth of a dense product in double.
void measure_memory(Bench& bench, const comm::Communicator& self, const CalibrationPlan& plan, Calibration& c) {
  const auto& ranks = bench.ranks();
  const Real room = 0.25 * core::as_real(core::available_bytes()) / core::as_real(Index{ranks.size()});
  // Every rank goes through the same sizes.
  const Real largest = std::max(-ranks.max(-std::min(plan.largest_array, room)), 131072.0);
  std::vector<Real> sizes;
  std::vector<Real> alone;
  std::vector<Real> together;
  for (Index size = 131072; core::as_real(size) <= largest; size *= size < 4'000'000 ? 4 : 2) {
    const auto w = network({}, static_cast<Index>(std::sqrt(core::as_real(size) / sizeof(Real))));
    sizes.push_back(w.J_bytes(w.neurons()));
    together.push_back(sizes.back() / of(Part::recurrent, bench.time({&self}, w)));
    alone.push_back(together.back());
    if (ranks.size() == 1) continue;
    const bool reads = ranks.is_root();
    alone.back() =
        ranks.max(reads ? sizes.back() / of(Part::recurrent, Bench(self, plan.seconds).time({&self}, w)) : 0);
  }
  c.set("memory.ranks", Index{ranks.size()});
  c.set("memory.bytes", sizes);
  c.set("memory.alone", alone);
  c.set("memory.together", together);
}

/// Of a J as large as the largest array.
void measure_efficiency(Bench& bench, const comm::Communicator& self, const CalibrationPlan::Kernel& kernel,
                        Calibration& c) {
  const Real bytes = c.get<std::vector<Real>>("memory.bytes").back();
  const Real of_pair = network(kernel, 1024).J_bytes(1024) / (1024 * 1024);
  const auto w = network(kernel, static_cast<Index>(std::sqrt(bytes / of_pair)));
  const Real read = w.J_bytes(w.neurons());
  const Real reached = read / of(Part::recurrent, bench.time({&self}, w)) / bandwidth(c, read, bench.ranks().size());
  c.set(kernel_section(kernel.sparse, kernel.precision) + ".efficiency", std::clamp(reached, 0.01, 1.0));
}

/// What is done in the cache, and messages within a machine.
void measure_steps(Bench& bench, const comm::Communicator& self, const CalibrationPlan& plan) {
  for (const auto& kernel : plan.kernels) {
    const Index size = kernel.sparse ? 1024 : 320;
    bench.time({&self}, network(kernel, size / 4), {StepPart::recurrent});
    bench.time({&self}, network(kernel, size), {StepPart::recurrent});
    bench.time({&self}, network(kernel, size), {StepPart::recurrent}, Shape::apart(8));
  }
  for (const auto& [inputs, noise] : {std::pair{0, 0.0}, {4, 0.0}, {4, 0.1}}) {
    auto w = unconnected(1024);
    w.inputs = inputs;
    w.c.reservoir.noise = noise;
    bench.time({&self}, w, {StepPart::neurons, StepPart::readout}, Shape::shared(8));
  }
  for (const auto& learner : plan.learners) {
    for (const Index size : {64, 1024}) {
      auto w = unconnected(size);
      w.c.learners = {{learner.name, learner.rule}};
      bench.time({&self}, w, {StepPart::learning});
    }
  }
  const auto& ranks = bench.ranks();
  for (const Index size : {64, 16384}) {
    bench.time({&self}, unconnected(size), {StepPart::exchange});
    if (ranks.size() > 1) bench.time({&ranks}, unconnected(size * ranks.size()), {StepPart::exchange});
  }
}

/// Messages between the first two machines, which have one rank in `pair` each.
void measure_network(Bench& bench, const comm::Communicator& pair) {
  for (const Index size : {128, 32768}) bench.time({&pair, 2}, unconnected(size), {StepPart::exchange});
}

}  // namespace

CalibrationPlan CalibrationPlan::everything(const core::Registry<rules::Choice>& rules) {
  CalibrationPlan plan;
  for (const bool sparse : {false, true}) {
    for (const auto precision : core::every_precision) plan.kernels.push_back({sparse, precision});
  }
  for (const auto& rule : rules) plan.learners.push_back({std::string(rule->info.name), rule});
  return plan;
}

Calibration calibrate(const comm::Communicator& comm, const CalibrationPlan& plan) {
  Calibration c;
  const auto names = comm.gather_texts(comm::host_name());
  const std::set<std::string> hosts(names.begin(), names.end());
  c.set("machine.hosts", core::joined(std::vector<std::string>(hosts.begin(), hosts.end()), " "));
  const Index first = comm.lowest_rank_on_node();  // rank of this machine
  const Index second = -comm.max(first == 0 ? Index{-comm.size()} : -first);
  const auto node = comm.split(static_cast<int>(first));
  const auto pair = comm.split(comm.rank() == 0 || comm.rank() == second ? 1 : 0);
  const auto self = comm::Communicator::self();
  Bench bench(node, plan.seconds);
  measure_memory(bench, self, plan, c);
  for (const auto& kernel : plan.kernels) measure_efficiency(bench, self, kernel, c);
  measure_steps(bench, self, plan);
  if (second < comm.size() && (comm.rank() == 0 || comm.rank() == second)) measure_network(bench, pair);
  bench.solve(c);
  return c;
}

}  // namespace bayres::sim
