#pragma once
/// \file
/// The phases of a run among its recorded steps.

#include <string>

#include "bayres/comm/communicator.hpp"
#include "bayres/core/partition.hpp"

namespace bayres::analysis {

/// Recorded steps of training and test.
struct Phases {
  core::Range train;
  core::Range test;
  bool in_order = true;
  /// Throws (input_output) if they are not in order.
  void require_order(const std::string& path) const;
};

/// Those of a file. Each rank reads a part of them. Collective.
[[nodiscard]] Phases phases_of(const std::string& path, const comm::Communicator& comm);

}  // namespace bayres::analysis
