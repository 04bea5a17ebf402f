#pragma once
/// \file
/// Second-order statistics of rates in one pass: covariance and its eigenvalues, autocorrelation, power spectrum.

#include <span>
#include <vector>

#include "bayres/comm/communicator.hpp"
#include "bayres/core/aligned.hpp"
#include "bayres/kernels/strips.hpp"
#include "strip_power.hpp"

namespace bayres::analysis {

using core::Index;
using core::Real;

/// What is computed.
struct RateSettings {
  Index neurons = 0;
  Index lags = 0;     ///< fewer than there are rows
  Index segment = 0;  ///< a power of 2 from 256 on, at most the rows; 0: no power spectrum
  Real interval = 1;  ///< from one row to the next
};

/// What was found. C is the covariance of the neurons about their means over time, divided by the number of times.
struct RateFindings {
  /// (tr C)^2 / tr(C^2) = (sum lambda)^2 / sum lambda^2: how many dimensions rates fill. NaN for constant rates.
  /// Rajan, Abbott & Sompolinsky 2010, Adv Neural Inf Process Syst 23:1975; Gao et al. 2017, bioRxiv 214262.
  Real participation_ratio = 0;
  Real total_variance = 0;        ///< tr C
  std::vector<Real> eigenvalues;  ///< of C, the largest first
  /// At lags of 0 to `lags` rows: sum_i <dr_i(t) dr_i(t+k)> / sum_i <dr_i^2>, each mean over the pairs there are.
  /// Sompolinsky, Crisanti & Sommers 1988, Phys Rev Lett 61:259. NaN for constant rates.
  std::vector<Real> autocorrelation;
  /// Power spectral density, one-sided, the mean over neurons, at k/(segment interval) for k = 0..segment/2: mean of
  /// the periodograms of segments that overlap by half, each without its mean and under a Hann window (Welch 1967, IEEE
  /// Trans Audio Electroacoust 15:70).
  std::vector<Real> power;
};

/// Accumulates rows as they come. Neurons are in strips of 16, which are dealt to the ranks in turn: a rank forms the
/// products of its strips with themselves and with all later ones. No sum depends on which rank forms it.
///
/// Products are of deviations from the first row, so that subtracting the means afterwards costs no digits where rates
/// hardly vary (Chan, Golub & LeVeque 1983, Am Stat 37:242).
class RateStatistics {
 public:
  /// `comm` must outlive it.
  RateStatistics(const RateSettings& settings, const comm::Communicator& comm);

  /// Memory in bytes that each of this number of ranks needs.
  [[nodiscard]] static Index bytes(const RateSettings& settings, int ranks);

  /// The next rows, (row, neuron), the same on every rank.
  void add(std::span<const Real> rows);

  /// Collective; nothing can be added afterwards.
  [[nodiscard]] RateFindings finish();

 private:
  /// What a rank holds of one of its strips.
  struct Strip {
    Index number = 0;
    core::AlignedVector<Real> products = {};  ///< (strip from itself on, column, column)
    core::AlignedVector<Real> history = {};   ///< (row, column)
    std::vector<Real> head = {};              ///< its first `lags` rows
    std::vector<Real> sums = {};              ///< (column)
    std::vector<Real> lagged = {};            ///< (lag, column)
    std::vector<Real> power = {};             ///< (frequency)
  };

  void process_block();
  void add_products(Strip& strip) const;
  void add_history(Strip& strip) const;
  [[nodiscard]] std::vector<Real> covariance(const std::vector<Real>& sums) const;
  void find_dimensions(std::vector<Real> matrix, RateFindings& findings) const;
  void correlate(Strip& strip, const Real* sums) const;
  [[nodiscard]] std::vector<Real> autocorrelation(const std::vector<Real>& sums);
  [[nodiscard]] std::vector<Real> power() const;
  [[nodiscard]] std::vector<Real> gathered(std::vector<Real> Strip::*numbers, Index each) const;
  [[nodiscard]] std::vector<Real> summed(std::vector<Real> Strip::*numbers, Index each) const;
  [[nodiscard]] const Real* block_of(Index strip) const;

  RateSettings settings_;
  const comm::Communicator* comm_;
  Index strips_;
  std::vector<Strip> own_;           ///< this rank's
  Index rows_ = 0;                   ///< added so far
  Index history_rows_;               ///< that are kept before the newest block
  Index place_;                      ///< of the newest block in a history
  std::vector<Real> shift_;          ///< the first row
  core::AlignedVector<Real> block_;  ///< (strip, row, column): the rows that are being collected
  StripPower powers_;
  Index segments_ = 0;
};

/// When an autocorrelation (lag), its lags `interval` apart, first falls to 1/e, interpolated linearly between lags.
/// Infinite if it does not fall so far, NaN if the correlation is NaN.
[[nodiscard]] Real efolding_time(std::span<const Real> correlation, Real interval);

}  // namespace bayres::analysis
