#pragma once
/// \file
/// Scores of free runs: outputs that are fed back, with frozen weights, beside the target that they were trained on.

#include <complex>
#include <span>
#include <vector>

#include "bayres/core/memory.hpp"
#include "bayres/core/state.hpp"
#include "bayres/fourier/complex.hpp"
#include "bayres/measures/alignment.hpp"
#include "bayres/measures/free_run_parameters.hpp"

namespace bayres::sim {

/// Mean and standard deviation of an output's target.
struct TargetScale {
  Real mean = 0;
  Real sd = 1;
};

/// The scores of several free runs with one target, in one pass. It holds a period and a segment of target and outputs,
/// whatever the length of the run, and two numbers for each run and period.
///
/// The error at a step is e = sqrt(mean over outputs of ((z - z*) / sd)^2), with the sd of `scales`; outputs whose sd
/// is 0 or whose target is missing are left out of it.
class FreeRuns {
 public:
  /// `scales`: of each output's target. The bits of all scores follow from these, the plan, and what is added.
  FreeRuns(const FreeRunPlan& plan, const std::vector<TargetScale>& scales, Index runs);

  /// The next step: z* (outputs; NaN: missing), and z of run k (outputs; NaN: it has diverged) as `output_of(k)`.
  template <class OutputOf>
  void add(std::span<const Real> target, OutputOf output_of) {
    put(0, target);
    for (Index run = 0; run < runs_; ++run) {
      const std::span<const Real> output = output_of(run);
      put(1 + run, output);
      judge(run, target, output);
    }
    end_step();
  }

  /// Resumes: `go_to` says how many steps were added, `visit_state` restores what followed from them. All of it is the
  /// same on every rank; `writes` is true on one of them.
  /// \{
  void go_to(Index steps) noexcept { steps_ = steps; }
  void visit_state(core::StateVisitor& visit, bool writes);
  /// \}

  [[nodiscard]] const FreeRunPlan& plan() const noexcept { return plan_; }
  [[nodiscard]] Index runs() const noexcept { return runs_; }
  [[nodiscard]] Index steps() const noexcept { return steps_; }

  /// \name Scores of a run
  /// \{
  /// Of each period (windows of the plan); NaN where it was not reached, or has no score.
  [[nodiscard]] std::vector<Real> aligned_nrmse(Index run) const { return of_windows(nrmse_, run); }
  [[nodiscard]] std::vector<Real> amplitude_ratio(Index run) const { return of_windows(amplitude_, run); }
  [[nodiscard]] std::vector<Real> lag(Index run) const { return of_windows(lag_, run); }  ///< in time, as in Alignment
  [[nodiscard]] Real period_error(Index run) const;
  [[nodiscard]] Real phase_drift(Index run) const;
  [[nodiscard]] Real windows_held(Index run) const;
  [[nodiscard]] Real held(Index run) const;  ///< 1 or 0
  [[nodiscard]] Real valid_time(Index run) const;
  [[nodiscard]] Real valid_lyapunov_times(Index run) const;
  [[nodiscard]] Real spectrum_distance(Index run) const;
  [[nodiscard]] Real histogram_distance(Index run) const;
  /// \}

  /// Memory.
  [[nodiscard]] static core::Bytes bytes(const FreeRunPlan& plan, Index outputs, Index runs);

 private:
  void put(Index series, std::span<const Real> values);
  void add_to_histogram(Index series, std::span<const Real> values);
  void judge(Index run, std::span<const Real> target, std::span<const Real> output);
  void end_step();
  void end_window();
  void end_segment();
  void add_power(Index first, Index rows);
  [[nodiscard]] Index place_in_segment() const noexcept;
  [[nodiscard]] std::vector<Real> of_windows(const std::vector<Real>& values, Index run) const;
  [[nodiscard]] Real drift(Index run) const;
  [[nodiscard]] Real distance(const std::vector<Real>& sums, Index width, Index first, Index run) const;

  FreeRunPlan plan_;
  Index outputs_;
  Index runs_;
  Index steps_ = 0;
  // A series is the target, number 0, or a run's output.
  std::vector<Real> window_;     // series x outputs x steps of a period
  std::vector<Real> segment_;    // steps of a segment x series x outputs: a step writes numbers that lie together
  std::vector<Real> power_;      // series x outputs x frequencies
  std::vector<Real> counts_;     // series x outputs x bins of the histogram
  std::vector<Real> nrmse_;      // windows x runs
  std::vector<Real> amplitude_;  // windows x runs
  std::vector<Real> lag_;        // windows x runs
  std::vector<Real> left_;       // runs: the step at which the error first exceeded the threshold; -1: not yet
  Aligner align_;
  core::FourierTransform fourier_;
  std::vector<Real> hann_;                     // steps of a segment
  std::vector<std::complex<Real>> signal_;     // steps of a segment
  std::vector<std::complex<Real>> transform_;  // steps of a segment
  std::vector<Real> rows_;                     // some outputs of a segment, each contiguous
  std::vector<Real> mean_;                     // of each output's target
  std::vector<Real> sd_;
  std::vector<Real> bin_;  // of each output
};

}  // namespace bayres::sim
