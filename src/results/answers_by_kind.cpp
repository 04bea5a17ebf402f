#include "bayres/results/answers_by_kind.hpp"

#include <algorithm>
#include <cmath>

namespace bayres::sim {
namespace {

constexpr Index most_kinds = 256;

/// An array that the root has written, on the root; elsewhere nothing. Collective.
std::vector<Real> on_root(const io::Hdf5File& file, const std::string& path, const comm::Communicator& comm) {
  const auto set = file.open_object(path);
  io::Slab slab{std::vector<Index>(set.shape().size()), set.shape()};
  if (!comm.is_root()) slab.count.front() = 0;
  std::vector<Real> values(core::as_size(slab.size()));
  set.read(slab, std::span<Real>(values));
  return values;
}

/// The number of kinds; 0 if one is out of range.
Index number_of_kinds(std::span<const Real> kinds) {
  if (kinds.empty()) return 0;
  const auto [least, largest] = std::ranges::minmax(kinds);
  return least < -1 || largest >= core::as_real(most_kinds) ? 0 : core::to_whole(largest) + 1;
}

/// Trials of each kind that begin in this phase, and those with a right answer: (2, network, kind).
std::vector<Real> counted(std::span<const Real> kinds, std::span<const Real> phases, Real phase,
                          std::span<const Real> right, std::size_t networks, std::size_t kind_count) {
  std::vector<Real> counts(2 * networks * kind_count);
  if (kinds.empty()) return counts;
  const std::size_t outputs = std::max<std::size_t>(1, right.size() / (networks * kinds.size()));
  for (std::size_t place = 0; place < right.size(); ++place) {
    const std::size_t trial = place / outputs % kinds.size();
    if (phases[trial] != phase || std::isnan(right[place]) || kinds[trial] < 0) continue;  // -1: without a label
    const std::size_t network = place / (outputs * kinds.size());
    const auto at = network * kind_count + core::as_size(core::to_whole(kinds[trial]));
    counts[at] += 1;
    counts[networks * kind_count + at] += right[place];
  }
  return counts;
}

/// 1 for a right answer, 0 for a wrong one, NaN where none was asked for: (network, trial, output), or of classes
/// (network, trial). On the root; elsewhere nothing. Collective.
std::vector<Real> right_answers(const io::Hdf5File& file, const std::string& learner, std::span<const Real> kinds,
                                const comm::Communicator& comm) {
  if (!file.has(learner + "/trial_class")) return on_root(file, learner + "/trial_right", comm);
  auto classes = on_root(file, learner + "/trial_class", comm);
  for (std::size_t place = 0; place < classes.size(); ++place) {
    Real& said = classes[place];
    said = said < 0 ? core::automatic : static_cast<Real>(said == kinds[place % kinds.size()]);
  }
  return classes;
}

}  // namespace

void write_answers_by_kind(ResultFile& result, const Configuration& c, Index networks, const comm::Communicator& comm) {
  if (!c.task_parameters->has_answers()) return;
  const auto kinds = on_root(result.file(), "/trial_kind", comm);
  const auto phases = on_root(result.file(), "/trial_phase", comm);
  const Index count = comm.max(number_of_kinds(kinds));
  if (count == 0) return;
  for (std::size_t l = 0; l < c.learners.size(); ++l) {
    const auto right = right_answers(result.file(), result.learner_path(l), kinds, comm);
    for (const Real phase : {1, 2}) {
      auto counts = counted(kinds, phases, phase, right, core::as_size(networks), core::as_size(count));
      comm.broadcast(counts);
      const auto half = counts.begin() + std::ssize(counts) / 2;
      const std::string name = phase == 1 ? "_by_kind_train" : "_by_kind_test";
      result.learner(l).set("trials" + name, std::vector<Index>(counts.begin(), half));
      result.learner(l).set("right" + name, std::vector<Index>(half, counts.end()));
    }
  }
}

}  // namespace bayres::sim
