#include "bayres/measures/free_run_scores.hpp"

#include <algorithm>
#include <iterator>

namespace bayres::sim {
namespace {

bool always(const FreeRunPlan&) { return true; }
bool is_periodic(const FreeRunPlan& plan) { return plan.windows() > 0; }
bool has_periods(const FreeRunPlan& plan) { return plan.windows() > 1; }
bool has_exponent(const FreeRunPlan& plan) { return plan.parameters.lyapunov_exponent > 0; }

/// The scores of periods.
std::vector<FreeRunScore> periodic_scores() {
  return {
      {{.name = "aligned_nrmse",
        .equation = "of each period of the target: sqrt(mean (z - z*)^2 / var z*), z* shifted circularly by the lag at "
                    "which the cross-correlation of z and z* is largest",
        .source = "NRMSE at the best circular lag"},
       "1",
       is_periodic,
       nullptr,
       &FreeRuns::aligned_nrmse},
      {{.name = "amplitude_ratio", .equation = "of each period: sd z / sd z*", .source = "ratio of amplitudes"},
       "1",
       is_periodic,
       nullptr,
       &FreeRuns::amplitude_ratio},
      {{.name = "lag", .equation = "of each period: time by which z is late", .source = "maximum of cross-correlation"},
       "unit of tau",
       is_periodic,
       nullptr,
       &FreeRuns::lag},
      {{.name = "period_error",
        .equation =
            "period of z / period of z* - 1 = d / (1 - d), with d the lag gained in each period, in periods, by "
            "least squares over all periods",
        .source = "drift of the lag"},
       "1",
       has_periods,
       &FreeRuns::period_error},
      {{.name = "phase_drift", .equation = "2 pi |d|, d as of period_error", .source = "drift of the lag"},
       "rad per period",
       has_periods,
       &FreeRuns::phase_drift},
      {{.name = "windows_held",
        .equation = "periods with aligned_nrmse < free_run.held_nrmse and |amplitude_ratio - 1| <= "
                    "free_run.held_amplitude",
        .source = "bayres"},
       "1",
       is_periodic,
       &FreeRuns::windows_held,
       nullptr,
       true},
      {{.name = "held", .equation = "1 if all periods are held, as of windows_held; else 0", .source = "bayres"},
       "1",
       is_periodic,
       &FreeRuns::held,
       nullptr,
       true},
  };
}

/// The scores of any target.
std::vector<FreeRunScore> general_scores() {
  return {
      {{.name = "valid_time",
        .equation =
            "time until sqrt(mean over outputs of ((z - z*) / sd z*)^2) first exceeds free_run.valid_error; the "
            "whole run if it never does",
        .source = "Pathak et al. 2018, Phys. Rev. Lett. 120:024102"},
       "unit of tau",
       always,
       &FreeRuns::valid_time,
       nullptr,
       true},
      {{.name = "valid_lyapunov_times",
        .equation = "valid_time times free_run.lyapunov_exponent",
        .source = "Pathak et al. 2018, Phys. Rev. Lett. 120:024102"},
       "1",
       has_exponent,
       &FreeRuns::valid_lyapunov_times,
       nullptr,
       true},
      {{.name = "spectrum_distance",
        .equation =
            "mean over outputs of the Hellinger distance sqrt(1 - sum_k sqrt(p_k q_k)) of the power spectra p of "
            "z and q of z*, without frequency 0, each of sum 1; Hann windows of free_run.segment that overlap "
            "by half (Welch 1967)",
        .source = "Mikhaeil, Monfared & Durstewitz 2022, NeurIPS 35:11297"},
       "1",
       always,
       &FreeRuns::spectrum_distance},
      {{.name = "histogram_distance",
        .equation = "the same distance of the histograms of z and z*, in bins of sd z* / 5 up to 4 sd from the mean",
        .source = "Hellinger 1909, J. Reine Angew. Math. 136:210"},
       "1",
       always,
       &FreeRuns::histogram_distance},
  };
}

}  // namespace

std::vector<Real> FreeRunScore::values(const FreeRuns& runs, Index run) const {
  if (is_of_windows()) return (runs.*of_windows)(run);
  return {(runs.*number)(run)};
}

const std::vector<FreeRunScore>& all_free_run_scores() {
  static const std::vector<FreeRunScore> all = [] {
    auto scores = periodic_scores();
    std::ranges::move(general_scores(), std::back_inserter(scores));
    return scores;
  }();
  return all;
}

std::vector<FreeRunScore> free_run_scores(const FreeRunPlan& plan) {
  std::vector<FreeRunScore> found;
  std::ranges::copy_if(all_free_run_scores(), std::back_inserter(found),
                       [&](const FreeRunScore& score) { return score.applies(plan); });
  return found;
}

}  // namespace bayres::sim
