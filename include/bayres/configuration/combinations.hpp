#pragma once
/// \file
/// Keys that make no sense together: the one table of them.

#include <string>
#include <vector>

#include "bayres/simulation/parameters.hpp"

namespace bayres::app {

/// What a configuration is for: a run, which keeps [evaluate] for later, or an evaluation of one.
enum class Purpose { run, evaluation };

/// A key that changes nothing, given the others.
struct IdleKey {
  std::string name;    ///< section.key
  std::string reason;  ///< "no effect ..."
  std::string advice;  ///< what to do
};

/// Every key of a configuration that has been read and resolved that can have no effect. A key is not among them only
/// because a run is too short for it.
[[nodiscard]] std::vector<IdleKey> idle_keys(const sim::Configuration& configuration, Purpose purpose);

/// What is wrong with keys that contradict each other.
[[nodiscard]] std::vector<std::string> contradictions(const sim::Configuration& configuration, Purpose purpose);

}  // namespace bayres::app
