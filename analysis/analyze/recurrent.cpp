#include <algorithm>
#include <cmath>
#include <limits>

#include "bayres/core/error.hpp"
#include "bayres/kernels/block_sum.hpp"
#include "parts.hpp"
#include "statistics/matrix_statistics.hpp"
#include "statistics/sample.hpp"

namespace bayres::analysis {
namespace {

/// What is found of the J of one network: before learning, or of a learner.
struct Found {
  std::vector<Real> numbers;  ///< norm of the change, rank, effective rank, spectral radius
  std::vector<Real> real;     ///< eigenvalues
  std::vector<Real> imaginary;
  std::vector<Real> singular;  ///< values of the change
  template <class Visit>
  void for_each(Visit visit) {
    for (auto* values : {&numbers, &real, &imaginary, &singular}) visit(*values);
  }
};
constexpr std::size_t number_count = 4;

/// Zeros.
Found nothing_found(Index n) {
  const std::vector<Real> zeros(static_cast<std::size_t>(n));
  return {std::vector<Real>(number_count), zeros, zeros, zeros};
}

/// Of a learner that has diverged.
Found not_found(Index n) {
  auto found = nothing_found(n);
  found.for_each([](std::vector<Real>& values) { std::ranges::fill(values, std::numeric_limits<Real>::quiet_NaN()); });
  return found;
}

/// `learner` -1: before learning; `n` 0: without spectra. On one rank.
Found find(const Place& place, const Network& network, const std::string& learner, Index n) {
  const Index neurons = place.condition.neurons;
  const auto before = read_J(network.path, network.place, "/network", neurons);
  Found found = nothing_found(n);
  const auto after =
      learner.empty() ? before : read_J(network.path, network.place, "/learners/" + learner + "/network", neurons);
  if (!std::ranges::all_of(after, [](Real weight) { return std::isfinite(weight); })) return not_found(n);
  if (!learner.empty()) {
    auto change = change_of(before, after, neurons, n > 0);
    found.numbers = {change.relative, change.rank, change.effective_rank, 0};
    found.singular = std::move(change.singular_values);
  }
  if (n == 0) return found;
  auto spectrum = spectrum_of(after, neurons);
  found.numbers.back() = spectrum.radius();
  found.real = std::move(spectrum.real);
  found.imaginary = std::move(spectrum.imaginary);
  return found;
}

/// Of every network, before learning and then of each of the learners; ranks share them. Collective.
std::vector<std::vector<Found>> find_all(const Place& place, const std::vector<std::string>& learners, Index n,
                                         const comm::Communicator& comm) {
  const auto& networks = place.condition.networks;
  std::vector<std::vector<Found>> all(learners.size(), std::vector<Found>(networks.size(), nothing_found(n)));
  for_each_dealt(static_cast<Index>(networks.size() * learners.size()), comm, [&](Index number, bool any) {
    const auto k = static_cast<std::size_t>(number) / learners.size();
    const auto l = static_cast<std::size_t>(number) % learners.size();
    if (any) all[l][k] = find(place, networks[k], learners[l], n);
  });
  for (auto& of_learner : all) {
    for (auto& found : of_learner) found.for_each([&](std::vector<Real>& values) { comm.sum(values); });
  }
  return all;
}

/// Tables of what is before learning have no column for a learner.
std::string table_of(const Place& place, const std::string& name) {
  return place.learner.empty() ? name + "_before" : name;
}

void add_spectrum(const Place& place, const std::vector<Found>& all) {
  const std::string when = place.learner.empty() ? " before learning" : " after learning";
  const auto add = [&](const char* name, std::vector<Real> Found::*part, const char* what) {
    std::vector<Real> values;
    for (const auto& found : all) append(values, found.*part);
    place.add_networks(std::string("recurrent/") + name, {"eigenvalue"}, "1", what + when, values,
                       table_of(place, "recurrent_eigenvalues"));
  };
  add("eigenvalue_real", &Found::real, "real part of an eigenvalue of J, the largest modulus first,");
  add("eigenvalue_imaginary", &Found::imaginary, "imaginary part of an eigenvalue of J");
}

void add_number(const Place& place, const std::vector<Found>& all, std::size_t number, const char* name,
                const std::string& long_name) {
  std::vector<Real> values;
  for (const auto& found : all) values.push_back(found.numbers[number]);
  place.add(std::string("recurrent/") + name, {}, "1", long_name, values, table_of(place, "recurrent"));
}

/// Norm of the change of J at each snapshot, from those of the rows. Collective.
void add_movement_of_J(const Place& place, const comm::Communicator& comm) {
  std::vector<Real> norms;
  const auto snapshots = static_cast<Index>(place.condition.snapshot_times.size());
  for_each_network(place.condition, comm, [&](const Network& network, const io::Hdf5File& file) {
    const auto rows = file.open_object("/learners/" + place.learner + "/recurrent_change");
    std::vector<Real> found(static_cast<std::size_t>(snapshots));
    for_each_dealt(snapshots, comm, [&](Index s, bool any) {
      const core::Slab slab{{s, 0}, {any ? Index{1} : 0, place.condition.neurons}};
      std::vector<Real> values(static_cast<std::size_t>(slab.size()));
      rows.read(placed(slab, network.place), values);
      if (any) found[static_cast<std::size_t>(s)] = std::sqrt(core::blocked_dot(values, values, 64));
    });
    comm.sum(found);
    append(norms, found);
  });
  place.add("recurrent/distance", {"recurrent_time"}, "1", "|J - J(0)| at this time, Frobenius norm", norms,
            "recurrent_distance");
}

/// Neurons up to which spectra are looked for; 0 if the reservoir has more.
Index with_spectra(const Place& place) {
  return place.condition.neurons <= place.options.spectrum ? place.condition.neurons : 0;
}

}  // namespace

void require_recurrent_possible(const Condition& condition, const Options& options) {
  const bool learned = std::ranges::any_of(condition.learners, &Learner::learns_J);
  const Index n = condition.neurons;
  // J before and after, and their difference, or the columns and weights that one of them is read from.
  const Index needed = 4 * n * n * Index{sizeof(Real)} + (n <= options.spectrum ? spectrum_bytes(n) : 0);
  if (!learned || needed <= options.array_bytes()) return;
  const Index megabytes = (needed + options.memory_bytes() - options.array_bytes()) / 1000000 + 1;
  throw core::usage_error("the recurrent weights of " + std::to_string(n) + " neurons need --memory=" +
                          std::to_string(megabytes) + ": raise it, or leave recurrent out of --parts");
}

void add_recurrent(const Place& place, const comm::Communicator& comm) {
  std::vector<std::string> learners{""};  // before learning
  for (const auto& learner : place.condition.learners) {
    if (learner.learns_J) learners.push_back(learner.name);
  }
  if (learners.size() == 1) return;
  const Index n = with_spectra(place);
  const auto all = find_all(place, learners, n, comm);
  const auto size = static_cast<std::size_t>(n);
  if (n > 0) place.add_scale(numbered_scale("eigenvalue", size, "number of the eigenvalue of J"));
  if (n > 0) place.add_scale(numbered_scale("singular", size, "number of the singular value of the change of J"));
  place.add_scale(
      {"recurrent_time", place.condition.snapshot_times, place.condition.time_unit, "simulated time of the snapshot"});
  for (std::size_t l = 0; l < learners.size(); ++l) {
    const auto own = place.of_learner(learners[l]);
    if (n > 0) add_spectrum(own, all[l]);
    if (n > 0) add_number(own, all[l], 3, "spectral_radius", "largest modulus of an eigenvalue of J");
    if (learners[l].empty()) continue;
    add_number(own, all[l], 0, "change", "|J - J(0)| / |J(0)| after learning, Frobenius norms");
    add_movement_of_J(own, comm);
    add_weights_of_J(own, comm);
    if (n == 0) continue;
    add_number(own, all[l], 1, "rank", "singular values of J - J(0) above the rounding error of the largest");
    add_number(own, all[l], 2, "effective_rank", "(sum s^2)^2 / sum s^4 over singular values s of J - J(0)");
    std::vector<Real> singular;
    for (const auto& found : all[l]) append(singular, found.singular);
    own.add("recurrent/singular_value", {"singular"}, "1", "singular value of J - J(0), the largest first", singular,
            "recurrent_singular_values");
  }
}

}  // namespace bayres::analysis
