#include "bayres/sim/evaluation_file.hpp"

#include <algorithm>
#include <cmath>

#include "bayres/core/error.hpp"
#include "bayres/io/arrays.hpp"
#include "bayres/io/commit.hpp"
#include "result_header.hpp"

namespace bayres::sim {
namespace {

/// One array of scores: where it is in a `ConditionScores`, and what its columns are.
struct ScoreArray {
  const char* name;
  std::vector<Real> ConditionScores::*values;
  const char* columns;  ///< scale of the last dimension; nullptr: one number for each replica
  const char* units;
  const char* long_name;
};
constexpr std::array score_arrays{
    ScoreArray{"nrmse", &ConditionScores::nrmse, "/output_channel", "1", "sqrt(mean delta^2 / var z*)"},
    ScoreArray{"mae", &ConditionScores::mae, "/output_channel", "1", "mean |delta|"},
    ScoreArray{"mse", &ConditionScores::mse, "/output_channel", "1", "mean delta^2"},
    ScoreArray{"r2", &ConditionScores::r2, "/output_channel", "1", "1 - mean delta^2 / var z*"},
    ScoreArray{"window_nrmse", &ConditionScores::window_nrmse, "/window_time", "1",
               "nrmse of each window of time, with the variance of the target over all scored time"},
    ScoreArray{"recovery_time", &ConditionScores::recovery_time, nullptr, "unit of tau",
               "time from the pulse until the error stays below the threshold; NaN: never"},
    ScoreArray{"output", &ConditionScores::output, "/output_channel", "1", "output z; NaN once it has diverged"}};

/// The values of all networks, one after the other.
std::vector<Real> collected(const EvaluationResult& result, std::size_t learner, const ScoreArray& array) {
  std::vector<Real> all;
  for (const auto& network : result.scores) {
    const auto& values = network[learner].*array.values;
    all.insert(all.end(), values.begin(), values.end());
  }
  return all;
}

void create_dimensions(io::Hdf5File& file, const EvaluationPlan& plan, Index outputs, Real dt,
                       const std::vector<io::NetworkLabel>& networks, const comm::Communicator& comm) {
  std::vector<Index> seeds;
  for (const auto& network : networks) seeds.push_back(network.seed);
  if (!seeds.empty()) io::create_scale(file, "/seed", seeds, "seed of the network", comm);
  io::create_scale(file, "/replica", io::numbers_below(plan.replicas), "number of the initial state", comm);
  io::create_scale(file, "/output_channel", io::numbers_below(outputs), "number of the output", comm);
  std::vector<Real> ends;
  for (Index w = 1; w <= plan.windows(); ++w)
    ends.push_back(static_cast<Real>(std::min(w * plan.window, plan.span)) * dt);
  auto time = file.create("/window_time", {io::Number::real, {plan.windows()}, false, {}});
  time.make_scale("window_time");
  time.set("units", std::string("unit of tau"));
  time.set("long_name", std::string("end of the window, from the start of scored time"));
  time.write({{0}, {comm.is_root() ? plan.windows() : 0}}, std::span<const Real>(ends));
}

/// /time and /target of what was scored.
void write_series(io::Hdf5File& file, const EvaluationPlan& plan, Index outputs, Real dt, std::span<const Real> targets,
                  const comm::Communicator& comm) {
  const Index own = comm.is_root() ? plan.span : 0;
  std::vector<Real> times;
  for (Index k = 1; k <= own; ++k) times.push_back(static_cast<Real>(plan.start + plan.washout + k) * dt);
  auto time = file.create("/time", {io::Number::real, {plan.span}, false, {}});
  time.make_scale("time");
  time.set("units", std::string("unit of tau"));
  time.set("long_name", std::string("time at the end of the step; 0 is where the task begins"));
  time.write({{0}, {own}}, std::span<const Real>(times));
  io::create_array(file, "/target", {io::Number::real, {plan.span, outputs}, false, {}}, {"/time", "/output_channel"},
                   "1", "target z*")
      .write({{0, 0}, {own, outputs}}, targets);
}

void write_array(io::Hdf5File& file, const std::string& group, const ScoreArray& array, bool ensemble, Index networks,
                 Index replicas, const std::vector<Real>& values, bool writes) {
  std::vector<Index> shape{replicas};
  std::vector<std::string> dimensions{"/replica"};
  if (ensemble) {
    shape.insert(shape.begin(), networks);
    dimensions.insert(dimensions.begin(), "/seed");
  }
  if (array.values == &ConditionScores::output) {
    shape.push_back(file.open_object("/time").shape().at(0));
    dimensions.emplace_back("/time");
    networks *= shape.back();
  }
  if (array.columns != nullptr) {
    shape.push_back(static_cast<Index>(values.size()) / (networks * replicas));
    dimensions.emplace_back(array.columns);
  }
  const std::string path = group + "/" + array.name;
  auto set =
      io::create_array(file, path, {io::Number::real, shape, false, {}}, dimensions, array.units, array.long_name);
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
  root.set("Conventions", std::string("CF-1.8"));
  write_provenance(file, c, comm, provenance);
  if (!result.networks.empty()) write_labels(file.root(), result.networks);
  root.set("evaluated", evaluated);
  create_dimensions(file, plan, outputs, c.reservoir.dt, result.networks, comm);
  if (plan.trajectories) write_series(file, plan, outputs, c.reservoir.dt, result.targets, comm);
  const auto networks = static_cast<Index>(result.scores.size());
  for (std::size_t l = 0; l < c.learners.size(); ++l) {
    const std::string group = "/learners/" + c.learners[l].name;
    write_parameters(file.create_group(group), c.learners[l], c.reservoir.size);
    for (const auto& array : score_arrays) {
      const auto values = collected(result, l, array);
      if (values.empty()) continue;
      write_array(file, group, array, !result.networks.empty(), networks, plan.replicas, values, comm.is_root());
    }
  }
  write_channel_names(file, c);
  root.set("status", std::string("complete"));
  root = {};
  io::commit(file, temporary, path, comm);
}

std::vector<core::AlignedVector<Real>> read_final_weights(const std::string& path, const Configuration& c,
                                                          Index network, core::Range own, Index outputs) {
  const auto file = io::Hdf5File::open(path);
  const Schedule schedule(c.protocol, c.reservoir.dt);
  const auto last = static_cast<Index>(snapshot_steps(schedule, c.record.weights_every).size()) - 1;
  std::vector<core::AlignedVector<Real>> all;
  for (const auto& learner : c.learners) {
    const std::string group = "/learners/" + learner.name;
    const auto diverged = file.open_object(group).numbers("diverged_at_step");
    io::Slab slab{{last, 0, own.first}, {1, outputs, own.size()}};
    if (network >= 0) {
      slab.start.insert(slab.start.begin(), network);
      slab.count.insert(slab.count.begin(), 1);
    }
    core::AlignedVector<Real> weights(static_cast<std::size_t>(slab.size()));
    if (!weights.empty()) file.open_object(group + "/weights").read(slab, weights);
    const auto place = static_cast<std::size_t>(std::max<Index>(network, 0));
    if (place >= diverged.size()) {
      throw core::io_error(path + ":" + group + ": diverged_at_step has " + std::to_string(diverged.size()) +
                           " numbers, but network " + std::to_string(place) + " is asked for");
    }
    if (diverged[place] >= 0) {
      std::ranges::fill(weights, core::automatic);
    } else if (!std::ranges::all_of(weights, [](Real w) { return std::isfinite(w); })) {
      throw core::io_error(path + ":" + group + "/weights: training did not come to its end: resume the run first");
    }
    all.push_back(std::move(weights));
  }
  return all;
}

}  // namespace bayres::sim
