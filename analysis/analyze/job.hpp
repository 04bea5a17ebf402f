#pragma once
/// \file
/// What bayres-analyze does from its command line to its exit code.

#include <string>
#include <vector>

#include "bayres/comm/communicator.hpp"

namespace bayres::analysis {

/// `arguments` without the program's name. Returns the exit code, the same on every rank; errors are printed by rank 0.
/// Collective.
[[nodiscard]] int main_command(const std::vector<std::string>& arguments, const comm::Communicator& comm);

}  // namespace bayres::analysis
