#include "bayres/evaluation/free_run_file.hpp"

#include "bayres/io/arrays.hpp"
#include "bayres/measures/free_run_scores.hpp"

namespace bayres::sim {
namespace {

std::string path_of(const ResultFile& result, std::size_t learner, const FreeRunScore& score) {
  return result.learner_path(learner) + "/free_run/" + std::string(score.info.name);
}

/// All of a score of one network. In an ensemble the root alone writes it.
io::Slab whole_of(const FreeRunScore& score, const FreeRunPlan& plan) {
  return score.is_of_windows() ? io::Slab{{0}, {plan.windows()}} : io::Slab{};
}

void write_score(ResultFile& result, const std::string& path, io::Slab slab, std::span<const Real> values,
                 bool writes) {
  slab = result.placed(slab);
  if (!slab.count.empty() && !writes) slab.count.front() = 0;  // a single number is written by all ranks
  result.file().open_object(path).write(slab, values);
}

/// Calls `call(learner, score, plan)` for every score of every learner.
template <class Call>
void for_each_score(const Configuration& c, Call call) {
  const auto plan = free_run_of(c);
  for (std::size_t l = 0; plan && l < c.learners.size(); ++l) {
    for (const auto& score : free_run_scores(*plan)) call(l, score, *plan);
  }
}

}  // namespace

void create_free_runs(ResultFile& result, const Configuration& c, const comm::Communicator& comm) {
  const auto plan = free_run_of(c);
  if (plan && plan->windows() > 0) {
    io::create_scale(result.file(), "/window", io::numbers_below(plan->windows()),
                     "number of the period of the target, from the start of the free run", comm);
  }
  for_each_score(c, [&](std::size_t l, const FreeRunScore& score, const FreeRunPlan& of) {
    io::Layout layout{io::Number::real, whole_of(score, of).count, false, {}};
    std::vector<std::string> dimensions;
    if (score.is_of_windows()) dimensions.emplace_back("/window");
    result.create_per_network(path_of(result, l, score), std::move(layout), std::move(dimensions),
                              std::string(score.unit), std::string(score.info.equation));
  });
}

void write_free_runs(ResultFile& result, const Simulation& simulation) {
  create_free_runs(result, simulation.configuration(), simulation.comm());
  if (simulation.free_runs() == nullptr) return;
  for_each_score(simulation.configuration(), [&](std::size_t l, const FreeRunScore& score, const FreeRunPlan& plan) {
    const auto values = score.values(*simulation.free_runs(), static_cast<Index>(l));
    write_score(result, path_of(result, l, score), whole_of(score, plan), values, simulation.comm().is_root());
  });
}

void copy_free_runs(ResultFile& result, const io::Hdf5File& member, const Configuration& c,
                    const comm::Communicator& comm) {
  for_each_score(c, [&](std::size_t l, const FreeRunScore& score, const FreeRunPlan& plan) {
    const auto path = path_of(result, l, score);
    const auto slab = whole_of(score, plan);
    std::vector<Real> values(core::as_size(slab.size()), core::automatic);
    if (member.has(path)) member.open_object(path).read(slab, values);
    write_score(result, path, slab, values, comm.is_root());
  });
}

}  // namespace bayres::sim
