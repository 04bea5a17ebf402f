#include "rate_statistics.hpp"

#include <Eigen/Eigenvalues>
#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "bayres/kernels/block_sum.hpp"

namespace bayres::analysis {
namespace {

using core::kernels::strip_rows;
using core::kernels::strip_width;

constexpr Index working_rows = 2048;  // of a history, which is moved back when it is full

Index history_of(const RateSettings& settings) {
  return std::max((settings.lags / strip_rows + 2) * strip_rows, settings.segment);
}

std::size_t size_of(Index n) { return static_cast<std::size_t>(n); }

Index strips_of(const RateSettings& settings) { return (settings.neurons + strip_width - 1) / strip_width; }

}  // namespace

RateStatistics::RateStatistics(const RateSettings& settings, const comm::Communicator& comm)
    : settings_(settings),
      comm_(&comm),
      strips_(strips_of(settings)),
      history_rows_(history_of(settings)),
      place_(history_rows_),
      block_(size_of(strips_ * strip_rows * strip_width)),
      powers_(settings.segment) {
  for (Index s = comm.rank(); s < strips_; s += comm.size()) {
    own_.push_back({s});
    auto& strip = own_.back();
    strip.products.resize(size_of((strips_ - s) * strip_width * strip_width));
    strip.history.resize(size_of((history_rows_ + working_rows) * strip_width));
    strip.sums.resize(size_of(strip_width));
    strip.lagged.resize(size_of((settings.lags + 1) * strip_width));
    strip.power.resize(settings.segment > 0 ? size_of(settings.segment / 2 + 1) : 0);
  }
}

Index RateStatistics::bytes(const RateSettings& settings, int ranks) {
  const Index strips = strips_of(settings);
  const Index own = strips / ranks + 1;
  const Index matrix = 3 * settings.neurons * settings.neurons;  // one, and the copies of MPI or Eigen
  const Index of_a_strip =
      (history_of(settings) + working_rows + 2 * (settings.lags + 1) + 1) * strip_width + settings.segment;
  const Index shared = strips * (2 * (settings.lags + 1) + settings.segment);
  return Index{sizeof(Real)} * (matrix + own * of_a_strip + own * strips * strip_width * strip_width +
                                strips * strip_rows * strip_width + shared) +
         StripPower::bytes(settings.segment);
}

void RateStatistics::add(std::span<const Real> rows) {
  const auto n = size_of(settings_.neurons);
  if (shift_.empty() && !rows.empty()) shift_.assign(rows.begin(), rows.begin() + settings_.neurons);
  for (std::size_t start = 0; start < rows.size(); start += n) {
    const auto t = rows_ % strip_rows;
    for (std::size_t i = 0; i < n; ++i) {
      const auto strip = static_cast<Index>(i) / strip_width;
      block_[size_of((strip * strip_rows + t) * strip_width) + i % size_of(strip_width)] = rows[start + i] - shift_[i];
    }
    ++rows_;
    if (rows_ % strip_rows == 0) process_block();
  }
}

/// The rows that are being collected of a strip of any rank.
const Real* RateStatistics::block_of(Index strip) const { return block_.data() + strip * strip_rows * strip_width; }

void RateStatistics::process_block() {
  if (place_ + strip_rows > history_rows_ + working_rows) {
    for (auto& strip : own_) {
      const auto first = strip.history.begin();
      std::copy(first + (place_ - history_rows_) * strip_width, first + place_ * strip_width, first);
    }
    place_ = history_rows_;
  }
  for (auto& strip : own_) {
    add_products(strip);
    add_history(strip);
  }
  place_ += strip_rows;
  // Rows beyond the last one were filled up with zeros; no segment reaches there.
  const Index end = (rows_ + strip_rows - 1) / strip_rows * strip_rows;
  const bool segment_ends = settings_.segment > 0 && end == rows_ && end >= settings_.segment &&
                            (end - settings_.segment) % (settings_.segment / 2) == 0;
  if (!segment_ends) return;
  ++segments_;
  for (auto& strip : own_) {
    powers_.add(strip.history.data() + (place_ - settings_.segment) * strip_width, strip.power);
  }
}

void RateStatistics::add_products(Strip& strip) const {
  for (Index s = strip.number; s < strips_; ++s) {
    core::kernels::add_strip_products(block_of(strip.number), block_of(s), strip_rows,
                                      strip.products.data() + (s - strip.number) * strip_width * strip_width);
  }
}

void RateStatistics::add_history(Strip& strip) const {
  const Real* block = block_of(strip.number);
  Real* newest = strip.history.data() + place_ * strip_width;
  std::copy_n(block, strip_rows * strip_width, newest);
  core::kernels::add_lagged_products(newest, strip_rows, settings_.lags, strip.lagged.data());
  for (Index c = 0; c < strip_width; ++c) {
    Real sum = 0;
    for (Index t = 0; t < strip_rows; ++t) sum += block[t * strip_width + c];
    strip.sums[size_of(c)] += sum;
  }
  const auto missing = settings_.lags * strip_width - static_cast<Index>(strip.head.size());
  if (missing > 0) strip.head.insert(strip.head.end(), block, block + std::min(missing, strip_rows * strip_width));
}

/// Numbers of all strips, on every rank: (strip, each). Collective.
std::vector<Real> RateStatistics::gathered(std::vector<Real> Strip::*numbers, Index each) const {
  std::vector<Real> all(size_of(strips_ * each));
  for (const auto& strip : own_) std::ranges::copy(strip.*numbers, all.begin() + strip.number * each);
  comm_->sum(all);
  return all;
}

/// Their sums over the strips, in order. Collective.
std::vector<Real> RateStatistics::summed(std::vector<Real> Strip::*numbers, Index each) const {
  const auto all = gathered(numbers, each);
  std::vector<Real> sums(size_of(each));
  for (std::size_t i = 0; i < all.size(); ++i) sums[i % sums.size()] += all[i];
  return sums;
}

/// (neuron, neuron), on every rank.
std::vector<Real> RateStatistics::covariance(const std::vector<Real>& sums) const {
  const auto n = settings_.neurons;
  const auto count = static_cast<Real>(rows_);
  std::vector<Real> matrix(size_of(n * n));
  for (const auto& strip : own_) {
    const Index first = strip.number * strip_width;
    for (Index i = first; i < std::min(first + strip_width, n); ++i) {
      for (Index j = i; j < n; ++j) {
        const Index tile = j / strip_width - strip.number;
        const Real product = strip.products[size_of((tile * strip_width + i - first) * strip_width + j % strip_width)];
        const Real value = (product - sums[size_of(i)] * sums[size_of(j)] / count) / count;
        matrix[size_of(i * n + j)] = value;
        matrix[size_of(j * n + i)] = value;
      }
    }
  }
  comm_->sum(matrix);
  return matrix;
}

void RateStatistics::find_dimensions(std::vector<Real> matrix, RateFindings& findings) const {
  const auto n = size_of(settings_.neurons);
  constexpr Real nan = std::numeric_limits<Real>::quiet_NaN();
  Real squares = 0;
  for (std::size_t i = 0; i < n; ++i) {
    findings.total_variance += matrix[i * n + i];
    const auto row = std::span<const Real>(matrix).subspan(i * n, n);
    squares += core::blocked_dot(row, row, 64);
  }
  findings.participation_ratio = squares > 0 ? findings.total_variance * findings.total_variance / squares : nan;
  findings.eigenvalues.assign(n, nan);
  if (std::isfinite(squares) && comm_->is_root()) {
    const auto size = static_cast<Eigen::Index>(n);
    const Eigen::Map<const Eigen::MatrixXd> view(matrix.data(), size, size);
    const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(view, Eigen::EigenvaluesOnly);
    for (std::size_t k = 0; k < n; ++k) {
      findings.eigenvalues[k] = std::max<Real>(solver.eigenvalues()[size - 1 - static_cast<Eigen::Index>(k)], 0);
    }
  }
  comm_->broadcast(findings.eigenvalues);
}

/// In place of the products at each lag, their sums over columns of deviations from the means.
void RateStatistics::correlate(Strip& strip, const Real* sums) const {
  const auto w = size_of(strip_width);
  const auto count = static_cast<Real>(rows_);
  const Index end = place_ - (strip_rows - 1 - (rows_ - 1) % strip_rows);  // of the last row in the history
  const auto lags = size_of(settings_.lags);
  std::vector<Real> found(lags + 1);
  for (std::size_t c = 0; c < w; ++c) {
    const Real mean = sums[c] / count;
    Real head = 0;
    Real tail = 0;
    for (std::size_t lag = 0; lag <= lags; ++lag) {
      const Real pairs = count - static_cast<Real>(lag);
      found[lag] += strip.lagged[lag * w + c] - mean * ((sums[c] - head) + (sums[c] - tail)) + pairs * mean * mean;
      if (lag == lags) break;
      head += strip.head[lag * w + c];
      tail += strip.history[size_of(end - 1 - static_cast<Index>(lag)) * w + c];
    }
  }
  strip.lagged = std::move(found);
}

std::vector<Real> RateStatistics::autocorrelation(const std::vector<Real>& sums) {
  for (auto& strip : own_) correlate(strip, sums.data() + strip.number * strip_width);
  auto correlation = summed(&Strip::lagged, settings_.lags + 1);
  const auto count = static_cast<Real>(rows_);
  const Real variance = correlation[0] / count;
  for (std::size_t lag = 0; lag < correlation.size(); ++lag) {
    const Real mean = correlation[lag] / (count - static_cast<Real>(lag));
    correlation[lag] = variance > 0 ? mean / variance : std::numeric_limits<Real>::quiet_NaN();
  }
  return correlation;
}

std::vector<Real> RateStatistics::power() const {
  if (settings_.segment == 0) return {};
  auto density = summed(&Strip::power, settings_.segment / 2 + 1);
  Real squares = 0;
  for (const Real weight : powers_.window()) squares += weight * weight;
  const Real samples = static_cast<Real>(segments_) * static_cast<Real>(settings_.neurons);
  for (std::size_t f = 0; f < density.size(); ++f) {
    const bool both_sides = f > 0 && f + 1 < density.size();
    density[f] *= (both_sides ? 2 : 1) * settings_.interval / squares / samples;
  }
  return density;
}

RateFindings RateStatistics::finish() {
  if (rows_ % strip_rows != 0) {
    for (Index s = 0; s < strips_; ++s) {
      Real* strip = block_.data() + s * strip_rows * strip_width;
      std::fill(strip + rows_ % strip_rows * strip_width, strip + strip_rows * strip_width, Real{0});
    }
    process_block();
  }
  RateFindings findings;
  const auto sums = gathered(&Strip::sums, strip_width);
  findings.autocorrelation = autocorrelation(sums);
  findings.power = power();
  for (auto& strip : own_) strip.history = {};
  find_dimensions(covariance(sums), findings);
  return findings;
}

Real efolding_time(std::span<const Real> correlation, Real interval) {
  constexpr Real level = 1 / std::numbers::e;
  if (std::isnan(correlation.front())) return correlation.front();
  std::size_t after = 0;
  while (after < correlation.size() && correlation[after] > level) ++after;
  if (after == correlation.size()) return std::numeric_limits<Real>::infinity();
  const Real high = correlation[after - 1];
  const Real low = correlation[after];
  return interval * (static_cast<Real>(after - 1) + (high - level) / (high - low));
}

}  // namespace bayres::analysis
