#include "rates.hpp"

#include <algorithm>
#include <bit>
#include <limits>

#include "bayres/core/error.hpp"
#include "rate_rows.hpp"
#include "rate_statistics.hpp"

namespace bayres::analysis {
namespace {

/// Of `rows` recorded steps: no more lags than there are, and the longest segment that they fill.
RateSettings settings_of(const Condition& condition, const Options& options, Index rows) {
  RateSettings settings;
  settings.neurons = std::min(static_cast<Index>(condition.recorded.size()), options.most_neurons);
  settings.lags = std::min(options.lags, rows - 1);
  const auto fitting = static_cast<Index>(std::bit_floor(static_cast<std::uint64_t>(rows)));
  settings.segment = rows >= 256 ? std::min(options.segment, fitting) : 0;
  settings.interval = condition.interval;
  return settings;
}

/// What is left of the memory for reading; negative if there is none.
Index bytes_to_read(const RateSettings& settings, const Options& options, int ranks) {
  return options.array_bytes() - RateStatistics::bytes(settings, ranks);
}

/// What was found of each network, one after the other.
struct Findings {
  std::vector<Real> participation_ratio;
  std::vector<Real> total_variance;
  std::vector<Real> correlation_time;
  std::vector<Real> eigenvalues;
  std::vector<Real> autocorrelation;
  std::vector<Real> power;
  void add(const RateFindings& found, Real interval) {
    participation_ratio.push_back(found.participation_ratio);
    total_variance.push_back(found.total_variance);
    correlation_time.push_back(efolding_time(found.autocorrelation, interval));
    append(eigenvalues, found.eigenvalues);
    append(autocorrelation, found.autocorrelation);
    append(power, found.power);
  }
};

RateFindings nothing_found(const RateSettings& settings) {
  static constexpr Real nan = std::numeric_limits<Real>::quiet_NaN();
  const auto nans = [](Index count) { return std::vector<Real>(static_cast<std::size_t>(count), nan); };
  return {nan, nan, nans(settings.neurons), nans(settings.lags + 1),
          nans(settings.segment > 0 ? settings.segment / 2 + 1 : 0)};
}

void add_scales(Place& place, const RateSettings& settings) {
  auto& scales = place.summary.scales;
  Scale component{place.group + "/component", {}, "1", "number of the principal component", true};
  Scale lag{place.group + "/lag", {}, "unit of tau", "time between two rates"};
  Scale frequency{place.group + "/frequency", {}, "1/unit of tau", "frequency"};
  for (Index k = 0; k < settings.neurons; ++k) component.values.push_back(static_cast<Real>(k));
  for (Index k = 0; k <= settings.lags; ++k) lag.values.push_back(static_cast<Real>(k) * settings.interval);
  for (Index k = 0; settings.segment > 0 && k <= settings.segment / 2; ++k) {
    frequency.values.push_back(static_cast<Real>(k) / (static_cast<Real>(settings.segment) * settings.interval));
  }
  scales.push_back(std::move(component));
  scales.push_back(std::move(lag));
  if (settings.segment > 0) scales.push_back(std::move(frequency));
}

void add_findings(Place& place, const Findings& findings, const RateSettings& settings) {
  add_scales(place, settings);
  place.add("rates/participation_ratio", {}, "1",
            "(sum lambda)^2 / sum lambda^2 of the eigenvalues of the covariance of rates", findings.participation_ratio,
            "rates");
  place.add("rates/total_variance", {}, "1", "sum of the variances of the rates", findings.total_variance, "rates");
  place.add("rates/correlation_time", {}, "unit of tau", "lag at which the autocorrelation first falls to 1/e",
            findings.correlation_time, "rates");
  place.add("rates/eigenvalue", {place.group + "/component"}, "1",
            "eigenvalue of the covariance of rates, the largest first", findings.eigenvalues, "eigenvalues");
  place.add("rates/autocorrelation", {place.group + "/lag"}, "1",
            "autocorrelation of rates, in which neurons count by their variances", findings.autocorrelation,
            "autocorrelation");
  if (settings.segment == 0) return;
  place.add("rates/power", {place.group + "/frequency"}, "unit of tau",
            "power spectral density of rates, one-sided, mean over neurons (Welch)", findings.power, "power");
}

}  // namespace

core::Range rows_of(const Condition& condition, const std::string& phase) {
  if (phase == "train") return condition.train;
  if (phase == "test") return condition.test;
  return {condition.train.first, condition.test.last};
}

std::vector<Index> evenly_spaced(Index count, Index wanted) {
  std::vector<Index> places;
  const Index taken = std::min(count, wanted);
  for (Index k = 0; k < taken; ++k) places.push_back(k * count / taken);
  return places;
}

void require_rates_possible(const Condition& condition, const Options& options, int ranks) {
  const auto rows = rows_of(condition, options.phase);
  if (rows.size() < 2) {
    throw core::usage_error(
        condition.networks.front().path + ": has " + std::to_string(rows.size()) +
        " recorded steps in the phase whose rates are asked for, and needs 2: choose another --phase");
  }
  constexpr Index least = Index{16} * 1000000;
  const auto settings = settings_of(condition, options, rows.size());
  const Index left = bytes_to_read(settings, options, ranks);
  if (left >= least) return;
  throw core::usage_error(
      "the statistics of the rates of " + std::to_string(settings.neurons) +
      " neurons need --memory=" + std::to_string((options.memory_bytes() + least - left) / 1000000 + 1) + " on " +
      std::to_string(ranks) + " ranks: raise it, take more ranks, or fewer --neurons");
}

void add_rates(Place& place, const comm::Communicator& comm) {
  const auto& condition = place.condition;
  const auto wanted = rows_of(condition, place.options.phase);
  const auto settings = settings_of(condition, place.options, wanted.size());
  const auto columns = evenly_spaced(static_cast<Index>(condition.recorded.size()), settings.neurons);
  Findings findings;
  for_each_network(condition, comm, [&](std::size_t, const Network& network, const io::Hdf5File& file) {
    const auto length = file.open_object("/time").shape().front();
    if (length < wanted.last) {  // it ended before the others: its statistics would be of another time
      findings.add(nothing_found(settings), condition.interval);
      return;
    }
    RateStatistics statistics(settings, comm);
    RateRows stream(file.open_object("/rates"), network.place, wanted, columns,
                    bytes_to_read(settings, place.options, comm.size()), comm);
    for (auto rows = stream.next(); !rows.empty(); rows = stream.next()) statistics.add(rows);
    findings.add(statistics.finish(), condition.interval);
  });
  add_findings(place, findings, settings);
}

}  // namespace bayres::analysis
