#include "rate_statistics.hpp"

#include <Eigen/Eigenvalues>
#include <algorithm>
#include <cmath>
#include <complex>
#include <limits>
#include <numbers>

#include "bayres/kernels/block_sum.hpp"
#include "bayres/kernels/elementary.hpp"

namespace bayres::analysis {
namespace {

using core::kernels::strip_rows;
using core::kernels::strip_width;

constexpr Index working_rows = 2048;  // of a history that is moved back when they are full

Index history_of(const RateSettings& settings) {
  return std::max((settings.lags / strip_rows + 2) * strip_rows, settings.segment);
}

std::size_t size_of(Index n) { return static_cast<std::size_t>(n); }

Index strips_of(const RateSettings& settings) { return (settings.neurons + strip_width - 1) / strip_width; }

/// Numbers that ranks hold of their own strips, 0 elsewhere: all of them, on every rank, (strip, each). Collective.
std::vector<Real> gathered(const std::vector<std::vector<Real>>& own, const std::vector<Index>& numbers, Index strips,
                           Index each, const comm::Communicator& comm) {
  std::vector<Real> all(size_of(strips * each));
  for (std::size_t k = 0; k < own.size(); ++k) {
    std::ranges::copy(own[k], all.begin() + numbers[k] * each);
  }
  comm.sum(all);
  return all;
}

}  // namespace

RateStatistics::RateStatistics(const RateSettings& settings, const comm::Communicator& comm)
    : settings_(settings),
      comm_(&comm),
      strips_(strips_of(settings)),
      history_rows_(history_of(settings)),
      place_(history_rows_),
      block_(size_of(strips_ * strip_rows * strip_width)),
      fourier_(settings.segment) {
  for (Index s = comm.rank(); s < strips_; s += comm.size()) {
    own_.push_back(s);
    products_.emplace_back(size_of((strips_ - s) * strip_width * strip_width));
    history_.emplace_back(size_of((history_rows_ + working_rows) * strip_width));
    head_.emplace_back();
    sums_.emplace_back(size_of(strip_width));
    lagged_.emplace_back(size_of((settings.lags + 1) * strip_width));
    power_.emplace_back(settings.segment > 0 ? size_of(settings.segment / 2 + 1) : 0);
  }
  for (Index t = 0; t < settings.segment; ++t) {
    window_.push_back(0.5 - 0.5 * core::cosine_of_turns(static_cast<Real>(t) / static_cast<Real>(settings.segment)));
  }
}

Index RateStatistics::bytes(const RateSettings& settings, int ranks) {
  const Index strips = strips_of(settings);
  const Index own = strips / ranks + 1;
  const Index matrix = 3 * settings.neurons * settings.neurons;  // one, and what MPI or Eigen makes of it
  const Index of_a_strip =
      (history_of(settings) + working_rows + 2 * (settings.lags + 1) + 1) * strip_width + settings.segment;
  const Index shared = strips * (2 * (settings.lags + 1) + settings.segment) + 6 * settings.segment;  // and transforms
  return Index{sizeof(Real)} * (matrix + own * of_a_strip + own * strips * strip_width * strip_width +
                                strips * strip_rows * strip_width + shared);
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

/// The newest block of a strip in its history.
Real* RateStatistics::newest(std::size_t own) { return history_[own].data() + place_ * strip_width; }

void RateStatistics::process_block() {
  if (place_ + strip_rows > history_rows_ + working_rows) {
    for (auto& history : history_) {
      std::copy(history.begin() + (place_ - history_rows_) * strip_width, history.begin() + place_ * strip_width,
                history.begin());
    }
    place_ = history_rows_;
  }
  add_products();
  for (std::size_t k = 0; k < own_.size(); ++k) add_history(k);
  place_ += strip_rows;
  // Rows beyond the last one were filled up with zeros; no segment reaches there.
  const Index end = (rows_ + strip_rows - 1) / strip_rows * strip_rows;
  const bool segment_ends = settings_.segment > 0 && end == rows_ && end >= settings_.segment &&
                            (end - settings_.segment) % (settings_.segment / 2) == 0;
  if (!segment_ends) return;
  ++segments_;
  for (std::size_t k = 0; k < own_.size(); ++k) add_segment(k);
}

void RateStatistics::add_products() {
  for (std::size_t k = 0; k < own_.size(); ++k) {
    const Real* left = block_.data() + own_[k] * strip_rows * strip_width;
    for (Index s = own_[k]; s < strips_; ++s) {
      core::kernels::add_strip_products(left, block_.data() + s * strip_rows * strip_width, strip_rows,
                                        products_[k].data() + (s - own_[k]) * strip_width * strip_width);
    }
  }
}

void RateStatistics::add_history(std::size_t own) {
  const Real* block = block_.data() + own_[own] * strip_rows * strip_width;
  std::copy_n(block, strip_rows * strip_width, newest(own));
  core::kernels::add_lagged_products(newest(own), strip_rows, settings_.lags, lagged_[own].data());
  for (Index c = 0; c < strip_width; ++c) {
    Real sum = 0;
    for (Index t = 0; t < strip_rows; ++t) sum += block[t * strip_width + c];
    sums_[own][size_of(c)] += sum;
  }
  auto& head = head_[own];
  const auto missing = settings_.lags * strip_width - static_cast<Index>(head.size());
  if (missing > 0) head.insert(head.end(), block, block + std::min(missing, strip_rows * strip_width));
}

void RateStatistics::add_segment(std::size_t own) {
  const auto length = size_of(settings_.segment);
  const Real* rows = history_[own].data() + (place_ - settings_.segment) * strip_width;
  std::vector<std::complex<Real>> signal(length);
  std::vector<std::complex<Real>> transform(length);
  for (Index c = 0; c < strip_width; c += 2) {  // two real signals as one complex: their powers add up
    std::complex<Real> mean = 0;
    for (std::size_t t = 0; t < length; ++t) {
      signal[t] = {rows[static_cast<Index>(t) * strip_width + c], rows[static_cast<Index>(t) * strip_width + c + 1]};
      mean += signal[t];
    }
    mean /= static_cast<Real>(length);
    for (std::size_t t = 0; t < length; ++t) signal[t] = (signal[t] - mean) * window_[t];
    fourier_(signal, transform);
    for (std::size_t f = 0; f <= length / 2; ++f) {
      power_[own][f] += (std::norm(transform[f]) + std::norm(transform[(length - f) % length])) / 2;
    }
  }
}

std::vector<Real> RateStatistics::shared_sums() const { return gathered(sums_, own_, strips_, strip_width, *comm_); }

/// (neuron, neuron), on every rank.
std::vector<Real> RateStatistics::covariance(const std::vector<Real>& sums) const {
  const auto n = settings_.neurons;
  const auto count = static_cast<Real>(rows_);
  std::vector<Real> matrix(size_of(n * n));
  for (std::size_t k = 0; k < own_.size(); ++k) {
    const Index rows = std::min(strip_width, n - own_[k] * strip_width);
    for (Index a = 0; a < rows; ++a) {
      const Index i = own_[k] * strip_width + a;
      for (Index j = i; j < n; ++j) {
        const Index tile = j / strip_width - own_[k];
        const Real product = products_[k][size_of((tile * strip_width + a) * strip_width + j % strip_width)];
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

std::vector<Real> RateStatistics::autocorrelation(const std::vector<Real>& sums) const {
  const auto lags = size_of(settings_.lags);
  const auto w = size_of(strip_width);
  const auto count = static_cast<Real>(rows_);
  std::vector<std::vector<Real>> own;
  for (std::size_t k = 0; k < own_.size(); ++k) {
    std::vector<Real> of_strip(lags + 1);
    const Index end = place_ - (strip_rows - 1 - (rows_ - 1) % strip_rows);  // of the last row in the history
    for (std::size_t c = 0; c < w; ++c) {
      const Real sum = sums[size_of(own_[k]) * w + c];
      const Real mean = sum / count;
      Real head = 0;
      Real tail = 0;
      for (std::size_t lag = 0; lag <= lags; ++lag) {
        const Real pairs = count - static_cast<Real>(lag);
        of_strip[lag] += lagged_[k][lag * w + c] - mean * ((sum - head) + (sum - tail)) + pairs * mean * mean;
        if (lag == lags) break;
        head += head_[k][lag * w + c];
        tail += history_[k][size_of(end - 1 - static_cast<Index>(lag)) * w + c];
      }
    }
    own.push_back(std::move(of_strip));
  }
  const auto all = gathered(own, own_, strips_, settings_.lags + 1, *comm_);
  std::vector<Real> correlation(lags + 1);
  for (std::size_t i = 0; i < all.size(); ++i) correlation[i % (lags + 1)] += all[i];
  const Real variance = correlation[0] / count;
  for (std::size_t lag = 0; lag <= lags; ++lag) {
    const Real mean = correlation[lag] / (count - static_cast<Real>(lag));
    correlation[lag] = variance > 0 ? mean / variance : std::numeric_limits<Real>::quiet_NaN();
  }
  return correlation;
}

std::vector<Real> RateStatistics::power() const {
  if (settings_.segment == 0) return {};
  const auto frequencies = size_of(settings_.segment / 2 + 1);
  const auto all = gathered(power_, own_, strips_, settings_.segment / 2 + 1, *comm_);
  Real squares = 0;
  for (const Real weight : window_) squares += weight * weight;
  const Real samples = static_cast<Real>(segments_) * static_cast<Real>(settings_.neurons);
  std::vector<Real> density(frequencies);
  for (std::size_t i = 0; i < all.size(); ++i) density[i % frequencies] += all[i];
  for (std::size_t f = 0; f < frequencies; ++f) {
    const bool both_sides = f > 0 && f + 1 < frequencies;
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
  const auto sums = shared_sums();
  findings.autocorrelation = autocorrelation(sums);
  findings.power = power();
  history_.clear();
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
