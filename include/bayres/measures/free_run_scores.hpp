#pragma once
/// \file
/// The list of scores of free runs, as they are named, listed and written.

#include <string_view>
#include <vector>

#include "bayres/core/component.hpp"
#include "bayres/measures/free_run.hpp"

namespace bayres::sim {

/// One score: a number of each run, or one of each period of a run.
struct FreeRunScore {
  core::Info info;
  std::string_view unit;
  bool (*applies)(const FreeRunPlan&);  ///< whether there is one
  Real (FreeRuns::*number)(Index run) const;
  std::vector<Real> (FreeRuns::*of_windows)(Index run) const = nullptr;  ///< if `number` is nullptr
  bool larger_is_better = false;

  [[nodiscard]] bool is_of_windows() const noexcept { return number == nullptr; }
  [[nodiscard]] std::vector<Real> values(const FreeRuns& runs, Index run) const;
};

/// All of them. A new one needs a line there.
[[nodiscard]] const std::vector<FreeRunScore>& all_free_run_scores();

/// Those of a plan: scores of periods need a period that is not longer than the run.
[[nodiscard]] std::vector<FreeRunScore> free_run_scores(const FreeRunPlan& plan);

}  // namespace bayres::sim
