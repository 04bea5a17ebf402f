#include <algorithm>
#include <bit>
#include <limits>

#include "bayres/core/error.hpp"
#include "parts.hpp"
#include "recordings/rate_rows.hpp"
#include "statistics/rate_statistics.hpp"
#include "statistics/sample.hpp"

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

/// Memory that is left for reading; negative if there is none.
Index bytes_to_read(const RateSettings& settings, const Options& options, int ranks) {
  return options.array_bytes() - RateStatistics::bytes(settings, ranks);
}

RateFindings nothing_found(const RateSettings& settings) {
  static constexpr Real nan = std::numeric_limits<Real>::quiet_NaN();
  const auto nans = [](Index count) { return std::vector<Real>(static_cast<std::size_t>(count), nan); };
  return {nan, nan, nans(settings.neurons), nans(settings.lags + 1),
          nans(settings.segment > 0 ? settings.segment / 2 + 1 : 0)};
}

void add_scales(const Place& place, const RateSettings& settings) {
  const auto size = [](Index n) { return static_cast<std::size_t>(n); };
  const auto& unit = place.condition.time_unit;
  place.add_scale(numbered_scale("component", size(settings.neurons), "number of the principal component"));
  Scale lag{"lag", std::vector<Real>(size(settings.lags + 1)), unit, "time between two rates"};
  for (std::size_t k = 0; k < lag.values.size(); ++k) lag.values[k] = static_cast<Real>(k) * settings.interval;
  place.add_scale(lag);
  if (settings.segment == 0) return;
  Scale frequency{"frequency", std::vector<Real>(size(settings.segment / 2 + 1)), "1/" + unit, "frequency"};
  const Real length = static_cast<Real>(settings.segment) * settings.interval;
  for (std::size_t k = 0; k < frequency.values.size(); ++k) frequency.values[k] = static_cast<Real>(k) / length;
  place.add_scale(frequency);
}

/// `findings`: of each network.
void add_findings(const Place& place, const std::vector<RateFindings>& findings, const RateSettings& settings) {
  add_scales(place, settings);
  using Found = const RateFindings&;
  const auto add = [&](const char* name, const std::vector<std::string>& dimensions, const std::string& units,
                       const char* long_name, const char* table, auto numbers) {
    std::vector<Real> all;
    for (const auto& found : findings) append(all, numbers(found));
    place.add(std::string("rates/") + name, dimensions, units, long_name, all, table);
  };
  add("participation_ratio", {}, "1", "(sum lambda)^2 / sum lambda^2 of the eigenvalues of the covariance of rates",
      "rates", [](Found found) { return std::vector{found.participation_ratio}; });
  add("total_variance", {}, "1", "sum of the variances of the rates", "rates",
      [](Found found) { return std::vector{found.total_variance}; });
  add("correlation_time", {}, place.condition.time_unit, "lag at which the autocorrelation first falls to 1/e", "rates",
      [&](Found found) { return std::vector{efolding_time(found.autocorrelation, settings.interval)}; });
  add("eigenvalue", {"component"}, "1", "eigenvalue of the covariance of rates, the largest first", "eigenvalues",
      [](Found found) { return found.eigenvalues; });
  add("autocorrelation", {"lag"}, "1", "autocorrelation of rates, in which neurons count by their variances",
      "autocorrelation", [](Found found) { return found.autocorrelation; });
  if (settings.segment == 0) return;
  add("power", {"frequency"}, place.condition.time_unit,
      "power spectral density of rates, one-sided, mean over neurons (Welch)", "power",
      [](Found found) { return found.power; });
}

}  // namespace

core::Range rows_of(const Condition& condition, const std::string& phase) {
  if (phase == "train") return condition.train;
  if (phase == "test") return condition.test;
  return {condition.train.first, condition.test.last};
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

void add_rates(const Place& place, const comm::Communicator& comm) {
  const auto& condition = place.condition;
  const auto wanted = rows_of(condition, place.options.phase);
  const auto settings = settings_of(condition, place.options, wanted.size());
  const auto columns = evenly_spaced(static_cast<Index>(condition.recorded.size()), settings.neurons);
  std::vector<RateFindings> findings;
  for_each_network(condition, comm, [&](const Network& network, const io::Hdf5File& file) {
    const auto length = file.open_object("/time").shape().front();
    if (length < wanted.last) {  // it ended early: its statistics would cover another time
      findings.push_back(nothing_found(settings));
      return;
    }
    RateStatistics statistics(settings, comm);
    for_each_rows(file.open_object("/rates"), network.place, wanted, columns,
                  bytes_to_read(settings, place.options, comm.size()), comm,
                  [&](std::span<const Real> rows) { statistics.add(rows); });
    findings.push_back(statistics.finish());
  });
  add_findings(place, findings, settings);
}

}  // namespace bayres::analysis
