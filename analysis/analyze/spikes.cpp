#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdio>
#include <functional>
#include <limits>

#include "bayres/core/error.hpp"
#include "bayres/core/text.hpp"
#include "parts.hpp"
#include "recordings/spikes.hpp"
#include "statistics/sample.hpp"

namespace bayres::analysis {
namespace {

constexpr std::array<Real, 3> quartiles{0.25, 0.5, 0.75};

SpikeQuestion question_of(const Condition& condition, const Options& options) {
  const auto number = [&](const char* key) { return core::to_number(value_in(condition.keys, key)).value_or(0); };
  const Real dt = number("reservoir.dt");
  std::array<Real, 4> ends{};  // of each phase
  Real steps = 0;
  constexpr std::array phases{"protocol.washout", "protocol.train", "protocol.test"};
  for (std::size_t k = 0; k < phases.size(); ++k) {
    steps += std::nearbyint(number(phases[k]) / dt);
    ends[k + 1] = steps * dt;
  }
  SpikeQuestion question{condition.spiking, {ends[1], ends[2], dt}, {ends[2], ends[3], dt}, {}, options.bin, 0};
  question.population = {ends[1], ends[3], dt};
  if (options.phase == "train") question.population = question.train;
  if (options.phase == "test") question.population = question.test;
  question.window = whole_steps(options.bin, dt);
  const auto windows = PopulationRate::windows(question.population, question.window);
  const auto fitting = static_cast<Index>(std::bit_floor(static_cast<std::uint64_t>(windows)));
  question.segment = windows >= 256 ? std::min(options.segment, fitting) : 0;
  return question;
}

void add_spike_scales(const Place& place, const SpikeQuestion& question) {
  place.add_scale({"spiking_neuron",
                   {question.neurons.begin(), question.neurons.end()},
                   "1",
                   "number of the neuron whose spikes were recorded",
                   true});
  place.add_scale({"neuron_quantile", {quartiles.begin(), quartiles.end()}, "1", "quantile over neurons"});
  const auto windows = static_cast<std::size_t>(PopulationRate::windows(question.population, question.window));
  Scale time{"spike_time", std::vector<Real>(windows), "ms", "middle of a window of the population's rate"};
  for (std::size_t k = 0; k < windows; ++k) {
    time.values[k] = question.population.start + question.window * (static_cast<Real>(k) + 0.5);
  }
  place.add_scale(time);
  if (question.segment == 0) return;
  Scale frequency{"spike_frequency", std::vector<Real>(static_cast<std::size_t>(question.segment / 2 + 1)), "Hz",
                  "frequency"};
  for (std::size_t k = 0; k < frequency.values.size(); ++k) {
    frequency.values[k] = 1000 * static_cast<Real>(k) / (static_cast<Real>(question.segment) * question.window);
  }
  place.add_scale(frequency);
}

/// Of one quantity in one phase: a number of each neuron, and quartiles over neurons.
void add_trains(const Place& place, const std::vector<SpikeAnswer>& answers, const std::string& name,
                const std::string& unit, const std::string& what,
                const std::function<const std::vector<Real>&(const SpikeAnswer&)>& of) {
  std::vector<Real> all;
  std::vector<Real> over_neurons;
  for (const auto& answer : answers) {
    append(all, of(answer));
    append(over_neurons, quantiles_of_known(of(answer), quartiles));
  }
  place.add_networks("spikes/" + name, {"spiking_neuron"}, unit, what, all, "spikes");
  place.add("spikes/" + name + "_over_neurons", {"neuron_quantile"}, unit,
            what + ", quantile over neurons that have it", over_neurons, "spikes_over_neurons");
}

}  // namespace

void require_spikes_possible(const Condition& condition, const Options& options) {
  const auto& file = condition.networks.front().path;
  if (condition.spiking.empty()) {
    throw core::io_error(file + ": holds no spikes: run it again with record.spikes, or leave spikes out of --parts");
  }
  const auto question = question_of(condition, options);
  const Index windows = PopulationRate::windows(question.population, question.window);
  const Index numbers = 4 * windows * static_cast<Index>(condition.networks.size() + options.quantiles.size());
  if (numbers <= options.array_bytes() / (2 * Index{sizeof(Real)})) return;
  throw core::usage_error(file + ": the population's rate in " + std::to_string(windows) +
                          " windows of --bin=" + core::to_text(options.bin) + " ms needs " +
                          std::to_string(numbers / 62500 + 129) + " MB: raise --memory or --bin");
}

void add_spikes(const Place& place, const comm::Communicator& comm) {
  const auto question = question_of(place.condition, place.options);
  std::vector<SpikeAnswer> answers;
  for_each_network(place.condition, comm, [&](const Network& network, const io::Hdf5File& file) {
    answers.push_back(answer_from_spikes(file, network.place, question, place.options.array_bytes() / 2, comm));
  });
  add_spike_scales(place, question);
  using Answer = const SpikeAnswer&;
  using Values = const std::vector<Real>&;
  const std::string rate = "spikes in a second";
  const std::string cv = "standard deviation / mean of the intervals between spikes";
  add_trains(place, answers, "train_rate", "Hz", rate + " of training",
             [](Answer a) -> Values { return a.train.rates; });
  add_trains(place, answers, "test_rate", "Hz", rate + " of the test", [](Answer a) -> Values { return a.test.rates; });
  add_trains(place, answers, "train_cv", "1", cv + " in training", [](Answer a) -> Values { return a.train.cvs; });
  add_trains(place, answers, "test_cv", "1", cv + " in the test", [](Answer a) -> Values { return a.test.cvs; });
  std::vector<Real> rates;
  std::vector<Real> power;
  for (const auto& answer : answers) {
    append(rates, answer.rate);
    append(power, answer.power);
  }
  place.add("spikes/population_rate", {"spike_time"}, "Hz",
            "spikes of all recorded neurons in a window, for each neuron", rates, "population_rate");
  if (question.segment == 0) return;
  place.add("spikes/power", {"spike_frequency"}, "Hz2/Hz", "power spectral density of the population's rate (Welch)",
            power, "population_power");
}

std::string spikes_text(const Summary& summary, const std::string& group) {
  const auto median_quartiles = [&](const std::string& name) {
    const auto found = std::ranges::find(summary.arrays, group + "/spikes/" + name + "_over_neurons", &Array::path);
    if (found == summary.arrays.end()) return std::string();
    constexpr std::array median{0.5};  // over networks
    const auto q = quantiles_over(found->values, std::ssize(quartiles), median);
    std::array<char, 96> text{};
    std::snprintf(text.data(), text.size(), "%.3g%s [%.3g, %.3g]", q[1], name.ends_with("rate") ? " Hz" : "", q[0],
                  q[2]);
    return std::string(text.data());
  };
  std::string text;
  for (const std::string phase : {"train", "test"}) {
    const auto rates = median_quartiles(phase + "_rate");
    if (rates.empty()) return {};
    text += "    spikes, " + phase + ": " + rates + ", CV of intervals " + median_quartiles(phase + "_cv") + "\n";
  }
  return text;
}

}  // namespace bayres::analysis
