#include "bayres/evaluation/evaluation_file.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <iterator>

#include "bayres/core/error.hpp"
#include "bayres/datasets/network_file.hpp"
#include "bayres/io/arrays.hpp"
#include "bayres/io/commit.hpp"
#include "bayres/measures/free_run_scores.hpp"
#include "bayres/results/result_header.hpp"

namespace bayres::sim {
namespace {

/// One array of scores, with the scales of its dimensions after the replicas.
struct ScoreArray {
  std::string name;
  std::vector<std::string> dimensions;
  std::string units;
  std::string long_name;
  std::function<const std::vector<Real>&(const ConditionScores&)> values;
};

std::vector<ScoreArray> score_arrays(const Configuration& c, const EvaluationPlan& plan) {
  using C = ConditionScores;
  std::vector<ScoreArray> all;
  for (const auto& measure : c.measures) {
    const std::string name(measure->info.name);
    all.push_back({name,
                   {"/output_channel"},
                   "1",
                   std::string(measure->info.equation),
                   [name](const C& scores) -> const std::vector<Real>& { return scores.measures.at(name); }});
  }
  for (const auto& score : free_run_scores(plan.free_run)) {
    const std::string name(score.info.name);
    all.push_back({name, score.is_of_windows() ? std::vector<std::string>{"/window"} : std::vector<std::string>(),
                   std::string(score.unit), std::string(score.info.equation),
                   [name](const C& scores) -> const std::vector<Real>& { return scores.free_run.at(name); }});
  }
  all.push_back({"window_nrmse",
                 {"/window_time"},
                 "1",
                 "nrmse of each window of time, with the variance of the target over all scored time",
                 &C::window_nrmse});
  all.push_back({"recovery_time",
                 {},
                 plan.time_unit,
                 "time from the pulse until the error stays below the threshold; NaN: never",
                 &C::recovery_time});
  all.push_back({"output", {"/time", "/output_channel"}, "1", "output z; NaN once it has diverged", &C::output});
  return all;
}

/// The values of all networks, in order.
std::vector<Real> collected(const EvaluationResult& result, std::size_t learner, const ScoreArray& array) {
  std::vector<Real> all;
  all.reserve(result.scores.size() * array.values(result.scores.front()[learner]).size());
  for (const auto& network : result.scores) std::ranges::copy(array.values(network[learner]), std::back_inserter(all));
  return all;
}

/// The time of the task at which each replica starts.
void write_starts(io::Hdf5File& file, const EvaluationPlan& plan, Real dt, const comm::Communicator& comm) {
  std::vector<Real> times;
  for (Index k = 0; k < plan.replicas; ++k) times.push_back(static_cast<Real>(plan.start_of(k)) * dt);
  const Index own = comm.is_root() ? plan.replicas : 0;
  io::create_array(file, "/start_time", {io::Number::real, {plan.replicas}, false, {}}, {"/replica"}, plan.time_unit,
                   "time of the task at which the washout of each start begins")
      .write({{0}, {own}}, std::span<const Real>(times).first(core::as_size(own)));
}

/// What the rules of a result took from the rates of its washout, which the configuration does not know.
void write_kappas(io::Hdf5Object group, const std::vector<Real>& kappas, bool ensemble) {
  if (ensemble && !kappas.empty()) group.set("kappa", kappas);
  if (!ensemble && !kappas.empty()) group.set("kappa", kappas.front());
}

void create_dimensions(io::Hdf5File& file, const EvaluationPlan& plan, Index outputs, Real dt,
                       const std::vector<Index>& seeds, const comm::Communicator& comm) {
  if (!seeds.empty()) io::create_scale(file, "/seed", seeds, "seed of the network", comm);
  io::create_scale(file, "/replica", io::numbers_below(plan.replicas),
                   plan.has_starts ? "number of the start" : "number of the initial state", comm);
  io::create_scale(file, "/output_channel", io::numbers_below(outputs), "number of the output", comm);
  if (plan.free_run.windows() > 0) {
    io::create_scale(file, "/window", io::numbers_below(plan.free_run.windows()),
                     "number of the period of the target, from the start of scored time", comm);
  }
  std::vector<Real> ends;
  for (Index w = 1; w <= plan.windows(); ++w)
    ends.push_back(static_cast<Real>(std::min(w * plan.window, plan.span)) * dt);
  auto time = file.create("/window_time", {io::Number::real, {plan.windows()}, false, {}});
  time.make_scale("window_time");
  time.set("units", std::string(plan.time_unit));
  time.set("long_name", std::string("end of the window, from the start of scored time"));
  time.write({{0}, {comm.is_root() ? plan.windows() : 0}}, std::span<const Real>(ends));
}

/// /time and /target of scored time.
void write_series(io::Hdf5File& file, const EvaluationPlan& plan, Index outputs, Real dt, std::span<const Real> targets,
                  const comm::Communicator& comm) {
  const Index own = comm.is_root() ? plan.span : 0;
  std::vector<Real> times;
  const Index first = plan.has_starts ? 0 : plan.start + plan.washout;
  for (Index k = 1; k <= own; ++k) times.push_back(static_cast<Real>(first + k) * dt);
  auto time = file.create("/time", {io::Number::real, {plan.span}, false, {}});
  time.make_scale("time");
  time.set("units", std::string(plan.time_unit));
  time.set("long_name", "time at the end of the step; 0 is where " +
                            std::string(plan.has_starts ? "the washout of each start ends" : "the task begins"));
  time.write({{0}, {own}}, std::span<const Real>(times));
  std::vector<std::string> dimensions{"/time", "/output_channel"};
  std::vector<Index> shape{plan.span, outputs};
  if (plan.has_starts) {
    dimensions.insert(dimensions.begin(), "/replica");
    shape.insert(shape.begin(), plan.replicas);
  }
  io::Slab all{std::vector<Index>(shape.size(), 0), shape};
  if (!comm.is_root()) all.count.front() = 0;
  io::create_array(file, "/target", {io::Number::real, shape, false, {}}, dimensions, "1", "target z*")
      .write(all, targets);
}

void write_array(io::Hdf5File& file, const std::string& group, const ScoreArray& array, bool ensemble,
                 const std::vector<Real>& values, bool writes) {
  std::vector<std::string> dimensions{"/replica"};
  if (ensemble) dimensions.insert(dimensions.begin(), "/seed");
  dimensions.insert(dimensions.end(), array.dimensions.begin(), array.dimensions.end());
  std::vector<Index> shape;
  for (const auto& scale : dimensions) shape.push_back(file.open_object(scale).shape().at(0));
  auto set = io::create_array(file, group + "/" + array.name, {io::Number::real, shape, false, {}}, dimensions,
                              array.units, array.long_name);
  io::Slab slab{std::vector<Index>(shape.size(), 0), shape};
  if (!writes) slab.count.front() = 0;
  set.write(slab, std::span<const Real>(values).first(writes ? values.size() : 0));
}

}  // namespace

void write_evaluation(const std::string& path, const Configuration& c, const EvaluationPlan& plan, Index outputs,
                      const EvaluationResult& result, const std::string& evaluated, const Provenance& provenance,
                      const comm::Communicator& comm) {
  const std::string temporary = io::create_temporary(path, comm);
  auto file = io::Hdf5File::create(temporary, comm);
  auto root = file.root();
  write_provenance(file, c, comm, provenance);
  std::vector<Index> seeds;
  for (const auto& network : result.networks) seeds.push_back(network.seed);
  if (!seeds.empty()) write_labels(file.root(), result.networks);
  root.set("evaluated", evaluated);
  create_dimensions(file, plan, outputs, c.reservoir.dt, seeds, comm);
  if (plan.has_starts) write_starts(file, plan, c.reservoir.dt, comm);
  if (plan.trajectories) write_series(file, plan, outputs, c.reservoir.dt, result.targets, comm);
  const auto arrays = score_arrays(c, plan);
  for (std::size_t l = 0; l < c.learners.size(); ++l) {
    const std::string group = "/learners/" + c.learners[l].name;
    write_parameters(file.create_group(group), c.learners[l], c);
    if (!result.kappas.empty()) write_kappas(file.open_object(group), result.kappas[l], !seeds.empty());
    if (!seeds.empty()) io::repeat_scale(file, "/seed", group, seeds, comm);
    if (c.learns_J()) file.open_object(group).set("J", std::string(c.learners[l].recurrent ? "learned" : "initial"));
    for (const auto& array : arrays) {
      const auto values = collected(result, l, array);
      if (values.empty()) continue;
      write_array(file, group, array, !result.networks.empty(), values, comm.is_root());
    }
  }
  write_channel_names(file, c);
  root.set("status", std::string("complete"));
  root = {};
  io::commit(file, temporary, path, comm);
}

namespace {

/// Whether a learner diverged, in network `number` of an ensemble, or in the only one (-1).
bool is_diverged(const io::Hdf5File& file, const std::string& learner, Index number) {
  const std::string group = "/learners/" + learner;
  const auto diverged = file.open_object(group).numbers("diverged_at_step");
  const auto place = static_cast<std::size_t>(std::max<Index>(number, 0));
  if (place < diverged.size()) return diverged[place] >= 0;
  throw core::io_error(file.path() + ":" + group + ": diverged_at_step has " + std::to_string(diverged.size()) +
                       " numbers, but network " + std::to_string(place) + " is asked for");
}

}  // namespace

std::vector<model::Plastic> read_all_learned(const std::string& path, const Configuration& c, Index number,
                                             const model::Network& network) {
  std::vector<model::Plastic> all;
  if (!c.learns_J()) return all;
  const auto file = io::Hdf5File::open(path);
  for (const auto& learner : c.learners) {
    const bool is_learned = learner.recurrent && !is_diverged(file, learner.name, number);
    all.push_back(is_learned ? read_learned(file, {learner.name}, number, network) : network.plastic());
  }
  return all;
}

void require_learned_J(const std::string& path, const Configuration& c) {
  const auto file = io::Hdf5File::open(path);
  for (const auto& learner : c.learners) {
    const NetworkPlace place{learner.name};
    if (!learner.recurrent || holds_network(file, place)) continue;
    const auto group = place.group();
    throw core::io_error(path + ":" + group.substr(0, group.size() - 1) + ": the J that learner " + learner.name +
                         " has learned is missing, and its weights mean nothing without it: run it again with " +
                         "record.network = auto, or evaluate its checkpoint");
  }
}

std::vector<std::vector<Real>> read_kappas(const std::string& path, const Configuration& c) {
  const auto file = io::Hdf5File::open(path);
  std::vector<std::vector<Real>> all(c.learners.size());
  for (std::size_t l = 0; c.reservoir.spiking && l < all.size(); ++l) {
    const auto group = file.open_object("/learners/" + c.learners[l].name);
    if (c.learners[l].rule->follows_rates() && group.has_attribute("kappa")) all[l] = group.numbers("kappa");
  }
  return all;
}

namespace {

/// The last snapshot.
Index last_snapshot(const Configuration& c) {
  const Schedule schedule(c.protocol, c.reservoir.dt);
  return std::ssize(snapshot_steps(schedule, c.record.weights_every)) - 1;
}

/// Part of a data set, of a network of an ensemble (-1: there is none).
core::AlignedVector<Real> read_part(const io::Hdf5File& file, const std::string& path, io::Slab slab, Index network) {
  if (network >= 0) slab = slab.of_entry(network);
  core::AlignedVector<Real> values(core::as_size(slab.size()));
  if (!values.empty()) file.open_object(path).read(slab, values);
  return values;
}

}  // namespace

core::AlignedVector<Real> read_intrinsic(const std::string& path, const Configuration& c, Index network,
                                         core::Range own) {
  core::AlignedVector<Real> all;
  if (!c.intrinsic.is_on()) return all;
  const auto file = io::Hdf5File::open(path);
  for (const auto* name : intrinsic_paths) {
    const auto values = read_part(file, name, {{last_snapshot(c), own.first}, {1, own.size()}}, network);
    all.insert(all.end(), values.begin(), values.end());
  }
  return all;
}

std::vector<core::AlignedVector<Real>> read_final_weights(const std::string& path, const Configuration& c,
                                                          Index network, core::Range own, core::Range readouts) {
  const auto file = io::Hdf5File::open(path);
  std::vector<core::AlignedVector<Real>> all;
  for (const auto& learner : c.learners) {
    const std::string group = "/learners/" + learner.name;
    const io::Slab slab{{last_snapshot(c), readouts.first, own.first}, {1, readouts.size(), own.size()}};
    auto weights = read_part(file, group + "/weights", slab, network);
    if (is_diverged(file, learner.name, network)) {
      std::ranges::fill(weights, core::automatic);
    } else if (!std::ranges::all_of(weights, [](Real w) { return std::isfinite(w); })) {
      throw core::io_error(path + ":" + group + "/weights: training did not come to its end: resume the run first");
    }
    all.push_back(std::move(weights));
  }
  return all;
}

}  // namespace bayres::sim
