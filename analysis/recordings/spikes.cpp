#include "spikes.hpp"

#include <algorithm>
#include <functional>
#include <limits>
#include <numeric>

#include "bayres/core/error.hpp"
#include "bayres/core/settings.hpp"
#include "reading.hpp"
#include "statistics/rate_statistics.hpp"

namespace bayres::analysis {
namespace {

constexpr Index spikes_of_rank = Index{1} << 17;  // that a rank reads at a time

/// Every rank's numbers, in order of the ranks. Collective.
template <class T>
std::vector<T> of_all_ranks(const std::vector<T>& own, const std::vector<Index>& counts,
                            const comm::Communicator& comm) {
  std::vector<int> bytes;
  std::vector<int> offsets;
  Index total = 0;
  for (const Index count : counts) {
    offsets.push_back(static_cast<int>(total * Index{sizeof(T)}));
    bytes.push_back(static_cast<int>(count * Index{sizeof(T)}));
    total += count;
  }
  std::vector<T> all(static_cast<std::size_t>(total));
  comm.gather(std::as_bytes(std::span(own)), std::as_writable_bytes(std::span(all)), bytes, offsets);
  return all;
}

/// Calls visit(times, neurons) with the next spikes, the same on every rank, without the padding of an ensemble.
/// Collective.
void for_each_spikes(const io::Hdf5File& file, Index place, Index bytes, const comm::Communicator& comm,
                     const std::function<void(std::span<const Real>, std::span<const Index>)>& visit) {
  const auto times = file.open_object("/spikes/time");
  const auto neurons = file.open_object("/spikes/neuron");
  const Index rows = times.shape().back();
  constexpr Index of_spike = sizeof(Real) + sizeof(Index);
  const Index most = std::min<Index>(bytes / 2, std::numeric_limits<int>::max()) / (spikes_of_rank * of_spike);
  const Index readers = std::clamp<Index>(most, 1, comm.size());
  for (Index first = 0; first < rows; first += readers * spikes_of_rank) {
    const auto begin_of = [&](Index rank) { return std::min(rows, first + std::min(rank, readers) * spikes_of_rank); };
    std::vector<Index> counts;
    for (Index rank = 0; rank < comm.size(); ++rank) counts.push_back(begin_of(rank + 1) - begin_of(rank));
    const core::Slab own =
        placed({{begin_of(comm.rank())}, {begin_of(comm.rank() + 1) - begin_of(comm.rank())}}, place);
    std::vector<Real> own_times(static_cast<std::size_t>(own.size()));
    std::vector<Index> own_neurons(own_times.size());
    times.read(own, own_times);
    neurons.read(own, own_neurons);
    const auto all_times = of_all_ranks(own_times, counts, comm);
    const auto all_neurons = of_all_ranks(own_neurons, counts, comm);
    const auto count = static_cast<std::size_t>(std::ranges::find(all_neurons, Index{-1}) - all_neurons.begin());
    visit(std::span(all_times).first(count), std::span(all_neurons).first(count));
    if (count < all_neurons.size()) return;
  }
}

/// Replaces numbers of neurons by their places among those recorded, and holds that spikes are in order.
class SpikePlaces {
 public:
  SpikePlaces(const std::vector<Index>& neurons, std::string file) : file_(std::move(file)) {
    if (!neurons.empty()) places_.assign(static_cast<std::size_t>(neurons.back()) + 1, -1);
    for (std::size_t k = 0; k < neurons.size(); ++k) {
      places_[static_cast<std::size_t>(neurons[k])] = static_cast<Index>(k);
    }
  }
  [[nodiscard]] std::vector<Index> operator()(std::span<const Real> times, std::span<const Index> neurons) {
    std::vector<Index> places;
    for (std::size_t k = 0; k < times.size(); ++k) {
      if (!(times[k] >= last_)) throw core::io_error(file_ + ":/spikes/time: spikes are not in order of time");
      last_ = times[k];
      const bool is_known = neurons[k] >= 0 && neurons[k] < std::ssize(places_);
      places.push_back(is_known ? places_[static_cast<std::size_t>(neurons[k])] : -1);
      if (places.back() >= 0) continue;
      throw core::io_error(file_ + ":/spikes/neuron: has a spike of neuron " + std::to_string(neurons[k]) +
                           ", which is not among those of record.spikes");
    }
    return places;
  }

 private:
  std::string file_;
  std::vector<Index> places_;
  Real last_ = -std::numeric_limits<Real>::infinity();
};

/// The power spectrum of a series. Collective.
std::vector<Real> spectrum_of_series(std::span<const Real> series, Index segment, Real interval,
                                     const comm::Communicator& comm) {
  if (segment == 0) return {};
  RateStatistics statistics({1, 1, segment, interval}, comm);
  statistics.add(series);
  return statistics.finish().power;
}

/// Whether all learners of a network diverged, which ends its run.
bool ended_early(const io::Hdf5File& file, Index place) {
  const auto learners = file.names("/learners");
  const auto network = static_cast<std::size_t>(std::max(place, Index{0}));  // of a file of one, the only one
  return std::ranges::all_of(learners, [&](const std::string& name) {
    return file.open_object("/learners/" + name).numbers("diverged_at_step").at(network) >= 0;
  });
}

}  // namespace

std::vector<Index> spiking_neurons(const std::string& recorded, Index neurons, const std::string& file) {
  core::SettingValue value = std::vector<Index>();
  std::vector<Index> numbers(static_cast<std::size_t>(neurons));
  std::iota(numbers.begin(), numbers.end(), Index{0});
  if (recorded == "true") return numbers;
  const core::Setting setting{.bounds = core::between(0, static_cast<Real>(neurons - 1)), .initial = value};
  const auto problem = core::read_value(recorded, setting, value);
  if (problem) throw core::io_error(file + "@config: record.spikes = " + *problem);
  numbers = std::get<std::vector<Index>>(value);
  std::ranges::sort(numbers);
  numbers.erase(std::unique(numbers.begin(), numbers.end()), numbers.end());
  return numbers;
}

SpikeAnswer answer_from_spikes(const io::Hdf5File& file, Index place, const SpikeQuestion& question, Index bytes,
                               const comm::Communicator& comm) {
  const auto neurons = std::ssize(question.neurons);
  TrainStatistics train(neurons, question.train, comm);
  TrainStatistics test(neurons, question.test, comm);
  PopulationRate population(neurons, question.population, question.window, comm);
  SpikePlaces places_of(question.neurons, file.path());
  for_each_spikes(file, place, bytes, comm, [&](std::span<const Real> times, std::span<const Index> numbers) {
    const auto places = places_of(times, numbers);
    train.add(times, places);
    test.add(times, places);
    population.add(times, places);
  });
  SpikeAnswer answer{train.finish(), test.finish(), population.finish(), {}};
  constexpr Real milliseconds = 1000;  // of a second
  answer.power = spectrum_of_series(answer.rate, question.segment, question.window / milliseconds, comm);
  if (!ended_early(file, place)) return answer;
  for (auto* values :
       {&answer.train.rates, &answer.train.cvs, &answer.test.rates, &answer.test.cvs, &answer.rate, &answer.power}) {
    std::ranges::fill(*values, std::numeric_limits<Real>::quiet_NaN());
  }
  return answer;
}

}  // namespace bayres::analysis
