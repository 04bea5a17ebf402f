#pragma once
/// \file
/// The table of keys that make no sense together.

#include <string>
#include <vector>

#include "bayres/parameters/parameters.hpp"

namespace bayres::app {

/// What a configuration is for: a run, which keeps [evaluate] for later, or an evaluation of one.
enum class Purpose { run, evaluation };

/// A key that changes nothing, given the others.
struct IdleKey {
  std::string name;    ///< section.key
  std::string reason;  ///< "no effect ..."
  std::string advice;  ///< what to do
};

/// Every key without effect of a configuration that has been read and resolved. Keys that would have an effect in a
/// longer run are not included.
[[nodiscard]] std::vector<IdleKey> idle_keys(const sim::Configuration& configuration, Purpose purpose);

/// Problems of keys that contradict each other.
[[nodiscard]] std::vector<std::string> contradictions(const sim::Configuration& configuration, Purpose purpose);

}  // namespace bayres::app
