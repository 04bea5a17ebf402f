#include "bayres/measures/free_run.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numbers>
#include <utility>

#include "bayres/core/aligned.hpp"
#include "bayres/kernels/dispatch.hpp"
#include "bayres/kernels/elementary.hpp"

namespace bayres::sim {
namespace {

constexpr Real not_known = std::numeric_limits<Real>::quiet_NaN();
/// The histogram has bins of a fifth of the target's sd up to four of them on each side of its mean, and one beyond on
/// each side.
constexpr Real bins_in_sd = 5;
constexpr Index bins = 42;
constexpr Index rows_at_once = 8;  // a cache line of outputs at a step

/// From one row to the next: at a power of two they would share few places of the cache.
Index apart(Index length) { return length == 0 ? 0 : length + rows_at_once; }

/// The bin of each value, before it is bounded. A plain loop, which the compiler vectorises.
struct Bins {
  template <Index Bytes>
  BAYRES_INLINE static void run(const Real* values, const Real* mean, const Real* sd, Real* bin, std::size_t count) {
    constexpr auto middle = static_cast<Real>(Index{bins / 2});
    for (std::size_t m = 0; m < count; ++m) bin[m] = std::floor((values[m] - mean[m]) / sd[m] * bins_in_sd) + middle;
  }
};

std::vector<Real> zeros(Index count) { return std::vector<Real>(core::as_size(count)); }
std::vector<Real> unknowns(Index count) { return std::vector<Real>(core::as_size(count), not_known); }

/// Rows of so many numbers become columns.
std::vector<Real> transposed(std::span<const Real> rows, Index width) {
  std::vector<Real> columns(rows.size());
  const Index count = width == 0 ? 0 : std::ssize(rows) / width;
  for (Index row = 0; row < count; ++row) {
    for (Index k = 0; k < width; ++k) columns[core::as_size(k * count + row)] = rows[core::as_size(row * width + k)];
  }
  return columns;
}

}  // namespace

FreeRuns::FreeRuns(const FreeRunPlan& plan, const std::vector<TargetScale>& scales, Index runs)
    : plan_(plan),
      outputs_(std::ssize(scales)),
      runs_(runs),
      window_(zeros((1 + runs) * outputs_ * plan.period)),
      segment_(zeros((1 + runs) * outputs_ * plan.segment)),
      power_(zeros((1 + runs) * outputs_ * (plan.segment / 2 + 1))),
      counts_(zeros((1 + runs) * outputs_ * bins)),
      nrmse_(unknowns(plan.windows() * runs)),
      amplitude_(unknowns(plan.windows() * runs)),
      lag_(unknowns(plan.windows() * runs)),
      left_(core::as_size(runs), -1),
      align_(plan.period, outputs_),
      fourier_(plan.segment),
      signal_(core::as_size(plan.segment)),
      transform_(core::as_size(plan.segment)),
      rows_(zeros(rows_at_once * apart(plan.segment))),
      bin_(scales.size()) {
  for (const auto& [mean, sd] : scales) {
    mean_.push_back(mean);
    sd_.push_back(sd);
  }
  for (Index t = 0; t < plan.segment; ++t) {
    hann_.push_back((1 - core::cosine_of_turns(static_cast<Real>(t) / static_cast<Real>(plan.segment))) / 2);
  }
}

core::Bytes FreeRuns::bytes(const FreeRunPlan& plan, Index outputs, Index runs) {
  const Index series = (1 + runs) * outputs * (plan.period + plan.segment + plan.segment / 2 + 1 + bins);
  const Real state = core::as_real(series + 3 * plan.windows() * runs + runs) * sizeof(Real);
  const Index numbers = 9 * plan.segment + rows_at_once * apart(plan.segment) + 3 * outputs;
  const Real workspace = core::as_real(numbers * Index{sizeof(Real)} + Aligner::bytes(plan.period, outputs));
  const Real transposed = core::as_real(2 * (1 + runs) * outputs * plan.segment) * sizeof(Real);
  return {workspace + state, state, state + transposed};
}

/// Segments overlap by half.
Index FreeRuns::place_in_segment() const noexcept {
  const Index half = plan_.segment / 2;
  return steps_ < half || half == 0 ? steps_ : half + steps_ % half;
}

void FreeRuns::put(Index series, std::span<const Real> values) {
  const auto outputs = values.first(core::as_size(outputs_));
  if (plan_.segment > 0) {
    std::ranges::copy(outputs, core::row_of(segment_, place_in_segment() * (1 + runs_) + series, outputs_).begin());
  }
  for (Index m = 0; plan_.period > 0 && m < outputs_; ++m) {
    core::row_of(window_, series * outputs_ + m, plan_.period)[core::as_size(steps_ % plan_.period)] =
        outputs[core::as_size(m)];
  }
  add_to_histogram(series, outputs);
}

void FreeRuns::add_to_histogram(Index series, std::span<const Real> values) {
  core::dispatch<Bins>(values.data(), std::as_const(mean_).data(), std::as_const(sd_).data(), bin_.data(),
                       values.size());
  for (std::size_t m = 0; m < bin_.size(); ++m) {
    const auto counts = core::row_of(counts_, series * outputs_ + static_cast<Index>(m), bins);
    if (std::isnan(bin_[m])) {
      if (series > 0) counts[0] = not_known;
      continue;
    }
    counts[static_cast<std::size_t>(std::clamp<Real>(bin_[m], 0, bins - 1))] += 1;
  }
}

void FreeRuns::judge(Index run, std::span<const Real> target, std::span<const Real> output) {
  Real& left = left_[core::as_size(run)];
  if (left >= 0) return;
  Real sum = 0;
  Real count = 0;
  for (std::size_t m = 0; m < target.size(); ++m) {
    if (std::isnan(target[m]) || !(sd_[m] > 0)) continue;
    const Real error = (output[m] - target[m]) / sd_[m];
    sum += error * error;
    ++count;
  }
  if (count > 0 && !(std::sqrt(sum / count) <= plan_.parameters.valid_error)) left = static_cast<Real>(steps_);
}

void FreeRuns::end_step() {
  const bool segment_is_full = plan_.segment > 0 && place_in_segment() == plan_.segment - 1;
  ++steps_;
  if (segment_is_full) end_segment();
  if (plan_.period > 0 && steps_ % plan_.period == 0 && steps_ / plan_.period <= plan_.windows()) end_window();
}

void FreeRuns::end_window() {
  const Index width = outputs_ * plan_.period;
  const Index window = steps_ / plan_.period - 1;
  for (Index run = 0; run < runs_; ++run) {
    const auto place = core::as_size(window * runs_ + run);
    const auto aligned = align_(core::row_of(window_, 0, width), core::row_of(window_, 1 + run, width));
    nrmse_[place] = aligned.nrmse;
    amplitude_[place] = aligned.amplitude_ratio;
    lag_[place] = aligned.lag * plan_.dt;
  }
}

void FreeRuns::end_segment() {
  const Index rows = (1 + runs_) * outputs_;
  for (Index first = 0; first < rows; first += rows_at_once) add_power(first, std::min(rows_at_once, rows - first));
  const auto half = core::as_size(plan_.segment / 2 * rows);
  std::ranges::copy(std::span(segment_).subspan(half), segment_.begin());
}

/// The power spectra of some rows, outputs of series.
void FreeRuns::add_power(Index first, Index rows) {
  const Index all = (1 + runs_) * outputs_;
  const auto length = core::as_size(plan_.segment);
  const auto next = core::as_size(apart(plan_.segment));
  std::array<Real, rows_at_once> mean{};
  for (std::size_t t = 0; t < length; ++t) {
    const Real* values = segment_.data() + static_cast<Index>(t) * all + first;
    for (std::size_t k = 0; k < core::as_size(rows); ++k) {
      mean[k] += values[k];
      rows_[k * next + t] = values[k];
    }
  }
  for (std::size_t k = 0; k < core::as_size(rows); ++k) {
    const Real middle = mean[k] / static_cast<Real>(plan_.segment);
    const Real* values = rows_.data() + k * next;
    for (std::size_t t = 0; t < length; ++t) signal_[t] = (values[t] - middle) * hann_[t];
    fourier_(signal_, transform_);
    const auto power = core::row_of(power_, first + static_cast<Index>(k), plan_.segment / 2 + 1);
    for (std::size_t f = 0; f < power.size(); ++f) power[f] += std::norm(transform_[f]);
  }
}

void FreeRuns::visit_state(core::StateVisitor& visit, bool writes) {
  const auto pass = [&](const char* name, std::span<Real> values) {
    if (!values.empty()) visit(core::shared_array(name, std::ssize(values), writes), values);
  };
  pass("left", left_);
  pass("window", window_);
  // Output by output, as files have always had it.
  auto rows = transposed(segment_, (1 + runs_) * outputs_);
  pass("segment", rows);
  segment_ = transposed(rows, plan_.segment);
  pass("power", power_);
  pass("counts", counts_);
  if (plan_.period == 0) return;
  const auto done = core::as_size(std::min(steps_ / plan_.period, plan_.windows()) * runs_);
  pass("nrmse", std::span(nrmse_).first(done));
  pass("amplitude", std::span(amplitude_).first(done));
  pass("lag", std::span(lag_).first(done));
}

std::vector<Real> FreeRuns::of_windows(const std::vector<Real>& values, Index run) const {
  std::vector<Real> found;
  for (Index w = 0; w < plan_.windows(); ++w) found.push_back(values[core::as_size(w * runs_ + run)]);
  return found;
}

/// The lag gained in each period, in periods, by the straight line of least squares through the lags.
Real FreeRuns::drift(Index run) const {
  const auto lags = lag(run);
  const Real period = static_cast<Real>(plan_.period) * plan_.dt;
  const Real middle = static_cast<Real>(plan_.windows() - 1) / 2;
  Real unwrapped = lags.empty() ? not_known : lags.front() / period;
  Real products = 0;
  Real squares = 0;
  for (std::size_t w = 0; w < lags.size(); ++w) {
    const Real lag = lags[w] / period;
    unwrapped = lag + std::round(unwrapped - lag);  // the nearest to the lag before
    const Real place = static_cast<Real>(w) - middle;
    products += place * unwrapped;
    squares += place * place;
  }
  return squares > 0 ? products / squares : not_known;
}

Real FreeRuns::period_error(Index run) const {
  const Real gained = drift(run);
  return gained / (1 - gained);
}

Real FreeRuns::phase_drift(Index run) const { return 2 * std::numbers::pi * std::abs(drift(run)); }

Real FreeRuns::windows_held(Index run) const {
  const auto errors = aligned_nrmse(run);
  const auto ratios = amplitude_ratio(run);
  Real count = 0;
  for (std::size_t w = 0; w < errors.size(); ++w) {
    const bool is_held =
        errors[w] < plan_.parameters.held_nrmse && std::abs(ratios[w] - 1) <= plan_.parameters.held_amplitude;
    count += is_held ? 1 : 0;
  }
  return count;
}

Real FreeRuns::held(Index run) const { return windows_held(run) == static_cast<Real>(plan_.windows()) ? 1 : 0; }

Real FreeRuns::valid_time(Index run) const {
  if (std::ranges::none_of(sd_, [](Real sd) { return sd > 0; })) return not_known;
  const Real left = left_[core::as_size(run)];
  return (left < 0 ? static_cast<Real>(steps_) : left) * plan_.dt;
}

Real FreeRuns::valid_lyapunov_times(Index run) const { return valid_time(run) * plan_.parameters.lyapunov_exponent; }

/// The mean over outputs of the Hellinger distance sqrt(1 - sum_k sqrt(p_k q_k)) of sums p of the run and q of the
/// target (series x outputs x width), from number `first` on, each divided by its total. Outputs with a constant target
/// are left out.
Real FreeRuns::distance(const std::vector<Real>& sums, Index width, Index first, Index run) const {
  const auto total = [](std::span<const Real> values) {
    Real sum = 0;
    for (const Real value : values) sum += value;
    return sum;
  };
  Real all = 0;
  Real count = 0;
  for (Index m = 0; m < outputs_; ++m) {
    if (!(sd_[core::as_size(m)] > 0)) continue;
    const auto q = core::row_of(sums, m, width).subspan(core::as_size(first));
    const auto p = core::row_of(sums, (1 + run) * outputs_ + m, width).subspan(core::as_size(first));
    const Real norm = total(p) * total(q);
    Real common = 0;
    for (std::size_t k = 0; k < p.size(); ++k) common += std::sqrt(p[k] * q[k]);
    common = norm == 0 && total(q) > 0 ? 0 : common / std::sqrt(norm);
    all += std::sqrt(common > 1 ? 0 : 1 - common);  // NaN stays NaN
    ++count;
  }
  return all / count;
}

Real FreeRuns::spectrum_distance(Index run) const { return distance(power_, plan_.segment / 2 + 1, 1, run); }

Real FreeRuns::histogram_distance(Index run) const { return distance(counts_, bins, 0, run); }

}  // namespace bayres::sim
