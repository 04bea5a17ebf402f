#pragma once
/// \file
/// Who watches a run, and how it ends.

namespace bayres::sim {

class Simulation;

/// An observer of a run, such as a recorder or a progress line. Called on every rank at the same steps.
class Observer {
 public:
  virtual ~Observer() = default;
  /// After each step. May be collective.
  virtual void after_step(const Simulation& simulation) = 0;
};

/// How a run ended.
enum class Outcome { complete, all_diverged, stopped };

/// What a rank requests of all ranks. It is sent with the collective of a step; the largest request is agreed on.
enum class Request : int { none = 0, checkpoint = 1, stop = 2 };

}  // namespace bayres::sim
