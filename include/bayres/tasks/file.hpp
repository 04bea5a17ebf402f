#pragma once
/// \file
/// The user's own time series.

#include "bayres/tasks/recording.hpp"

namespace bayres::tasks {

/// Input and target from the columns of a file, linearly interpolated at the steps of the reservoir. The first step
/// uses the sample at `start`.
class File {
 public:
  static constexpr core::Info info{
      .name = "file",
      .equation =
          "u(t) = input columns at t + start, z*(t) = target columns at t + start + horizon; straight lines "
          "between samples",
      .source = "a table of text (CSV), or a file of HDF5, netCDF-4, MATLAB (v7.3) or numpy",
  };

  using Parameters = Recording;

  File(const Parameters&, const Context&);

  [[nodiscard]] Index inputs() const noexcept { return static_cast<Index>(inputs_.size()); }
  [[nodiscard]] Index outputs() const noexcept {
    return classes_.empty() ? std::ssize(targets_) : std::ssize(classes_);
  }
  /// A missing target, or one interpolated from a missing value, is NaN; a missing input is held.
  void sample(Index step, std::span<Real> input, std::span<Real> target) const noexcept;
  /// As `sample`, but a missing input is NaN.
  void sample_known(Index step, std::span<Real> input, std::span<Real> target) const noexcept;
  /// From the samples at the time of the step: a segment begins at the first step of its first sample. A step whose
  /// target is beyond the segment, by the horizon, or before it, does not count.
  [[nodiscard]] Mark mark(Index step) const noexcept;
  /// The target as an input, with missing values held.
  void hold_target(Index step, std::span<Real> input) const noexcept;
  /// Whether all targets are known at some step of training, or there is no training.
  [[nodiscard]] bool can_learn(const Context&) const noexcept;

 private:
  /// Value of a missing sample.
  enum class Missing { not_a_number, held };
  void read(Index step, Missing missing_input, std::span<Real> input, std::span<Real> target) const noexcept;
  [[nodiscard]] Real value(std::size_t column, Real at, Missing missing) const noexcept;
  /// The target at a position in the file; NaN if it is missing, as it is before the first sample.
  [[nodiscard]] Real target_at(std::size_t column, Real at) const noexcept;
  /// The samples of a column; nullptr if there is no such column.
  [[nodiscard]] const std::vector<Real>* samples(const std::string& column) const;
  [[nodiscard]] Real time_of(Index step) const noexcept { return start_ + static_cast<Real>(step) * dt_; }
  /// Where a step reads the file, or so much time ahead of it, in samples.
  [[nodiscard]] Real position_of(Index step, Real ahead) const noexcept;
  [[nodiscard]] Mark mark_in_order(Index step) const noexcept;
  void read_class(Real at, std::span<Real> target) const noexcept;
  /// The number of the last sample at or before a position.
  [[nodiscard]] Index sample_number(Real at) const noexcept;

  std::shared_ptr<const Table> table_;
  std::vector<std::size_t> inputs_;  // numbers of columns
  std::vector<std::size_t> targets_;
  std::vector<std::vector<Index>> spike_steps_;  // of each target that is a spike train, ascending; else empty
  Real dt_;
  Real interval_;
  Real start_;
  Real horizon_;
  const std::vector<Real>* segments_;   // in the table, or nullptr
  std::vector<Index> beginnings_;       // samples at which segments begin
  std::optional<SequenceOrder> order_;  // of sequences; else that of the file
  std::vector<Index> kinds_;            // of each sequence: the place of its class; -1: it has no label
  std::vector<Index> numbers_;          // of each sequence, among those of its class
  Index folds_;
  std::vector<Real> classes_;         // of each output, if outputs are classes
  const std::vector<Real>* weights_;  // in the table, or nullptr
};

}  // namespace bayres::tasks
